// Many small short-lived trees beside one that stays.
class Node {
  constructor(left, right) {
    this.left = left;
    this.right = right;
  }
}

function make(depth) {
  return depth === 0 ? new Node(null, null) : new Node(make(depth - 1), make(depth - 1));
}

function check(node) {
  return node.left === null ? 1 : 1 + check(node.left) + check(node.right);
}

function run(n) {
  let total = check(make(n + 1));
  const longLived = make(n);
  for (let depth = 4; depth <= n; depth += 4) {
    const rounds = 1 << (n - depth + 4);
    for (let i = 0; i < rounds; i++) total += check(make(depth));
  }
  return total + check(longLived);
}

const n = Number(process.argv[2] ?? 16);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
