# A random number generator whose steps pass through 45-bit integers.
import sys
import time


def run(n):
    seed = 42
    odd = 0
    for _ in range(n):
        seed = seed * 16807 % 2147483647
        odd += seed % 2
    return seed + odd


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
