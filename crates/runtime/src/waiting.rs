//! The messages that wait in a process, in the order of their arrival, found by their tag.
//!
//! Invariant: `entries[i]` and the i-th value that the process's attachment keeps alive belong together: the value is
//! that of the message once it was adopted into the heap, and nil before and after. There may be fewer values than
//! entries: what is not adopted needs none. Message `n` stands at `n - first`, so a place stays valid while others are
//! taken, and taking one from the middle moves nothing.
//!
//! A message that finds the process waiting with nothing else may stand before the entries: it is in the heap already,
//! and `Kept::first` alone knows of it. Such a message is taken without any of this, or becomes the first entry.
//!
//! A message has the symbol that it begins with and the Refs among its first elements as tags. A `receive` all of whose
//! patterns want a tag looks only at messages that have one of them; past `INDEXED_MIN` messages it finds them by an
//! index, so what else waits costs nothing.

mod taking;

use std::collections::{BTreeSet, HashMap, VecDeque};

use heap::Value;

use crate::signal::{Item, News};
use crate::symbols::Symbols;

/// So few messages are looked through faster than an index is kept.
const INDEXED_MIN: usize = 32;
/// Room for so many messages is kept when the last of them is taken, until the process has waited for long.
const ROOM_KEPT: usize = 16;
/// Which elements of a tuple are looked at for a Ref.
const REFERENCE_PLACES: usize = 3;

/// By what a message can be found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tag {
    Symbol(u32),
    Reference(u64),
}

/// What a message says of itself. Small, since a mailbox may hold a million of them.
#[derive(Default)]
struct Tags {
    symbol: Option<u32>,
    /// Where there is any. Zero is none: references are counted from one.
    references: Option<Box<[u64; REFERENCE_PLACES]>>,
}

impl Tags {
    fn of(symbol: Option<u32>, references: [u64; REFERENCE_PLACES]) -> Tags {
        let has_any = references.iter().any(|reference| *reference != 0);
        Tags { symbol, references: has_any.then(|| Box::new(references)) }
    }

    fn has(&self, tag: Tag) -> bool {
        match tag {
            Tag::Symbol(symbol) => self.symbol == Some(symbol),
            Tag::Reference(reference) => {
                self.references.as_ref().is_some_and(|references| references.contains(&reference))
            }
        }
    }

    fn each(&self) -> impl Iterator<Item = Tag> {
        let references = self.references.iter().flat_map(|references| references.iter().copied());
        let references = references.filter(|reference| *reference != 0);
        self.symbol.map(Tag::Symbol).into_iter().chain(references.map(Tag::Reference))
    }
}

/// The tags of what waits, whether it was sent or the runtime makes it of a signal.
fn tags_of_item(item: &Item, symbols: &Symbols) -> Tags {
    match item {
        Item::Message(message) => tags_of(message.root()),
        Item::News(news) => match &**news {
            News::Exit { .. } => Tags::of(symbols.exit.as_symbol(), [0; REFERENCE_PLACES]),
            News::Down { reference, .. } => Tags::of(symbols.down.as_symbol(), [0, *reference, 0]),
        },
    }
}

fn tags_of(value: Value) -> Tags {
    let alone = [value];
    let tuple = value.as_tuple();
    let elements = tuple.as_ref().map_or(&alone[..], |tuple| tuple.elements());
    let mut references = [0; REFERENCE_PLACES];
    for (place, element) in references.iter_mut().zip(elements) {
        *place = element.as_reference().unwrap_or_default();
    }
    Tags::of(elements.first().and_then(|first| first.as_symbol()), references)
}

type Index = HashMap<Tag, BTreeSet<u64>>;

struct Entry {
    /// Until it is adopted.
    item: Option<Item>,
    tags: Tags,
    internal: bool,
    waits: bool,
}

const _: () = assert!(std::mem::size_of::<Entry>() <= 48);

