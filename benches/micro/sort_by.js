// Sorting with a function that compares two elements.
function setup(n) {
  const xs = [];
  let seed = 42;
  for (let i = 0; i < n; i++) {
    seed = (seed * 16807) % 2147483647;
    xs.push(seed);
  }
  return xs;
}

function compare(a, b) {
  const x = a % 1000;
  const y = b % 1000;
  return x !== y ? x - y : b - a;
}

function run(xs) {
  xs.sort(compare);
  let sum = 0;
  for (let i = 0; i < xs.length; i++) sum += xs[i] * (i % 3);
  return sum;
}

const n = Number(process.argv[2] ?? 200_000);
const input = setup(n);
const start = performance.now();
const result = run(input);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
