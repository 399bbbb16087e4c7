// Calls of a method on one class.
class Counter {
  constructor() {
    this.total = 0;
  }

  add(x) {
    this.total = (this.total + x) % 1000003;
  }
}

function run(n) {
  const counter = new Counter();
  for (let i = 0; i < n; i++) counter.add(i);
  return counter.total;
}

const n = Number(process.argv[2] ?? 20_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
