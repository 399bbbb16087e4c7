# The spectral norm of an endless matrix: float arithmetic in a small function.
import sys
import time
from math import sqrt


def entry(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def multiply(n, v, out):
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += entry(i, j) * v[j]
        out[i] = total


def multiply_transposed(n, v, out):
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += entry(j, i) * v[j]
        out[i] = total


def multiply_both(n, v, out, between):
    multiply(n, v, between)
    multiply_transposed(n, between, out)


def run(n):
    u = [1.0] * n
    v = [0.0] * n
    between = [0.0] * n
    for _ in range(10):
        multiply_both(n, u, v, between)
        multiply_both(n, v, u, between)
    uv = vv = 0.0
    for i in range(n):
        uv += u[i] * v[i]
        vv += v[i] * v[i]
    return sqrt(uv / vv)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(f"{result:.9f}")


main()
