# Sorting with a function that compares two elements.
from functools import cmp_to_key
import sys
import time


def setup(n):
    xs = []
    seed = 42
    for _ in range(n):
        seed = seed * 16807 % 2147483647
        xs.append(seed)
    return xs


def compare(a, b):
    x = a % 1000
    y = b % 1000
    return x - y if x != y else b - a


def run(xs):
    xs.sort(key=cmp_to_key(compare))
    total = 0
    for i in range(len(xs)):
        total += xs[i] * (i % 3)
    return total


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    data = setup(n)
    start = time.perf_counter()
    result = run(data)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
