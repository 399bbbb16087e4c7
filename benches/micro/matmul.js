// The product of two matrices kept as arrays of arrays.
function matrix(n) {
  const rows = [];
  for (let i = 0; i < n; i++) {
    const row = [];
    for (let j = 0; j < n; j++) row.push(((i - j) * (i + j)) / n);
    rows.push(row);
  }
  return rows;
}

function multiply(a, b, n) {
  const out = [];
  for (let i = 0; i < n; i++) {
    const aRow = a[i];
    const row = [];
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += aRow[k] * b[k][j];
      row.push(sum);
    }
    out.push(row);
  }
  return out;
}

function run(n) {
  const c = multiply(matrix(n), matrix(n), n);
  const middle = Math.floor(n / 2);
  return c[middle][middle] + c[0][n - 1] + c[n - 1][n - 1];
}

const n = Number(process.argv[2] ?? 200);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(result.toFixed(3));
