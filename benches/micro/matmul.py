# The product of two matrices kept as lists of lists.
import sys
import time


def matrix(n):
    return [[(i - j) * (i + j) / n for j in range(n)] for i in range(n)]


def multiply(a, b, n):
    out = []
    for i in range(n):
        a_row = a[i]
        row = []
        for j in range(n):
            total = 0.0
            for k in range(n):
                total += a_row[k] * b[k][j]
            row.append(total)
        out.append(row)
    return out


def run(n):
    c = multiply(matrix(n), matrix(n), n)
    return c[n // 2][n // 2] + c[0][n - 1] + c[n - 1][n - 1]


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(f"{result:.3f}")


main()
