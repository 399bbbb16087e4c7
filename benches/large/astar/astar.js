// The way out of a cave: path search with a binary heap.
class Step {
  constructor(cost, row, column) {
    this.cost = cost;
    this.row = row;
    this.column = column;
  }
}

// A heap whose first element is the cheapest step.
class Heap {
  constructor() {
    this.items = [];
  }

  isEmpty() {
    return this.items.length === 0;
  }

  push(step) {
    const items = this.items;
    items.push(step);
    let at = items.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent].cost <= items[at].cost) break;
      [items[parent], items[at]] = [items[at], items[parent]];
      at = parent;
    }
  }

  take() {
    const items = this.items;
    const best = items[0];
    const last = items.pop();
    if (items.length === 0) return best;
    items[0] = last;
    let at = 0;
    const n = items.length;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < n && items[child].cost < items[least].cost) least = child;
      }
      if (least === at) break;
      [items[least], items[at]] = [items[at], items[least]];
      at = least;
    }
    return best;
  }
}

class Cave {
  constructor(size, seed) {
    this.size = size;
    this.cells = [];
    let state = seed;
    for (let row = 0; row < size; row++) {
      const line = [];
      for (let column = 0; column < size; column++) {
        state = (state * 16807) % 2147483647;
        const corner = row + column < 4 || row + column > 2 * size - 6;
        line.push(!corner && state % 100 < 30 ? "#" : state % 7 === 0 ? "~" : ".");
      }
      this.cells.push(line);
    }
  }

  isOpen(row, column) {
    return row >= 0 && column >= 0 && row < this.size && column < this.size && this.cells[row][column] !== "#";
  }

  cost(row, column) {
    return this.cells[row][column] === "~" ? 3 : 1;
  }

  neighbours(row, column) {
    const found = [];
    for (const [r, c] of [[row - 1, column], [row + 1, column], [row, column - 1], [row, column + 1]]) {
      if (this.isOpen(r, c)) found.push([r, c]);
    }
    return found;
  }
}

function distance(row, column, goal) {
  return Math.abs(goal - row) + Math.abs(goal - column);
}

function trace(cameFrom, goal, costs) {
  let length = 0;
  let at = goal;
  while (cameFrom.has(at)) {
    length++;
    at = cameFrom.get(at);
  }
  return [costs.get(goal), length];
}

// The cheapest way from the first corner to the last, or null.
function findPath(cave) {
  const size = cave.size;
  const goal = size - 1;
  const costs = new Map([[0, 0]]);
  const cameFrom = new Map();
  const done = new Set();
  const heap = new Heap();
  heap.push(new Step(distance(0, 0, goal), 0, 0));
  while (!heap.isEmpty()) {
    const { row, column } = heap.take();
    const here = row * size + column;
    if (done.has(here)) continue;
    done.add(here);
    if (row === goal && column === goal) return trace(cameFrom, here, costs);
    for (const [r, c] of cave.neighbours(row, column)) {
      const there = r * size + c;
      const cost = costs.get(here) + cave.cost(r, c);
      if (cost < (costs.get(there) ?? 1_000_000_000)) {
        costs.set(there, cost);
        cameFrom.set(there, here);
        heap.push(new Step(cost + distance(r, c, goal), r, c));
      }
    }
  }
  return null;
}

function run(n) {
  let sum = 0;
  let blocked = 0;
  for (let i = 0; i < n; i++) {
    const path = findPath(new Cave(60, 1000 + i * 77));
    if (path === null) blocked++;
    else sum = (sum * 31 + path[0] * 100 + (path[1] % 2)) % 1000003;
  }
  return sum * 1000 + blocked;
}

const n = Number(process.argv[2] ?? 40);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
