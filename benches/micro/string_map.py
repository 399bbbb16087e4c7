# A map with string keys: filled, read, counted up.
import sys
import time


def run(n):
    table = {}
    for i in range(n):
        table[f"key{i}"] = i
    total = 0
    for i in range(n):
        key = f"key{(i * 7) % n}"
        total += table[key]
        table[key] += 1
    for value in table.values():
        total += value
    return total


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
