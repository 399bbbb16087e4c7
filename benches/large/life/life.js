// Game of life on an endless board kept in a map.
// A cell is one number, so that it can be a key: row and column with an offset.
const WIDTH = 65536;

const cell = (row, column) => (row + 1000) * WIDTH + column + 1000;

function glider(board, row, column) {
  for (const [r, c] of [[0, 1], [1, 2], [2, 0], [2, 1], [2, 2]]) board.set(cell(row + r, column + c), true);
}

function rPentomino(board, row, column) {
  for (const [r, c] of [[0, 1], [0, 2], [1, 0], [1, 1], [2, 1]]) board.set(cell(row + r, column + c), true);
}

function neighbourCounts(board) {
  const counts = new Map();
  for (const at of board.keys()) {
    for (let row = -1; row <= 1; row++) {
      for (let column = -1; column <= 1; column++) {
        if (row !== 0 || column !== 0) {
          const near = at + row * WIDTH + column;
          counts.set(near, (counts.get(near) ?? 0) + 1);
        }
      }
    }
  }
  return counts;
}

function step(board) {
  const next = new Map();
  for (const [at, count] of neighbourCounts(board)) {
    if (count === 3 || (count === 2 && board.has(at))) next.set(at, true);
  }
  return next;
}

// Keeps what is inside a window, so that gliders do not leave for ever.
function clip(board, limit) {
  const kept = new Map();
  for (const at of board.keys()) {
    const row = Math.floor(at / WIDTH) - 1000;
    const column = (at % WIDTH) - 1000;
    if (row > -limit && row < limit && column > -limit && column < limit) kept.set(at, true);
  }
  return kept;
}

function checksum(board) {
  let sum = 0;
  for (const at of board.keys()) sum = (sum + at * at) % 1000003;
  return sum * 10_000 + board.size;
}

function run(n) {
  let board = new Map();
  for (let i = 0; i < 12; i++) {
    glider(board, i * 9, i * 7);
    rPentomino(board, i * 11 - 60, 40 - i * 8);
  }
  let total = 0;
  for (let generation = 0; generation < n; generation++) {
    board = step(board);
    if (generation % 10 === 9) board = clip(board, 200);
    total = (total * 7 + board.size) % 1000003;
  }
  return total + checksum(board);
}

const n = Number(process.argv[2] ?? 300);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
