// A random number generator whose steps pass through 45-bit integers.
function run(n) {
  let seed = 42;
  let odd = 0;
  for (let i = 0; i < n; i++) {
    seed = (seed * 16807) % 2147483647;
    odd += seed % 2;
  }
  return seed + odd;
}

const n = Number(process.argv[2] ?? 20_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
