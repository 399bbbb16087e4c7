// All placements of n queens, with arrays that mark taken columns and diagonals.
class Board {
  constructor(n) {
    this.n = n;
    this.columns = new Array(n).fill(false);
    this.rising = new Array(2 * n).fill(false);
    this.falling = new Array(2 * n + 1).fill(false);
  }

  solve(row) {
    const { n, columns, rising, falling } = this;
    if (row === n) return 1;
    let count = 0;
    for (let column = 0; column < n; column++) {
      const up = row + column;
      const down = row - column + n;
      if (!columns[column] && !rising[up] && !falling[down]) {
        columns[column] = rising[up] = falling[down] = true;
        count += this.solve(row + 1);
        columns[column] = rising[up] = falling[down] = false;
      }
    }
    return count;
  }
}

const n = Number(process.argv[2] ?? 12);
const start = performance.now();
const result = new Board(n).solve(0);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
