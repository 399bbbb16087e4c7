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
        let mut pushing = self.begin_push(signal)?;
        loop {
            pushing = match self.try_push(pushing) {
                Pushed::Done => return Ok(()),
                Pushed::Closed(signal) => return Err(signal),
                Pushed::Again(pushing) => pushing,
            };
        }
    }

    /// The first step of a push: looks at the head.
    fn begin_push(&self, signal: Signal) -> Result<Pushing, Signal> {
        let head = self.head.load(SeqCst);
        if head == closed() {
            return Err(signal);
        }
        Ok(Pushing { node: Box::new(Node { next: head, signal }) })
    }

    /// Every further step of a push: takes the place of the head, where that is still the one that was looked at.
    fn try_push(&self, pushing: Pushing) -> Pushed {
        let head = pushing.node.next;
        let node = Box::into_raw(pushing.node);
        match self.head.compare_exchange_weak(head, node, SeqCst, SeqCst) {
            Ok(_) => Pushed::Done,
            Err(now) => {
                // SAFETY: the exchange did not succeed, so the node is still ours.
                let mut node = unsafe { Box::from_raw(node) };
                if now == closed() {
                    return Pushed::Closed(node.signal);
                }
                node.next = now;
                Pushed::Again(Pushing { node })
            }
        }
    }

    /// All signals that have arrived, the oldest first. For the receiver alone, and not after `close`.
    pub fn take(&self) -> Batch {
        if self.is_empty() { Batch { next: null_mut() } } else { self.take_all() }
    }

    /// The first step of taking: nothing is exchanged where there is nothing.
    fn is_empty(&self) -> bool {
        let head = self.head.load(SeqCst);
        head.is_null() || head == closed()
    }

    /// The second step.
    fn take_all(&self) -> Batch {
        Batch::turned(self.head.swap(null_mut(), SeqCst))
    }

    /// The last signals; from now on none is taken in.
    pub fn close(&self) -> Batch {
        let head = self.head.swap(closed(), SeqCst);
        if head == closed() { Batch { next: null_mut() } } else { Batch::turned(head) }
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

/// A signal on its way into a queue.
struct Pushing {
    /// Its `next` is the head that it is to take the place of.
    node: Box<Node>,
}

enum Pushed {
    Done,
    Closed(Signal),
    Again(Pushing),
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

    /// A sender of two signals, by the steps of its pushes.
    #[derive(Default)]
    struct Sender {
        pushing: Option<Pushing>,
        accepted: Vec<u64>,
        refused: Vec<u64>,
    }

    const EACH_SENDS: u64 = 2;

    impl Sender {
        fn is_done(&self) -> bool {
            self.pushing.is_none() && (self.accepted.len() + self.refused.len()) as u64 == EACH_SENDS
        }

        fn step(&mut self, who: u64, queue: &Queue) {
            let from = who * 10 + (self.accepted.len() + self.refused.len()) as u64;
            let pushed = match self.pushing.take() {
                None => match queue.begin_push(Signal::Link { from }) {
                    Ok(pushing) => Pushed::Again(pushing),
                    Err(signal) => Pushed::Closed(signal),
                },
                Some(pushing) => queue.try_push(pushing),
            };
            match pushed {
                Pushed::Done => self.accepted.push(from),
                Pushed::Closed(signal) => self.refused.push(number(signal)),
                Pushed::Again(pushing) => self.pushing = Some(pushing),
            }
        }
    }

    /// Takes twice, in two steps each, and closes.
    #[derive(Default)]
    struct Receiver {
        step: u32,
        finds_some: bool,
        got: Vec<u64>,
    }

    impl Receiver {
        const STEPS: u32 = 5;

        fn step(&mut self, queue: &Queue) {
            match self.step {
                0 | 2 => self.finds_some = !queue.is_empty(),
                1 | 3 if self.finds_some => self.got.extend(queue.take_all().map(number)),
                1 | 3 => {}
                _ => self.got.extend(queue.close().map(number)),
            }
            self.step += 1;
        }
    }

    /// Plays one order of steps, by who has the next one; says who could have had another where the order ends.
    fn play(order: &[usize]) -> Vec<usize> {
        let queue = Queue::new();
        let mut senders = [Sender::default(), Sender::default()];
        let mut receiver = Receiver::default();
        for &who in order {
            match senders.get_mut(who) {
                Some(sender) => sender.step(who as u64, &queue),
                None => receiver.step(&queue),
            }
        }
        let mut able: Vec<usize> = (0..2).filter(|&who| !senders[who].is_done()).collect();
        able.extend((receiver.step < Receiver::STEPS).then_some(2));
        if able.is_empty() {
            for (who, sender) in senders.iter().enumerate() {
                let got: Vec<u64> =
                    receiver.got.iter().copied().filter(|from| *from / 10 == who as u64).collect();
                assert_eq!(got, sender.accepted, "lost, doubled or out of order in {order:?}");
                let first = who as u64 * 10;
                let sent: Vec<u64> = sender.accepted.iter().chain(&sender.refused).copied().collect();
                assert_eq!(sent, [first, first + 1], "taken in after one that was refused in {order:?}");
            }
        }
        able
    }

    /// Every order of the steps of two senders and the receiver, the steps repeated that another was quicker than.
    #[test]
    fn no_order_of_steps_loses_or_doubles_a_signal() {
        let mut count = 0u64;
        let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
        while let Some(order) = orders.pop() {
            let able = play(&order);
            count += u64::from(able.is_empty());
            for who in able {
                let mut longer = order.clone();
                longer.push(who);
                orders.push(longer);
            }
        }
        // A push that is tried again has more steps, so there are more orders than those of 4, 4 and 5 steps.
        assert!(count > 90_090, "{count}");
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
