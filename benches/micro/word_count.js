// Counting the words of a long text.
function setup(n) {
  const words = [];
  let seed = 42;
  for (let i = 0; i < n; i++) {
    seed = (seed * 16807) % 2147483647;
    words.push(`w${(seed % 1000) * (seed % 7)}${i % 12 === 11 ? "\n" : " "}`);
  }
  return words.join("");
}

function run(text) {
  const counts = new Map();
  for (const word of text.trim().split(/\s+/)) counts.set(word, (counts.get(word) ?? 0) + 1);
  let most = 0;
  for (const count of counts.values()) if (count > most) most = count;
  return most * 10000 + counts.size;
}

const n = Number(process.argv[2] ?? 1_000_000);
const input = setup(n);
const start = performance.now();
const result = run(input);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
