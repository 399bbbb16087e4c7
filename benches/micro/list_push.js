// A list that grows by one element at a time, then its sum.
function run(n) {
  const xs = [];
  for (let i = 0; i < n; i++) xs.push(i % 1000);
  let sum = 0;
  for (const x of xs) sum += x;
  return sum + xs.length;
}

const n = Number(process.argv[2] ?? 5_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
