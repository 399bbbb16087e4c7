# A list that grows by one element at a time, then its sum.
import sys
import time


def run(n):
    xs = []
    for i in range(n):
        xs.append(i % 1000)
    total = 0
    for x in xs:
        total += x
    return total + len(xs)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
