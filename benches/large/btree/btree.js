// An ordered map kept in a B-tree.
const ORDER = 16;

class Node {
  constructor() {
    this.keys = [];
    this.values = [];
    this.children = null;
  }

  isLeaf() {
    return this.children === null;
  }

  isFull() {
    return this.keys.length >= 2 * ORDER - 1;
  }

  // The first position whose key is not less than the given one.
  position(key) {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Splits the full child at `index`; its middle key moves up into this node.
  splitChild(index) {
    const child = this.children[index];
    const right = new Node();
    right.keys = child.keys.splice(ORDER);
    right.values = child.values.splice(ORDER);
    if (!child.isLeaf()) right.children = child.children.splice(ORDER);
    this.keys.splice(index, 0, child.keys.pop());
    this.values.splice(index, 0, child.values.pop());
    this.children.splice(index + 1, 0, right);
  }
}

class Tree {
  constructor() {
    this.root = new Node();
    this.size = 0;
  }

  get(key) {
    let node = this.root;
    for (;;) {
      const at = node.position(key);
      if (at < node.keys.length && node.keys[at] === key) return node.values[at];
      if (node.isLeaf()) return undefined;
      node = node.children[at];
    }
  }

  put(key, value) {
    if (this.root.isFull()) {
      const old = this.root;
      this.root = new Node();
      this.root.children = [old];
      this.root.splitChild(0);
    }
    this.putInto(this.root, key, value);
  }

  putInto(node, key, value) {
    for (;;) {
      let at = node.position(key);
      if (at < node.keys.length && node.keys[at] === key) {
        node.values[at] = value;
        return;
      }
      if (node.isLeaf()) {
        node.keys.splice(at, 0, key);
        node.values.splice(at, 0, value);
        this.size++;
        return;
      }
      if (node.children[at].isFull()) {
        node.splitChild(at);
        if (node.keys[at] === key) {
          node.values[at] = value;
          return;
        }
        if (node.keys[at] < key) at++;
      }
      node = node.children[at];
    }
  }

  // Calls `f` with every key and value in order.
  each(f) {
    this.eachIn(this.root, f);
  }

  eachIn(node, f) {
    for (let i = 0; i < node.keys.length; i++) {
      if (!node.isLeaf()) this.eachIn(node.children[i], f);
      f(node.keys[i], node.values[i]);
    }
    if (!node.isLeaf()) this.eachIn(node.children[node.children.length - 1], f);
  }

  depth() {
    let depth = 1;
    for (let node = this.root; !node.isLeaf(); node = node.children[0]) depth++;
    return depth;
  }
}

function run(n) {
  const tree = new Tree();
  let seed = 42;
  for (let i = 0; i < n; i++) {
    seed = (seed * 16807) % 2147483647;
    tree.put(seed % (2 * n), i);
  }
  let found = 0;
  for (let key = 0; key < 2 * n; key++) if (tree.get(key) !== undefined) found++;
  let sum = 0;
  let last = -1;
  let sorted = true;
  tree.each((key, value) => {
    if (key <= last) sorted = false;
    last = key;
    sum = (sum * 31 + key * 7 + value) % 1000003;
  });
  if (!sorted || found !== tree.size) return -1;
  return sum * 1_000_000 + found * 10 + tree.depth();
}

const n = Number(process.argv[2] ?? 100_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
