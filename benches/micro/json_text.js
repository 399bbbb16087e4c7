// The library's JSON: one text of 5 MB read and written again.
function setup(n) {
  const items = [];
  for (let i = 0; i < n; i++) {
    items.push(`{"id":${i},"name":"item ${i}","price":${i % 90}.25,"tags":["a","b\\n","tag ${i % 7}"],"inner":` +
      `{"on":true,"off":null,"text":"some longer text with \\"quotes\\" in it"}}`);
  }
  return `[${items.join(",")}]`;
}

function run(text) {
  const data = JSON.parse(text);
  let sum = 0;
  for (const item of data) sum += item.id + item.tags.length;
  return sum + JSON.stringify(data).length;
}

const n = Number(process.argv[2] ?? 40_000);
const input = setup(n);
const start = performance.now();
const result = run(input);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
