# Reading and writing the fields of one instance.
import sys
import time


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def run(n):
    p = Point(0, 1)
    for _ in range(n):
        p.x = (p.x + p.y) % 1000003
        p.y = p.x + 1
    return p.x + p.y


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
