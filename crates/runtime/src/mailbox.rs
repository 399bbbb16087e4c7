//! The queue of signals of a process: any number of senders, one receiver, no locks.
//!
//! Senders push nodes onto a list by one exchange of its head; the receiver takes the whole list by another and turns
//! it round. So signals of one sender keep their order. The last signal is followed by the closing of the queue, after
//! which a push gives the signal back to its sender: nothing is ever lost in a process that has ended.
//!
//! The operations are sequentially consistent, since a sender that pushes and then looks at the receiver's state, and
//! a receiver that sets its state and then looks at the queue, must not both miss the other.
//!
//! SAFETY contract: a node belongs to whoever made it until its push succeeds, then to the queue, and to the batch that
//! took it. Nodes are taken only all at once, so no node comes back while somebody compares its address.
#![allow(unsafe_code)]

use std::ptr::null_mut;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::SeqCst;

use crate::signal::Signal;

struct Node {
    next: *mut Node,
    signal: Signal,
}

pub struct Queue {
    head: AtomicPtr<Node>,
}

// SAFETY: signals may go to other threads, and a queue owns its nodes.
unsafe impl Send for Queue {}
// SAFETY: all access goes through the atomic head.
unsafe impl Sync for Queue {}

/// The head of a closed queue: no address of a node.
fn closed() -> *mut Node {
    std::ptr::without_provenance_mut(1)
}

impl Queue {
    pub const fn new() -> Queue {
        Queue { head: AtomicPtr::new(null_mut()) }
    }

    /// Adds a signal; gives it back when the queue is closed.
    pub fn push(&self, signal: Signal) -> Result<(), Signal> {
        let mut head = self.head.load(SeqCst);
        if head == closed() {
            return Err(signal);
        }
        let node = Box::into_raw(Box::new(Node { next: head, signal }));
        loop {
            match self.head.compare_exchange_weak(head, node, SeqCst, SeqCst) {
                Ok(_) => return Ok(()),
                Err(now) if now == closed() => {
                    // SAFETY: the push did not succeed, so the node is still ours.
                    return Err(unsafe { Box::from_raw(node) }.signal);
                }
                Err(now) => {
                    head = now;
                    // SAFETY: as above.
                    unsafe { (*node).next = now };
                }
            }
        }
    }

    /// All signals that have arrived, the oldest first.
    pub fn take(&self) -> Batch {
        if self.head.load(SeqCst).is_null() {
            return Batch { next: null_mut() };
        }
        let head = self.head.swap(null_mut(), SeqCst);
        if head == closed() {
            self.head.store(closed(), SeqCst);
            return Batch { next: null_mut() };
        }
        Batch::turned(head)
    }

    /// The last signals; from now on none is taken in.
    pub fn close(&self) -> Batch {
        let head = self.head.swap(closed(), SeqCst);
        if head == closed() { Batch { next: null_mut() } } else { Batch::turned(head) }
    }

    /// Whether there is a signal to take, or the queue is closed.
    pub fn has_any(&self) -> bool {
        !self.head.load(SeqCst).is_null()
    }

    pub fn is_closed(&self) -> bool {
        self.head.load(SeqCst) == closed()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        drop(self.close());
    }
}

/// Signals that were taken out of a queue.
pub struct Batch {
    next: *mut Node,
}

impl Batch {
    /// A list that was pushed, the newest first, turned round.
    fn turned(mut head: *mut Node) -> Batch {
        let mut next = null_mut();
        while !head.is_null() {
            // SAFETY: the nodes were taken out of the queue and are ours.
            let after = unsafe { std::mem::replace(&mut (*head).next, next) };
            next = head;
            head = after;
        }
        Batch { next }
    }
}

impl Iterator for Batch {
    type Item = Signal;

    fn next(&mut self) -> Option<Signal> {
        if self.next.is_null() {
            return None;
        }
        // SAFETY: the batch owns its nodes.
        let node = unsafe { Box::from_raw(self.next) };
        self.next = node.next;
        Some(node.signal)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(signal: Signal) -> u64 {
        match signal {
            Signal::Link { from } => from,
            _ => panic!("a signal that was not sent"),
        }
    }

    #[test]
    fn signals_come_in_order_and_a_closed_queue_gives_them_back() {
        let queue = Queue::new();
        for from in 0..3 {
            assert!(queue.push(Signal::Link { from }).is_ok());
        }
        assert_eq!(queue.take().map(number).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(queue.take().next().is_none());
        assert!(queue.push(Signal::Link { from: 7 }).is_ok());
        assert_eq!(queue.close().map(number).collect::<Vec<_>>(), [7]);
        assert!(queue.is_closed());
        assert_eq!(queue.push(Signal::Link { from: 8 }).err().map(number), Some(8));
        assert!(queue.take().next().is_none() && queue.is_closed());
    }

    #[test]
    fn threads_lose_nothing_and_keep_their_own_order() {
        const SENDERS: u64 = 3;
        const EACH: u64 = 20_000;
        let queue = Queue::new();
        let mut last = [0; SENDERS as usize];
        let mut count = 0;
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let queue = &queue;
                scope.spawn(move || {
                    for index in 1..=EACH {
                        assert!(queue.push(Signal::Link { from: index * SENDERS + sender }).is_ok());
                    }
                });
            }
            while count < SENDERS * EACH {
                for from in queue.take().map(number) {
                    let (sender, index) = ((from % SENDERS) as usize, from / SENDERS);
                    assert_eq!(index, last[sender] + 1);
                    last[sender] = index;
                    count += 1;
                }
            }
        });
        assert!(queue.take().next().is_none());
    }
}
