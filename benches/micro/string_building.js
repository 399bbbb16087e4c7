// Building one long text from small pieces.
function run(n) {
  let text = "";
  for (let i = 0; i < n; i++) text += `${i % 1000},`;
  let commas = 0;
  for (const c of text) if (c === ",") commas++;
  return text.length + commas;
}

const n = Number(process.argv[2] ?? 1_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
