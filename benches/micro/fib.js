// Doubly recursive Fibonacci: the cost of a call.
function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

const n = Number(process.argv[2] ?? 35);
const start = performance.now();
const result = fib(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