/// The messages that a process has taken over from its senders and not received yet.
pub struct Mailbox {
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    first: u64,
    waiting: usize,
    /// The tags that the running `receive` wants; none when it looks at everything.
    wanted: Box<[Tag]>,
    /// The number from which it looks on.
    cursor: u64,
    /// Most mailboxes never have one: it is made by a `receive` that wants tags where many messages wait.
    index: Option<Box<Index>>,
}

/// Takes a message out of an index.
fn forget(index: &mut Index, tags: &Tags, number: u64) {
    for tag in tags.each() {
        let numbers = index.get_mut(&tag);
        if numbers.is_some_and(|numbers| numbers.remove(&number) && numbers.is_empty()) {
            index.remove(&tag);
        }
    }
}

/// The number of the first message of all: some may come before it.
const START: u64 = 1 << 32;

impl Default for Mailbox {
    fn default() -> Mailbox {
        Mailbox {
            entries: VecDeque::new(),
            first: START,
            waiting: 0,
            wanted: Box::default(),
            cursor: START,
            index: None,
        }
    }
}

impl Mailbox {
    /// Nothing waits here.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Begins a `receive`: every message is new to it.
    pub fn begin(&mut self, wanted: Vec<Tag>) {
        self.wanted = wanted.into_boxed_slice();
        self.cursor = self.first;
    }

    /// Begins a `receive` that looks at everything.
    pub fn begin_any(&mut self) {
        if !self.wanted.is_empty() {
            self.wanted = Box::default();
        }
        self.cursor = self.first;
    }

    /// Whether the running `receive` looks at this message.
    fn wants(&self, message: Value) -> bool {
        self.wanted.is_empty() || {
            let tags = tags_of(message);
            self.wanted.iter().any(|&tag| tags.has(tag))
        }
    }

    /// A message that was adopted becomes the first of all.
    fn add_first(&mut self, message: Value, values: &mut VecDeque<Value>) {
        let entry = Entry { item: None, tags: tags_of(message), internal: false, waits: true };
        self.entries.push_front(entry);
        values.push_front(message);
        self.cursor = if self.cursor == self.first { self.first - 1 } else { self.cursor };
        self.first -= 1;
        self.waiting += 1;
        if self.index.is_some() {
            self.note(self.first);
        }
    }

    /// Gives back room that nothing waits in.
    pub fn shrink(&mut self) {
        self.entries.shrink_to_fit();
        if self.waiting == 0 {
            self.index = None;
        }
    }

    /// A `receive` is over.
    pub fn finish(&mut self) {
        self.begin_any();
    }

    pub fn push(&mut self, item: Item, internal: bool, symbols: &Symbols) {
        let tags = tags_of_item(&item, symbols);
        self.add(item, tags, internal);
    }

    fn add(&mut self, item: Item, tags: Tags, internal: bool) {
        let number = self.first + self.entries.len() as u64;
        self.entries.push_back(Entry { item: Some(item), tags, internal, waits: true });
        self.waiting += 1;
        if self.index.is_some() {
            self.note(number);
        }
    }

    /// Puts a message into the index.
    fn note(&mut self, number: u64) {
        let entry = &self.entries[(number - self.first) as usize];
        let Some(index) = self.index.as_mut().filter(|_| entry.waits && !entry.internal) else { return };
        for tag in entry.tags.each() {
            index.entry(tag).or_default().insert(number);
        }
    }

    /// The next message that the running `receive` has not looked at and that may match.
    pub fn next(&mut self) -> Option<u64> {
        if self.entries.is_empty() {
            self.cursor = self.first;
            return None;
        }
        if self.index.is_none() && self.waiting > INDEXED_MIN && !self.wanted.is_empty() {
            self.index = Some(Box::default());
            (self.first..self.first + self.entries.len() as u64).for_each(|number| self.note(number));
        }
        let found = match &self.index {
            Some(index) if !self.wanted.is_empty() => {
                let heads = self.wanted.iter().filter_map(|tag| index.get(tag)?.range(self.cursor..).next());
                heads.min().copied()
            }
            _ => self.scan(),
        };
        self.cursor = found.unwrap_or(self.first + self.entries.len() as u64);
        found
    }

