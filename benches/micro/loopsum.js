// A plain loop over integers.
function run(n) {
  let s = 0;
  for (let i = 0; i < n; i++) s += i % 7;
  return s;
}

const n = Number(process.argv[2] ?? 50_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
