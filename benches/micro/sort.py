# Sorting a list of integers with the library's sort.
import sys
import time


def setup(n):
    xs = []
    seed = 42
    for _ in range(n):
        seed = seed * 16807 % 2147483647
        xs.append(seed)
    return xs


def run(xs):
    xs.sort()
    total = 0
    for i in range(len(xs)):
        total += xs[i] * (i % 3)
    return total


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    data = setup(n)
    start = time.perf_counter()
    result = run(data)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
