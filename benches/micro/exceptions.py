# A function that throws in half of its calls.
import sys
import time


def risky(i):
    if i % 2 == 0:
        raise ValueError("even")
    return i


def run(n):
    caught = total = 0
    for i in range(n):
        try:
            total += risky(i)
        except ValueError:
            caught += 1
    return total + caught


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
