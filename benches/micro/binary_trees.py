# Many small short-lived trees beside one that stays.
import sys
import time


class Node:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left = left
        self.right = right


def make(depth):
    if depth == 0:
        return Node(None, None)
    return Node(make(depth - 1), make(depth - 1))


def check(node):
    if node.left is None:
        return 1
    return 1 + check(node.left) + check(node.right)


def run(n):
    total = check(make(n + 1))
    long_lived = make(n)
    for depth in range(4, n + 1, 4):
        rounds = 1 << (n - depth + 4)
        for _ in range(rounds):
            total += check(make(depth))
    return total + check(long_lived)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
