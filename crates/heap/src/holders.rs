//! Objects that hold a reference outside the heap: blobs and Rust objects. Each heap lists its young and old
//! holders; after a collection the lists are walked and the references of dead holders given back.
#![allow(unsafe_code)]

use std::sync::Arc;

use crate::fault::NeedGc;
use crate::header::{Header, YOUNG};
use crate::heap::Heap;
use crate::kind::Kind;
use crate::kind::bytes::SharedBytesObject;
use crate::kind::external;
use crate::kind::string::SharedTextObject;

/// Gives back the reference of a dead holder; returns the bytes it was charged with.
pub(crate) unsafe fn release(holder: *mut Header) -> usize {
    // SAFETY: the caller gives a dead holder whose reference was not given back yet.
    unsafe {
        match (*holder).kind() {
            Kind::External => external::release(holder),
            Kind::SharedText => {
                let blob = Arc::from_raw((*holder.cast::<SharedTextObject>()).blob);
                blob.charge()
            }
            Kind::SharedBytes => {
                let blob = Arc::from_raw((*holder.cast::<SharedBytesObject>()).blob);
                blob.charge()
            }
            _ => 0,
        }
    }
}

impl Heap {
    /// Room for a holder that is charged with `charge` bytes outside the heap.
    pub(crate) fn allocate_holder(
        &mut self,
        kind: Kind,
        bytes: usize,
        aux: u16,
        info: u32,
        charge: usize,
    ) -> Result<*mut Header, NeedGc> {
        self.charge(charge)?;
        match self.allocate(kind, bytes, aux, info) {
            Ok(object) => {
                self.outside += charge;
                self.count_young_large(charge);
                Ok(object)
            }
            Err(need) => {
                self.discharge(charge);
                Err(need)
            }
        }
    }

    /// Gives back the charges of holders that died.
    pub(crate) fn discharge_holders(&mut self, bytes: usize) {
        self.outside -= bytes;
        self.discharge(bytes);
    }

    /// Lists a holder once it is complete.
    pub(crate) fn register_holder(&mut self, holder: *mut Header) {
        // SAFETY: just allocated.
        if unsafe { (*holder).has(YOUNG) } {
            self.young_holders.push(holder);
        } else {
            self.old_holders.push(holder);
        }
    }
}
