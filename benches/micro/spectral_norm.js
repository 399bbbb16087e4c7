// The spectral norm of an endless matrix: float arithmetic in a small function.
function entry(i, j) {
  return 1 / (((i + j) * (i + j + 1)) / 2 + i + 1);
}

function multiply(n, v, out) {
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += entry(i, j) * v[j];
    out[i] = sum;
  }
}

function multiplyTransposed(n, v, out) {
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += entry(j, i) * v[j];
    out[i] = sum;
  }
}

function multiplyBoth(n, v, out, between) {
  multiply(n, v, between);
  multiplyTransposed(n, between, out);
}

function run(n) {
  const u = new Array(n).fill(1);
  const v = new Array(n).fill(0);
  const between = new Array(n).fill(0);
  for (let i = 0; i < 10; i++) {
    multiplyBoth(n, u, v, between);
    multiplyBoth(n, v, u, between);
  }
  let uv = 0;
  let vv = 0;
  for (let i = 0; i < n; i++) {
    uv += u[i] * v[i];
    vv += v[i] * v[i];
  }
  return Math.sqrt(uv / vv);
}

const n = Number(process.argv[2] ?? 500);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(result.toFixed(9));
