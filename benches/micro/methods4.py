# Calls of a method at one place on instances of four classes.
import sys
import time


class Shape:
    def __init__(self, size):
        self.size = size

    def area(self):
        return 0


class Square(Shape):
    def area(self):
        return self.size * self.size


class Triangle(Shape):
    def area(self):
        return self.size * self.size // 2


class Line(Shape):
    def area(self):
        return self.size


class Dot(Shape):
    pass


def run(n):
    shapes = [Square(4), Triangle(5), Line(6), Dot(7)]
    s = 0
    for i in range(n):
        s += shapes[i % 4].area()
    return s


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
