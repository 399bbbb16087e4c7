// Calls of a closure that captures a variable.
const adder = (k) => (x) => x + k;

function run(n) {
  const add = adder(3);
  let s = 0;
  for (let i = 0; i < n; i++) s = add(s) % 1000003;
  return s;
}

const n = Number(process.argv[2] ?? 20_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
