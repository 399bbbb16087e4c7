# The way out of a cave: path search with a binary heap.
import sys
import time


class Step:
    __slots__ = ("cost", "row", "column")

    def __init__(self, cost, row, column):
        self.cost = cost
        self.row = row
        self.column = column


class Heap:
    """A heap whose first element is the cheapest step."""

    def __init__(self):
        self.items = []

    def is_empty(self):
        return not self.items

    def push(self, step):
        items = self.items
        items.append(step)
        at = len(items) - 1
        while at > 0:
            parent = (at - 1) // 2
            if items[parent].cost <= items[at].cost:
                break
            items[parent], items[at] = items[at], items[parent]
            at = parent

    def take(self):
        items = self.items
        best = items[0]
        last = items.pop()
        if not items:
            return best
        items[0] = last
        at = 0
        n = len(items)
        while True:
            least = at
            for child in (2 * at + 1, 2 * at + 2):
                if child < n and items[child].cost < items[least].cost:
                    least = child
            if least == at:
                break
            items[least], items[at] = items[at], items[least]
            at = least
        return best


class Cave:
    def __init__(self, size, seed):
        self.size = size
        self.cells = []
        state = seed
        for row in range(size):
            line = []
            for column in range(size):
                state = state * 16807 % 2147483647
                corner = row + column < 4 or row + column > 2 * size - 6
                line.append("#" if not corner and state % 100 < 30 else "~" if state % 7 == 0 else ".")
            self.cells.append(line)

    def is_open(self, row, column):
        return 0 <= row < self.size and 0 <= column < self.size and self.cells[row][column] != "#"

    def cost(self, row, column):
        return 3 if self.cells[row][column] == "~" else 1

    def neighbours(self, row, column):
        found = []
        for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if self.is_open(r, c):
                found.append((r, c))
        return found


def distance(row, column, goal):
    return abs(goal - row) + abs(goal - column)


def trace(came_from, goal, costs):
    length = 0
    at = goal
    while at in came_from:
        length += 1
        at = came_from[at]
    return costs[goal], length


def find_path(cave):
    """The cheapest way from the first corner to the last, or None."""
    size = cave.size
    goal = size - 1
    costs = {0: 0}
    came_from = {}
    done = set()
    heap = Heap()
    heap.push(Step(distance(0, 0, goal), 0, 0))
    while not heap.is_empty():
        step = heap.take()
        row, column = step.row, step.column
        here = row * size + column
        if here in done:
            continue
        done.add(here)
        if row == goal and column == goal:
            return trace(came_from, here, costs)
        for r, c in cave.neighbours(row, column):
            there = r * size + c
            cost = costs[here] + cave.cost(r, c)
            if cost < costs.get(there, 1_000_000_000):
                costs[there] = cost
                came_from[there] = here
                heap.push(Step(cost + distance(r, c, goal), r, c))
    return None


def run(n):
    total = blocked = 0
    for i in range(n):
        path = find_path(Cave(60, 1000 + i * 77))
        if path is None:
            blocked += 1
        else:
            cost, length = path
            total = (total * 31 + cost * 100 + length % 2) % 1000003
    return total * 1000 + blocked


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
