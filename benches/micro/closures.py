# Calls of a closure that captures a variable.
import sys
import time


def adder(k):
    return lambda x: x + k


def run(n):
    add = adder(3)
    s = 0
    for _ in range(n):
        s = add(s) % 1000003
    return s


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
