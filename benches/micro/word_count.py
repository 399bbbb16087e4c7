# Counting the words of a long text.
import sys
import time


def setup(n):
    words = []
    seed = 42
    for i in range(n):
        seed = seed * 16807 % 2147483647
        words.append(f"w{seed % 1000 * (seed % 7)}" + ("\n" if i % 12 == 11 else " "))
    return "".join(words)


def run(text):
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    most = 0
    for count in counts.values():
        if count > most:
            most = count
    return most * 10000 + len(counts)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    data = setup(n)
    start = time.perf_counter()
    result = run(data)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
