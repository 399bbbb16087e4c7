# Flips of permutations: small integers in short lists.
import sys
import time


def run(n):
    current = list(range(n))
    count = [0] * n
    checksum = max_flips = round_number = 0
    r = n
    while True:
        while r != 1:
            count[r - 1] = r
            r -= 1
        perm = current[:]
        flips = 0
        first = perm[0]
        while first != 0:
            low, high = 0, first
            while low < high:
                perm[low], perm[high] = perm[high], perm[low]
                low += 1
                high -= 1
            flips += 1
            first = perm[0]
        if flips > max_flips:
            max_flips = flips
        checksum += flips if round_number % 2 == 0 else -flips
        while True:
            if r == n:
                return checksum * 100 + max_flips
            front = current[0]
            for i in range(r):
                current[i] = current[i + 1]
            current[r] = front
            count[r] -= 1
            if count[r] > 0:
                break
            r += 1
        round_number += 1


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
