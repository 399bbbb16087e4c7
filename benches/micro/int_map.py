# A map with integer keys: filled in a scattered order, read, half removed.
import sys
import time


def run(n):
    table = {}
    for i in range(n):
        table[(i * 7919) % 2147483647] = i
    total = 0
    for i in range(n):
        total += table[(i * 7919) % 2147483647]
    for i in range(0, n, 2):
        del table[(i * 7919) % 2147483647]
    return total + len(table)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
