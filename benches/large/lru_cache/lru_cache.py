# A cache with a doubly linked list and a map.
import sys
import time


class Entry:
    __slots__ = ("key", "value", "before", "after")

    def __init__(self, key, value):
        self.key = key
        self.value = value
        self.before = None
        self.after = None


class Cache:
    def __init__(self, capacity):
        self.capacity = capacity
        self.entries = {}
        self.first = Entry(None, None)
        self.last = Entry(None, None)
        self.first.after = self.last
        self.last.before = self.first
        self.hits = 0
        self.misses = 0

    def unlink(self, entry):
        entry.before.after = entry.after
        entry.after.before = entry.before

    def link_first(self, entry):
        second = self.first.after
        entry.before = self.first
        entry.after = second
        second.before = entry
        self.first.after = entry

    def touch(self, entry):
        if self.first.after is entry:
            return
        self.unlink(entry)
        self.link_first(entry)

    def get(self, key):
        entry = self.entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self.touch(entry)
        return entry.value

    def put(self, key, value):
        known = self.entries.get(key)
        if known is not None:
            known.value = value
            self.touch(known)
            return
        if len(self.entries) >= self.capacity:
            self.drop_oldest()
        entry = Entry(key, value)
        self.entries[key] = entry
        self.link_first(entry)

    def drop_oldest(self):
        oldest = self.last.before
        self.unlink(oldest)
        del self.entries[oldest.key]

    def remove(self, key):
        entry = self.entries.get(key)
        if entry is None:
            return False
        self.unlink(entry)
        del self.entries[key]
        return True

    def keys(self):
        """The keys from the most to the least recently used."""
        keys = []
        entry = self.first.after
        while entry is not self.last:
            keys.append(entry.key)
            entry = entry.after
        return keys


class Random:
    def __init__(self):
        self.seed = 42

    def next(self, limit):
        self.seed = self.seed * 16807 % 2147483647
        return self.seed % limit


def slow_square(x):
    return x * x % 1009


def run(n):
    cache = Cache(500)
    random = Random()
    total = 0
    for step in range(n):
        key = random.next(400) + random.next(400)
        found = cache.get(key)
        if found is None:
            value = slow_square(key)
            cache.put(key, value)
            total += value
        else:
            total += found
        if step % 97 == 0 and cache.remove(random.next(800)):
            total += 1
    order = 0
    for key in cache.keys():
        order = (order * 31 + key) % 1000003
    return (total % 1000003) * 1000003 + order + cache.hits - cache.misses


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
