// A cache with a doubly linked list and a map.
class Entry {
  constructor(key, value) {
    this.key = key;
    this.value = value;
    this.before = null;
    this.after = null;
  }
}

class Cache {
  constructor(capacity) {
    this.capacity = capacity;
    this.entries = new Map();
    this.first = new Entry(null, null);
    this.last = new Entry(null, null);
    this.first.after = this.last;
    this.last.before = this.first;
    this.hits = 0;
    this.misses = 0;
  }

  unlink(entry) {
    entry.before.after = entry.after;
    entry.after.before = entry.before;
  }

  linkFirst(entry) {
    const second = this.first.after;
    entry.before = this.first;
    entry.after = second;
    second.before = entry;
    this.first.after = entry;
  }

  touch(entry) {
    if (this.first.after === entry) return;
    this.unlink(entry);
    this.linkFirst(entry);
  }

  get(key) {
    const entry = this.entries.get(key);
    if (entry === undefined) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.touch(entry);
    return entry.value;
  }

  put(key, value) {
    const known = this.entries.get(key);
    if (known !== undefined) {
      known.value = value;
      this.touch(known);
      return;
    }
    if (this.entries.size >= this.capacity) this.dropOldest();
    const entry = new Entry(key, value);
    this.entries.set(key, entry);
    this.linkFirst(entry);
  }

  dropOldest() {
    const oldest = this.last.before;
    this.unlink(oldest);
    this.entries.delete(oldest.key);
  }

  remove(key) {
    const entry = this.entries.get(key);
    if (entry === undefined) return false;
    this.unlink(entry);
    this.entries.delete(key);
    return true;
  }

  // The keys from the most to the least recently used.
  keys() {
    const keys = [];
    for (let entry = this.first.after; entry !== this.last; entry = entry.after) keys.push(entry.key);
    return keys;
  }
}

class Random {
  constructor() {
    this.seed = 42;
  }

  next(limit) {
    this.seed = (this.seed * 16807) % 2147483647;
    return this.seed % limit;
  }
}

function slowSquare(x) {
  return (x * x) % 1009;
}

function run(n) {
  const cache = new Cache(500);
  const random = new Random();
  let sum = 0;
  for (let step = 0; step < n; step++) {
    const key = random.next(400) + random.next(400);
    const found = cache.get(key);
    if (found === undefined) {
      const value = slowSquare(key);
      cache.put(key, value);
      sum += value;
    } else {
      sum += found;
    }
    if (step % 97 === 0 && cache.remove(random.next(800))) sum++;
  }
  let order = 0;
  for (const key of cache.keys()) order = (order * 31 + key) % 1000003;
  return (sum % 1000003) * 1000003 + order + cache.hits - cache.misses;
}

const n = Number(process.argv[2] ?? 300_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
