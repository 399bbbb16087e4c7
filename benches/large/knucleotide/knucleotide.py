# Counting the short pieces of a long strand of DNA.
import sys
import time


SEQUENCES = ["GGT", "GGTA", "GGTATT", "GGTATTTTAATT", "GGTATTTTAATTTATAGT"]


def strand(n):
    parts = []
    seed = 42
    for _ in range(n):
        seed = seed * 3877 % 139968 + 29573
        x = seed % 1000
        parts.append("A" if x < 302 else "C" if x < 500 else "G" if x < 698 else "T")
    # The sequences that are looked for stand in it a few times for certain.
    for i in range(n // 1000):
        parts[i * 997 % n] = SEQUENCES[i % len(SEQUENCES)]
    return "".join(parts)


def counts(text, length):
    """How often each piece of the given length occurs."""
    found = {}
    for i in range(len(text) - length + 1):
        piece = text[i:i + length]
        found[piece] = found.get(piece, 0) + 1
    return found


def shares(text, length):
    """The pieces with their share in percent, the most frequent first."""
    total = len(text) - length + 1
    found = sorted(counts(text, length).items(), key=lambda entry: (-entry[1], entry[0]))
    return [f"{piece} {100.0 * count / total:.3f}" for piece, count in found]


def text_sum(text):
    total = 0
    for c in text:
        total = (total * 31 + "ACGT 0123456789.".index(c)) % 1000003
    return total


def run(n):
    text = strand(n)
    total = 0
    for length in (1, 2):
        for line in shares(text, length):
            total = (total + text_sum(line)) % 1000003
    for sequence in SEQUENCES:
        found = counts(text, len(sequence))
        total = (total * 7 + found.get(sequence, 0) + len(found)) % 1000003
    return total


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
