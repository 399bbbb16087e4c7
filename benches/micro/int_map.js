// A map with integer keys: filled in a scattered order, read, half removed.
function run(n) {
  const map = new Map();
  for (let i = 0; i < n; i++) map.set((i * 7919) % 2147483647, i);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += map.get((i * 7919) % 2147483647);
  for (let i = 0; i < n; i += 2) map.delete((i * 7919) % 2147483647);
  return sum + map.size;
}

const n = Number(process.argv[2] ?? 1_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
