// The sieve of Eratosthenes over an array of booleans.
function run(n) {
  const prime = new Array(n + 1).fill(true);
  let count = 0;
  for (let i = 2; i <= n; i++) {
    if (prime[i]) {
      count++;
      for (let j = i * i; j <= n; j += i) prime[j] = false;
    }
  }
  return count;
}

const n = Number(process.argv[2] ?? 5_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
