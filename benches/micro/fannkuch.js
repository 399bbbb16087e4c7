// Flips of permutations: small integers in short arrays.
function run(n) {
  const perm = new Array(n).fill(0);
  const current = Array.from({ length: n }, (_, i) => i);
  const count = new Array(n).fill(0);
  let checksum = 0;
  let maxFlips = 0;
  let round = 0;
  let r = n;
  for (;;) {
    while (r !== 1) {
      count[r - 1] = r;
      r--;
    }
    for (let i = 0; i < n; i++) perm[i] = current[i];
    let flips = 0;
    let first = perm[0];
    while (first !== 0) {
      let low = 0;
      let high = first;
      while (low < high) {
        const t = perm[low];
        perm[low] = perm[high];
        perm[high] = t;
        low++;
        high--;
      }
      flips++;
      first = perm[0];
    }
    if (flips > maxFlips) maxFlips = flips;
    checksum += round % 2 === 0 ? flips : -flips;
    for (;;) {
      if (r === n) return checksum * 100 + maxFlips;
      const front = current[0];
      for (let i = 0; i < r; i++) current[i] = current[i + 1];
      current[r] = front;
      count[r]--;
      if (count[r] > 0) break;
      r++;
    }
    round++;
  }
}

const n = Number(process.argv[2] ?? 9);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
