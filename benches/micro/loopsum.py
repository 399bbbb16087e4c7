# A plain loop over integers.
import sys
import time


def run(n):
    s = 0
    for i in range(n):
        s += i % 7
    return s


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
