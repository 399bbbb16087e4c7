# Calls of a method on one class.
import sys
import time


class Counter:
    def __init__(self):
        self.total = 0

    def add(self, x):
        self.total = (self.total + x) % 1000003


def run(n):
    counter = Counter()
    for i in range(n):
        counter.add(i)
    return counter.total


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
