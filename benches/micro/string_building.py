# Building one long text from small pieces.
import sys
import time


def run(n):
    parts = []
    for i in range(n):
        parts.append(f"{i % 1000},")
    text = "".join(parts)
    commas = 0
    for c in text:
        if c == ",":
            commas += 1
    return len(text) + commas


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