    fn scan(&self) -> Option<u64> {
        let start = self.cursor.saturating_sub(self.first) as usize;
        let is_wanted = |entry: &Entry| {
            entry.waits
                && !entry.internal
                && (self.wanted.is_empty() || self.wanted.iter().any(|&tag| entry.tags.has(tag)))
        };
        let place = self.entries.iter().skip(start).position(is_wanted)?;
        Some(self.first + (start + place) as u64)
    }

    /// The first message of all, those for the loop of an actor included.
    pub fn oldest(&self) -> Option<u64> {
        let place = self.entries.iter().position(|entry| entry.waits)?;
        Some(self.first + place as u64)
    }

    /// The oldest message that is not for the loop of an actor gives its room to a newer one. Its value, where it has
    /// one, is freed with the next message that is taken.
    pub fn drop_oldest(&mut self) -> bool {
        let place = self.entries.iter().position(|entry| entry.waits && !entry.internal);
        let Some(place) = place else { return false };
        self.clear(self.first + place as u64);
        true
    }

    /// Where a message is that the running `receive` was given. A guard that received itself may have moved on.
    pub fn find(&self, message: Value, values: &VecDeque<Value>) -> Option<u64> {
        let is_it = |place: usize| {
            let known = self.entries.get(place).is_some_and(|entry| entry.waits && entry.item.is_none());
            known && values.get(place).is_some_and(|value| value.bits() == message.bits())
        };
        let place = self.cursor.saturating_sub(self.first) as usize;
        let found = if is_it(place) { Some(place) } else { (0..self.entries.len()).find(|&at| is_it(at)) };
        found.map(|place| self.first + place as u64)
    }

    /// The running `receive` goes on behind this message.
    pub fn skip(&mut self, number: u64) {
        self.cursor = number + 1;
    }

    /// Takes a message out.
    pub fn remove(&mut self, number: u64, values: &mut VecDeque<Value>) {
        self.clear(number);
        self.trim(values);
    }

