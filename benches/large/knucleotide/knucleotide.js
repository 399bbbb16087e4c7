// Counting the short pieces of a long strand of DNA.
const sequences = ["GGT", "GGTA", "GGTATT", "GGTATTTTAATT", "GGTATTTTAATTTATAGT"];

function strand(n) {
  const parts = [];
  let seed = 42;
  for (let i = 0; i < n; i++) {
    seed = ((seed * 3877) % 139968) + 29573;
    const x = seed % 1000;
    parts.push(x < 302 ? "A" : x < 500 ? "C" : x < 698 ? "G" : "T");
  }
  // The sequences that are looked for stand in it a few times for certain.
  for (let i = 0; i < Math.floor(n / 1000); i++) parts[(i * 997) % n] = sequences[i % sequences.length];
  return parts.join("");
}

// How often each piece of the given length occurs.
function counts(text, length) {
  const found = new Map();
  for (let i = 0; i <= text.length - length; i++) {
    const piece = text.slice(i, i + length);
    found.set(piece, (found.get(piece) ?? 0) + 1);
  }
  return found;
}

// The pieces with their share in percent, the most frequent first.
function shares(text, length) {
  const total = text.length - length + 1;
  const list = [...counts(text, length)];
  list.sort((a, b) => (a[1] !== b[1] ? b[1] - a[1] : a[0] < b[0] ? -1 : 1));
  return list.map(([piece, count]) => `${piece} ${((100 * count) / total).toFixed(3)}`);
}

function textSum(text) {
  let sum = 0;
  for (const c of text) sum = (sum * 31 + "ACGT 0123456789.".indexOf(c)) % 1000003;
  return sum;
}

function run(n) {
  const text = strand(n);
  let sum = 0;
  for (const length of [1, 2]) {
    for (const line of shares(text, length)) sum = (sum + textSum(line)) % 1000003;
  }
  for (const sequence of sequences) {
    const found = counts(text, sequence.length);
    sum = (sum * 7 + (found.get(sequence) ?? 0) + found.size) % 1000003;
  }
  return sum;
}

const n = Number(process.argv[2] ?? 200_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
