// Reading and writing the fields of one instance.
class Point {
  constructor(x, y) {
    this.x = x;
    this.y = y;
  }
}

function run(n) {
  const p = new Point(0, 1);
  for (let i = 0; i < n; i++) {
    p.x = (p.x + p.y) % 1000003;
    p.y = p.x + 1;
  }
  return p.x + p.y;
}

const n = Number(process.argv[2] ?? 20_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
