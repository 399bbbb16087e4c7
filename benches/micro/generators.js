// Values handed over one by one by a generator.
function* upTo(n) {
  for (let i = 0; i < n; i++) yield i;
}

function run(n) {
  let sum = 0;
  for (const x of upTo(n)) sum += x;
  return sum;
}

const n = Number(process.argv[2] ?? 2_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
