# Game of life on an endless board kept in a map.
import sys
import time


# A cell is one number, so that it can be a key: row and column with an offset.
WIDTH = 1 << 16


def cell(row, column):
    return (row + 1000) * WIDTH + column + 1000


def glider(board, row, column):
    for r, c in [(0, 1), (1, 2), (2, 0), (2, 1), (2, 2)]:
        board[cell(row + r, column + c)] = True


def r_pentomino(board, row, column):
    for r, c in [(0, 1), (0, 2), (1, 0), (1, 1), (2, 1)]:
        board[cell(row + r, column + c)] = True


def neighbour_counts(board):
    counts = {}
    for at in board:
        for row in range(-1, 2):
            for column in range(-1, 2):
                if row != 0 or column != 0:
                    near = at + row * WIDTH + column
                    counts[near] = counts.get(near, 0) + 1
    return counts


def step(board):
    following = {}
    for at, count in neighbour_counts(board).items():
        if count == 3 or (count == 2 and at in board):
            following[at] = True
    return following


def clip(board, limit):
    """Keeps what is inside a window, so that gliders do not leave for ever."""
    kept = {}
    for at in board:
        row = at // WIDTH - 1000
        column = at % WIDTH - 1000
        if -limit < row < limit and -limit < column < limit:
            kept[at] = True
    return kept


def checksum(board):
    total = 0
    for at in board:
        total = (total + at * at) % 1000003
    return total * 10_000 + len(board)


def run(n):
    board = {}
    for i in range(12):
        glider(board, i * 9, i * 7)
        r_pentomino(board, i * 11 - 60, 40 - i * 8)
    total = 0
    for generation in range(n):
        board = step(board)
        if generation % 10 == 9:
            board = clip(board, 200)
        total = (total * 7 + len(board)) % 1000003
    return total + checksum(board)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
