// A map with string keys: filled, read, counted up.
function run(n) {
  const map = new Map();
  for (let i = 0; i < n; i++) map.set(`key${i}`, i);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const key = `key${(i * 7) % n}`;
    sum += map.get(key);
    map.set(key, map.get(key) + 1);
  }
  for (const value of map.values()) sum += value;
  return sum;
}

const n = Number(process.argv[2] ?? 300_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
