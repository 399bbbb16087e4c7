# Values handed over one by one by a generator.
import sys
import time


def up_to(n):
    for i in range(n):
        yield i


def run(n):
    total = 0
    for x in up_to(n):
        total += x
    return total


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
