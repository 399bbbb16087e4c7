//! Identity hashes: a serial number given at the first use, kept beside the heap under the object's address.
//! The collector tells the table when an object with the `HASHED` flag moves or dies.

use rustc_hash::FxHashMap;

use crate::header::Header;

#[derive(Default)]
pub(crate) struct IdentityTable {
    table: Option<Box<Serials>>,
}

#[derive(Default)]
struct Serials {
    by_address: FxHashMap<usize, u64>,
    last: u64,
    /// Addresses of young objects: the next minor collection moves or frees all of them.
    young: Vec<usize>,
}

impl IdentityTable {
    /// The serial of an object, a new one at the first call.
    pub(crate) fn serial(&mut self, object: *mut Header, young: bool) -> u64 {
        let table = self.table.get_or_insert_default();
        let address = object.addr();
        if let Some(&serial) = table.by_address.get(&address) {
            return serial;
        }
        table.last += 1;
        table.by_address.insert(address, table.last);
        if young {
            table.young.push(address);
        }
        table.last
    }

    /// Takes the addresses that may move now.
    pub(crate) fn take_young(&mut self) -> Vec<usize> {
        self.table.as_mut().map(|table| std::mem::take(&mut table.young)).unwrap_or_default()
    }

    /// An object has moved; `still_young` when it will move again.
    pub(crate) fn moved(&mut self, from: usize, to: usize, still_young: bool) {
        if let Some(table) = &mut self.table
            && let Some(serial) = table.by_address.remove(&from)
        {
            table.by_address.insert(to, serial);
            if still_young {
                table.young.push(to);
            }
        }
    }

    /// An object is dead.
    pub(crate) fn forget(&mut self, address: usize) {
        if let Some(table) = &mut self.table {
            table.by_address.remove(&address);
        }
    }
}
