// Sorting a list of integers with the library's sort.
function setup(n) {
  const xs = [];
  let seed = 42;
  for (let i = 0; i < n; i++) {
    seed = (seed * 16807) % 2147483647;
    xs.push(seed);
  }
  return xs;
}

function run(xs) {
  xs.sort((a, b) => a - b);
  let sum = 0;
  for (let i = 0; i < xs.length; i++) sum += xs[i] * (i % 3);
  return sum;
}

const n = Number(process.argv[2] ?? 500_000);
const input = setup(n);
const start = performance.now();
const result = run(input);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
