// A function that throws in half of its calls.
class ValueError extends Error {}

function risky(i) {
  if (i % 2 === 0) throw new ValueError("even");
  return i;
}

function run(n) {
  let caught = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    try {
      sum += risky(i);
    } catch (e) {
      if (!(e instanceof ValueError)) throw e;
      caught++;
    }
  }
  return sum + caught;
}

const n = Number(process.argv[2] ?? 1_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
