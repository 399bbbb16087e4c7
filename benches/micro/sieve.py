# The sieve of Eratosthenes over a list of booleans.
import sys
import time


def run(n):
    prime = [True] * (n + 1)
    count = 0
    for i in range(2, n + 1):
        if prime[i]:
            count += 1
            for j in range(i * i, n + 1, i):
                prime[j] = False
    return count


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
