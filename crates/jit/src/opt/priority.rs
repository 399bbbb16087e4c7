//! The priority of the calling thread.
//!
//! SAFETY contract: calls of the system that take numbers and give numbers.
#![allow(unsafe_code)]

/// How much lower; a thread of usual priority gets three times as much of a processor that both want.
const LOWER: libc::c_int = 5;

/// Lowers it, where the system has priorities of threads. That it fails is no harm.
pub fn lower() {
    #[cfg(target_os = "linux")]
    // SAFETY: the module's contract; zero is the calling thread.
    unsafe {
        let now = libc::getpriority(libc::PRIO_PROCESS, 0);
        libc::setpriority(libc::PRIO_PROCESS, 0, now + LOWER);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = LOWER;
}
