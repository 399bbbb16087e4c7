# All placements of n queens, with lists that mark taken columns and diagonals.
import sys
import time


class Board:
    def __init__(self, n):
        self.n = n
        self.columns = [False] * n
        self.rising = [False] * (2 * n)
        self.falling = [False] * (2 * n + 1)

    def solve(self, row):
        n = self.n
        if row == n:
            return 1
        columns, rising, falling = self.columns, self.rising, self.falling
        count = 0
        for column in range(n):
            up, down = row + column, row - column + n
            if not columns[column] and not rising[up] and not falling[down]:
                columns[column] = rising[up] = falling[down] = True
                count += self.solve(row + 1)
                columns[column] = rising[up] = falling[down] = False
        return count


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    start = time.perf_counter()
    result = Board(n).solve(0)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
