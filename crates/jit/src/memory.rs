//! Where machine code lives: one memory file that is mapped twice, once to write and once to execute, so that no
//! page is ever both and no protection is ever changed. Space is handed out in granules of 64 bytes from a free
//! list and bounded by the size of the mapping.
//!
//! SAFETY contract: both mappings cover `bytes` bytes of the same file for as long as the `CodeMemory` lives. A
//! range is written only while it is allocated and before anyone runs it; whoever frees a range has made sure that
//! no thread is inside.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::io;

/// Code starts at multiples of this.
const GRANULE: usize = 64;
/// So much memory is asked for at a time: a page that is asked for alone costs more than the code that fits it.
const AT_ONCE: usize = 64 << 10;
/// What free memory holds: on x86-64 an instruction that traps.
const TRAP: u8 = 0xCC;

/// A bounded region of executable memory.
pub struct CodeMemory {
    writable: *mut u8,
    executable: *const u8,
    bytes: usize,
    /// Free ranges by their start; neighbours are always merged.
    free: BTreeMap<usize, usize>,
    used: usize,
    /// Up to here the system has been asked for pages.
    present: usize,
}

// SAFETY: the mappings belong to this value alone.
unsafe impl Send for CodeMemory {}

/// A piece of code in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRange {
    start: usize,
    bytes: usize,
}

impl CodeRange {
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl CodeMemory {
    /// Maps `bytes` bytes, rounded up to whole pages.
    pub fn new(bytes: usize) -> io::Result<CodeMemory> {
        const PAGE: usize = 4096;
        let bytes = bytes.max(PAGE).next_multiple_of(PAGE);
        // SAFETY: the name is a C string; the file descriptor is ours and closed below.
        let file = unsafe { libc::memfd_create(c"dunlin-code".as_ptr(), libc::MFD_CLOEXEC) };
        if file < 0 {
            return Err(io::Error::last_os_error());
        }
        let result = CodeMemory::map_twice(file, bytes);
        // SAFETY: opened above; the mappings keep the memory alive.
        unsafe { libc::close(file) };
        result
    }

    fn map_twice(file: libc::c_int, bytes: usize) -> io::Result<CodeMemory> {
        // SAFETY: a file of our own.
        if unsafe { libc::ftruncate(file, bytes as libc::off_t) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let writable = map(file, bytes, libc::PROT_READ | libc::PROT_WRITE)?;
        let executable = match map(file, bytes, libc::PROT_READ | libc::PROT_EXEC) {
            Ok(address) => address,
            Err(error) => {
                // SAFETY: mapped above, nobody knows of it yet.
                unsafe { libc::munmap(writable.cast(), bytes) };
                return Err(error);
            }
        };
        Ok(CodeMemory {
            writable,
            executable,
            bytes,
            free: BTreeMap::from([(0, bytes)]),
            used: 0,
            present: 0,
        })
    }

    /// Bytes in use.
    pub fn used_bytes(&self) -> usize {
        self.used
    }

    /// Bytes in all.
    pub fn capacity_bytes(&self) -> usize {
        self.bytes
    }

    /// Room for `bytes` bytes, or nothing when the region is full.
    pub fn reserve(&mut self, bytes: usize) -> Option<CodeRange> {
        let bytes = bytes.max(1).next_multiple_of(GRANULE);
        let (&start, &room) = self.free.iter().find(|(_, room)| **room >= bytes)?;
        self.free.remove(&start);
        if room > bytes {
            self.free.insert(start + bytes, room - bytes);
        }
        self.used += bytes;
        Some(CodeRange { start, bytes })
    }

    /// The address at which `range` will run.
    pub fn address(&self, range: CodeRange) -> *const u8 {
        self.executable.wrapping_add(range.start)
    }

    /// Writes the code of a range that was reserved for at least that many bytes.
    pub fn write(&mut self, range: CodeRange, code: &[u8]) {
        assert!(code.len() <= range.bytes && range.start + range.bytes <= self.bytes, "code fits its range");
        self.ask_for(range.start + range.bytes);
        // SAFETY: inside the writable mapping by the check above; by contract nobody runs it yet.
        unsafe { std::ptr::copy_nonoverlapping(code.as_ptr(), self.writable.add(range.start), code.len()) };
    }

    /// Asks the system for the pages up to `end` and some more. It may refuse: then each comes when it is touched.
    fn ask_for(&mut self, end: usize) {
        if end <= self.present {
            return;
        }
        let (start, end) = (self.present, end.next_multiple_of(AT_ONCE).min(self.bytes));
        self.present = end;
        #[cfg(target_os = "linux")]
        // SAFETY: inside both mappings, which stay as they are.
        unsafe {
            libc::madvise(self.writable.add(start).cast(), end - start, libc::MADV_POPULATE_WRITE);
            let executable = self.executable.add(start).cast_mut();
            libc::madvise(executable.cast(), end - start, libc::MADV_POPULATE_READ);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = start;
    }

    /// Gives a range back. By contract nobody runs it any more.
    pub fn release(&mut self, range: CodeRange) {
        self.used -= range.bytes;
        // Whoever should come here against the contract traps instead of running what comes next.
        // SAFETY: inside the writable mapping; by contract nobody runs it any more.
        unsafe { std::ptr::write_bytes(self.writable.add(range.start), TRAP, range.bytes) };
        let (mut start, mut bytes) = (range.start, range.bytes);
        if let Some((&before, &room)) = self.free.range(..start).next_back()
            && before + room == start
        {
            self.free.remove(&before);
            start = before;
            bytes += room;
        }
        if let Some(room) = self.free.remove(&(start + bytes)) {
            bytes += room;
        }
        self.free.insert(start, bytes);
    }
}

impl Drop for CodeMemory {
    fn drop(&mut self) {
        // SAFETY: both were mapped with this size and are unmapped once.
        unsafe {
            libc::munmap(self.writable.cast(), self.bytes);
            libc::munmap(self.executable.cast_mut().cast(), self.bytes);
        }
    }
}

fn map(file: libc::c_int, bytes: usize, protection: libc::c_int) -> io::Result<*mut u8> {
    // SAFETY: a fresh shared mapping of our own file, placed by the system.
    let address = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, libc::MAP_SHARED, file, 0) };
    if address == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(address.cast()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_reused_and_merged() {
        let mut memory = CodeMemory::new(4096).expect("a page");
        let ranges: Vec<_> = (0..64).map(|_| memory.reserve(64).expect("room")).collect();
        assert_eq!(memory.reserve(1), None, "full");
        for range in ranges.iter().step_by(2).chain(ranges.iter().skip(1).step_by(2)) {
            memory.release(*range);
        }
        assert_eq!(memory.used_bytes(), 0);
        assert!(memory.reserve(4096).is_some(), "one piece again");
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn written_code_runs() {
        let mut memory = CodeMemory::new(4096).expect("a page");
        let code = [0xB8, 42, 0, 0, 0, 0xC3]; // mov eax, 42; ret
        let range = memory.reserve(code.len()).expect("room");
        memory.write(range, &code);
        // SAFETY: the bytes above are a function of this type.
        let run: extern "sysv64" fn() -> u32 = unsafe { std::mem::transmute(memory.address(range)) };
        assert_eq!(run(), 42);
    }
}