    /// Takes out the first entry, in which a message waits.
    fn pop_front(&mut self, values: &mut VecDeque<Value>) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        values.pop_front();
        if let Some(index) = &mut self.index {
            forget(index, &entry.tags, self.first);
        }
        self.first += 1;
        self.cursor = self.cursor.max(self.first);
        self.waiting -= 1;
        self.trim(values);
        Some(entry)
    }

    /// Empties the place of a message; nothing moves.
    fn clear(&mut self, number: u64) {
        let place = (number - self.first) as usize;
        let entry = &mut self.entries[place];
        if !std::mem::replace(&mut entry.waits, false) {
            return;
        }
        entry.item = None;
        self.waiting -= 1;
        if let Some(index) = &mut self.index {
            forget(index, &entry.tags, number);
        }
    }

    /// Nothing that was taken stays at the front, and where most was taken from the middle the rest moves together.
    fn trim(&mut self, values: &mut VecDeque<Value>) {
        while self.entries.front().is_some_and(|entry| !entry.waits) {
            self.entries.pop_front();
            values.pop_front();
            self.first += 1;
        }
        if self.waiting == 0 {
            self.index = None;
            if self.entries.capacity() > ROOM_KEPT {
                self.entries = VecDeque::new();
                *values = VecDeque::new();
            }
        } else if self.entries.len() > 64 && self.entries.len() / 4 > self.waiting {
            self.compact(values);
        }
    }

    /// Gives the messages new numbers without gaps. The `receive` that runs goes on behind those it has seen.
    fn compact(&mut self, values: &mut VecDeque<Value>) {
        let (first, cursor) = (self.first, self.cursor);
        let start = first + self.entries.len() as u64;
        let old = std::mem::take(&mut self.entries);
        let old_values = std::mem::take(values);
        self.first = start;
        self.cursor = start;
        let old_values = old_values.into_iter().chain(std::iter::repeat(Value::NIL));
        for (place, (entry, value)) in old.into_iter().zip(old_values).enumerate() {
            if entry.waits {
                self.cursor += u64::from(first + (place as u64) < cursor);
                self.entries.push_back(entry);
                values.push_back(value);
            }
        }
        // The next `receive` that needs an index makes one of the new numbers.
        self.index = None;
    }

    /// Takes out all messages that a test on their values, or on what they come from, picks; how many there were.
    pub fn remove_where(
        &mut self,
        values: &mut VecDeque<Value>,
        is_value: impl Fn(Value) -> bool,
        is_item: impl Fn(&Item) -> bool,
    ) -> usize {
        let mut picked = Vec::new();
        for (place, entry) in self.entries.iter().enumerate().filter(|(_, entry)| entry.waits) {
            let is_it = match &entry.item {
                Some(item) => is_item(item),
                None => values.get(place).is_some_and(|value| is_value(*value)),
            };
            if is_it {
                picked.push(self.first + place as u64);
            }
        }
        for &number in &picked {
            self.clear(number);
        }
        self.trim(values);
        picked.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heap::{Fragment, Heap, HeapConfig, Shared};

    fn heap() -> Heap {
        Heap::new(HeapConfig::default(), std::sync::Arc::new(Shared::new(1, usize::MAX)))
    }

    fn tagged(heap: &mut Heap, symbol: u32, number: i32) -> Fragment {
        let tuple = heap.tuple(&[Value::symbol(symbol), Value::int32(number)]).expect("room").value();
        heap.copy_message(tuple).expect("room")
    }

    fn push(mailbox: &mut Mailbox, message: Fragment, internal: bool) {
        let tags = tags_of(message.root());
        mailbox.add(Item::Message(message), tags, internal);
    }

    fn number_of(mailbox: &Mailbox, at: u64) -> i64 {
        let Some(Item::Message(message)) = &mailbox.entries[(at - mailbox.first) as usize].item else {
            panic!("a message");
        };
        message.root().as_tuple().and_then(|tuple| tuple.get(1)).and_then(Value::as_int64).expect("a number")
    }

    #[test]
    fn a_receive_finds_its_tags_in_the_order_of_arrival() {
        let mut heap = heap();
        let mut mailbox = Mailbox::default();
        for number in 0..200 {
            push(&mut mailbox, tagged(&mut heap, number as u32 % 10, number), false);
        }
        mailbox.begin(vec![Tag::Symbol(3), Tag::Symbol(7)]);
        let mut seen = Vec::new();
        while let Some(at) = mailbox.next() {
            seen.push(number_of(&mailbox, at));
            mailbox.skip(at);
        }
        let expected: Vec<i64> = (0..200).filter(|number| [3, 7].contains(&(number % 10))).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn taking_from_the_middle_keeps_the_order_of_the_rest() {
        let mut heap = heap();
        let (mut mailbox, mut values) = (Mailbox::default(), VecDeque::new());
        for number in 0..500 {
            push(&mut mailbox, tagged(&mut heap, u32::from(number % 50 == 0), number), false);
        }
        mailbox.begin(vec![Tag::Symbol(0)]);
        while let Some(at) = mailbox.next() {
            mailbox.remove(at, &mut values);
            mailbox.begin(vec![Tag::Symbol(0)]);
        }
        assert_eq!(mailbox.waiting, 10);
        mailbox.finish();
        let mut left = Vec::new();
        while let Some(at) = mailbox.next() {
            left.push(number_of(&mailbox, at));
            mailbox.remove(at, &mut values);
        }
        assert_eq!(left, (0..10).map(|number| number * 50).collect::<Vec<_>>());
        assert!(mailbox.oldest().is_none() && values.is_empty());
    }

    #[test]
    fn a_message_for_the_loop_of_an_actor_is_seen_by_no_receive() {
        let mut heap = heap();
        let mut mailbox = Mailbox::default();
        push(&mut mailbox, tagged(&mut heap, 1, 1), true);
        mailbox.begin(Vec::new());
        assert!(mailbox.next().is_none());
        assert!(mailbox.oldest().is_some());
    }
}
