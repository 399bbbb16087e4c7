//! The builtins that a VM has: what their rows say, once for all VMs of a program that are made with the same rows;
//! and each VM's values of them. Both are made when they are first asked for: a program uses a handful.

use std::sync::{Mutex, OnceLock, PoisonError};

use heap::{Kind, Shared, Value};
use rustc_hash::FxHashMap;

use crate::builtin::{BuiltinRow, Signature};
use crate::code::ARITY_COMPLEX;

/// The rows that a VM is made with.
pub type Rows = &'static [&'static [BuiltinRow]];

/// A builtin as it is called: its row and what its signature says.
pub struct BuiltinEntry {
    pub row: &'static BuiltinRow,
    pub signature: Signature,
    /// The number of arguments that fits without any work, or `ARITY_COMPLEX`.
    pub arity: u32,
    /// Its place among all builtins.
    pub id: u32,
}

/// Builtins with more parameters are called the long way where arguments are left out.
pub(crate) const PADDED_MAX: usize = 8;

impl BuiltinEntry {
    /// Whether so many arguments, none of them by name, fit as they stand: those left out at the end may be.
    pub(crate) fn takes(&self, count: usize) -> bool {
        let arity = self.arity as usize;
        count == arity || (arity <= PADDED_MAX && (self.signature.required()..arity).contains(&count))
    }

    /// The rows are part of the program, so a malformed one is a defect and panics.
    fn new(row: &'static BuiltinRow, id: u32) -> BuiltinEntry {
        let signature = Signature::parse(row.signature)
            .unwrap_or_else(|| panic!("the builtin `{}` has a malformed signature", row.name));
        let arity = if signature.rest { ARITY_COMPLEX } else { signature.params.len() as u32 };
        BuiltinEntry { row, signature, arity, id }
    }

    #[inline(always)]
    pub(crate) fn from_word(word: u64) -> &'static BuiltinEntry {
        // SAFETY: code words of builtin values are addresses of entries, which are never freed.
        #[allow(unsafe_code)]
        unsafe {
            &*std::ptr::with_exposed_provenance::<BuiltinEntry>(word as usize)
        }
    }
}

/// What is the same in all VMs with these rows.
struct Table {
    rows: Rows,
    all: Vec<&'static BuiltinRow>,
    entries: Vec<OnceLock<BuiltinEntry>>,
    by_name: FxHashMap<&'static str, u32>,
}

impl Table {
    fn new(rows: Rows) -> Table {
        let all: Vec<_> = rows.iter().chain(crate::intrinsic::ROWS).copied().flatten().collect();
        let by_name = all.iter().enumerate().map(|(id, row)| (row.name, id as u32)).collect();
        Table { rows, entries: all.iter().map(|_| OnceLock::new()).collect(), all, by_name }
    }

    /// The one table of these rows. There are as many as there are sets of rows in the program: one, or a few.
    fn of(rows: Rows) -> &'static Table {
        static TABLES: Mutex<Vec<&'static Table>> = Mutex::new(Vec::new());
        let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
        match tables.iter().find(|table| std::ptr::eq(table.rows, rows)) {
            Some(table) => table,
            None => {
                let table: &'static Table = Box::leak(Box::new(Table::new(rows)));
                tables.push(table);
                table
            }
        }
    }

    fn entry(&'static self, id: u32) -> Option<&'static BuiltinEntry> {
        let (cell, row) = (self.entries.get(id as usize)?, self.all.get(id as usize)?);
        Some(cell.get_or_init(|| BuiltinEntry::new(row, id)))
    }
}

/// The row of this full name, among these and the VM's own.
pub fn row_named(rows: Rows, name: &str) -> Option<&'static BuiltinRow> {
    let table = Table::of(rows);
    table.all.get(*table.by_name.get(name)? as usize).copied()
}

/// The builtins of one VM.
pub(crate) struct Builtins {
    table: &'static Table,
    /// Frozen values by id; their code words are addresses of entries.
    values: Box<[OnceLock<Value>]>,
}

impl Builtins {
    pub fn new(rows: Rows) -> Builtins {
        let table = Table::of(rows);
        Builtins { table, values: table.all.iter().map(|_| OnceLock::new()).collect() }
    }

    /// Where all entries are, by id; those that nobody asked for are empty.
    pub fn entries(&self) -> *const OnceLock<BuiltinEntry> {
        self.table.entries.as_ptr()
    }

    pub fn entry(&self, id: u32) -> Option<&'static BuiltinEntry> {
        self.table.entry(id)
    }

    /// The builtin of this full name, as a value.
    pub fn value(&self, shared: &Shared, name: &str) -> Option<Value> {
        self.value_of(shared, *self.table.by_name.get(name)?)
    }

    pub fn value_of(&self, shared: &Shared, id: u32) -> Option<Value> {
        let (cell, entry) = (self.values.get(id as usize)?, self.table.entry(id)?);
        Some(*cell.get_or_init(|| frozen(shared, entry)))
    }

    /// Ids and names of a class's or module's own builtins.
    pub fn members<'a>(&'a self, owner: &'a str) -> impl Iterator<Item = (u32, &'static str)> + 'a {
        let rows = self.table.all.iter().enumerate();
        rows.filter_map(move |(id, row)| match row.split_name() {
            (Some(own), member) if own == owner => Some((id as u32, member)),
            _ => None,
        })
    }
}

fn frozen(shared: &Shared, entry: &'static BuiltinEntry) -> Value {
    let code = std::ptr::from_ref(entry).expose_provenance() as u64;
    let name = entry.row.split_name().1;
    let name = shared.symbols.intern(name).map_or(Value::NIL, Value::symbol);
    shared
        .frozen_callable(Kind::Builtin, code, entry.arity, &[name])
        .expect("invariant: the frozen region refuses only what the system has no memory for")
}
