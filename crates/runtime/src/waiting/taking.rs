//! What the running process takes out of its mailbox, and when that comes into its heap.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;

use heap::{Fault, Fragment, Heap, Value};

use crate::control::Overflow;
use crate::local::{Awaits, Kept, Local};
use crate::runtime::Runtime;
use crate::signal::{Item, News};
use crate::symbols::Symbols;

impl Local {
    /// The next message for the running `receive`, which stays where it is.
    pub fn peek(&mut self, heap: &mut Heap, kept: &mut Kept) -> Result<Option<Value>, Fault> {
        if !kept.first.is_undef() {
            if self.mailbox.wants(*kept.first) {
                return Ok(Some(*kept.first));
            }
            self.line_up(kept);
        }
        if self.mailbox.is_empty() {
            self.receive_signals();
        }
        if let Some(message) = self.step_forward(heap, kept) {
            return Ok(Some(message));
        }
        let number = match self.mailbox.next() {
            Some(number) => number,
            None => {
                self.receive_signals();
                let Some(number) = self.mailbox.next() else { return Ok(None) };
                number
            }
        };
        self.adopt(number, heap, kept.values).map(Some)
    }

    /// Takes out the first message of all, whatever it is.
    pub fn take_any(&mut self, heap: &mut Heap, kept: &mut Kept) -> Result<Option<Value>, Fault> {
        if kept.first.is_undef() {
            if self.mailbox.is_empty() {
                self.receive_signals();
            }
            self.mailbox.begin_any();
            let Some(number) = self.mailbox.next() else { return Ok(None) };
            let message = self.adopt(number, heap, kept.values)?;
            self.remove(number, kept.values);
            return Ok(Some(message));
        }
        self.count_taken();
        Ok(Some(std::mem::replace(kept.first, Value::UNDEF)))
    }

    /// What the parked `receive` is given at once, where it looks at the one message that was handed over to it.
    pub fn handed_over(&mut self, kept: &mut Kept) -> Option<Value> {
        let awaits = std::mem::take(&mut self.awaits);
        if kept.first.is_undef() || self.rare.is_some() {
            return None;
        }
        match awaits {
            Awaits::Other => None,
            Awaits::Look => self.mailbox.wants(*kept.first).then_some(*kept.first),
            Awaits::Any => {
                self.count_taken();
                Some(std::mem::replace(kept.first, Value::UNDEF))
            }
        }
    }

    /// The first message of the mailbox comes to stand before it, where the running `receive` looks at everything and
    /// has not looked at it: that is quicker than to find and remove it in its place.
    fn step_forward(&mut self, heap: &mut Heap, kept: &mut Kept) -> Option<Value> {
        let mailbox = &mut self.mailbox;
        if !mailbox.wanted.is_empty() || mailbox.cursor != mailbox.first {
            return None;
        }
        let entry = mailbox.entries.front()?;
        if !entry.waits || entry.internal || !matches!(entry.item, Some(Item::Message(_))) {
            return None;
        }
        let entry = mailbox.pop_front(kept.values)?;
        let Some(Item::Message(message)) = entry.item else { return None };
        *kept.first = self.adopt_message(message, heap);
        Some(*kept.first)
    }

    fn adopt_message(&mut self, message: Fragment, heap: &mut Heap) -> Value {
        let bytes = message.bytes();
        if bytes > 0 {
            self.control.bytes.fetch_sub(bytes, Relaxed);
        }
        heap.adopt(message)
    }

    /// The oldest message, those for the loop of an actor included; it is taken out. Says whether it is one of those.
    pub fn take_oldest(&mut self, heap: &mut Heap, kept: &mut Kept) -> Result<Option<(Value, bool)>, Fault> {
        self.line_up(kept);
        if self.mailbox.waiting == 0 {
            self.receive_signals();
        }
        let Some(number) = self.mailbox.oldest() else { return Ok(None) };
        let internal = self.mailbox.entries[(number - self.mailbox.first) as usize].internal;
        let message = self.adopt(number, heap, kept.values)?;
        self.remove(number, kept.values);
        Ok(Some((message, internal)))
    }

    /// A message that stands before the mailbox goes into it.
    pub fn line_up(&mut self, kept: &mut Kept) {
        let first = std::mem::replace(kept.first, Value::UNDEF);
        if !first.is_undef() {
            self.mailbox.add_first(first, kept.values);
        }
    }

    /// Takes out the message that an arm of the running `receive` matched.
    pub fn take(&mut self, message: Value, kept: &mut Kept) {
        if !kept.first.is_undef() && kept.first.bits() == message.bits() {
            *kept.first = Value::UNDEF;
            self.count_taken();
            self.mailbox.finish();
        } else if let Some(number) = self.mailbox.find(message, kept.values) {
            self.remove(number, kept.values);
            self.mailbox.finish();
        }
    }

    /// Leaves a message that no arm of the running `receive` matched.
    pub fn skip(&mut self, message: Value, kept: &mut Kept) {
        self.line_up(kept);
        if let Some(number) = self.mailbox.find(message, kept.values) {
            self.mailbox.skip(number);
        }
    }

    /// One message less waits.
    fn count_taken(&self) {
        self.control.count_messages(-1);
        if self.control.limits.overflow == Overflow::Block {
            self.runtime.wake_blocked(&self.control);
        }
    }

    /// Takes what arrived into the heap. Where there is no room for it yet, it stays as it is.
    fn adopt(&mut self, number: u64, heap: &mut Heap, values: &mut VecDeque<Value>) -> Result<Value, Fault> {
        let place = (number - self.mailbox.first) as usize;
        if values.len() <= place {
            values.resize(place + 1, Value::NIL);
        }
        let value = match &self.mailbox.entries[place].item {
            None => return Ok(values[place]),
            Some(Item::Message(_)) => None,
            Some(Item::News(news)) => Some(value_of_news(news, heap, &self.runtime.symbols)?),
        };
        let value = match (value, self.mailbox.entries[place].item.take()) {
            (None, Some(Item::Message(message))) => self.adopt_message(message, heap),
            (value, _) => value.unwrap_or(Value::NIL),
        };
        values[place] = value;
        Ok(value)
    }

    /// Takes a message out.
    pub fn remove(&mut self, number: u64, values: &mut VecDeque<Value>) {
        self.mailbox.remove(number, values);
        self.count_taken();
    }
}

/// The message that tells of an end.
fn value_of_news(news: &News, heap: &mut Heap, symbols: &Symbols) -> Result<Value, Fault> {
    match news {
        News::Exit { from, reason } => {
            let reason = reason.copy_into(heap)?;
            tuple_with(heap, &[symbols.exit, Value::pid(*from)], reason)
        }
        News::Down { reference, of, reason } => {
            let parts = [symbols.down, Value::reference(*reference), symbols.process, Runtime::value_of(*of)];
            let reason = reason.copy_into(heap)?;
            tuple_with(heap, &parts, reason)
        }
    }
}

fn tuple_with(heap: &mut Heap, parts: &[Value], reason: Value) -> Result<Value, Fault> {
    let mut elements = [Value::NIL; 5];
    elements[..parts.len()].copy_from_slice(parts);
    elements[parts.len()] = reason;
    Ok(heap.tuple(&elements[..=parts.len()])?.value())
}
