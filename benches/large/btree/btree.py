# An ordered map kept in a B-tree.
import sys
import time


ORDER = 16


class Node:
    __slots__ = ("keys", "values", "children")

    def __init__(self):
        self.keys = []
        self.values = []
        self.children = None

    def is_full(self):
        return len(self.keys) >= 2 * ORDER - 1

    def position(self, key):
        """The first position whose key is not less than the given one."""
        low = 0
        high = len(self.keys)
        while low < high:
            middle = (low + high) // 2
            if self.keys[middle] < key:
                low = middle + 1
            else:
                high = middle
        return low

    def split_child(self, index):
        """Splits the full child at `index`; its middle key moves up into this node."""
        child = self.children[index]
        right = Node()
        middle_key = child.keys[ORDER - 1]
        middle_value = child.values[ORDER - 1]
        right.keys = child.keys[ORDER:]
        right.values = child.values[ORDER:]
        if child.children is not None:
            right.children = child.children[ORDER:]
            child.children = child.children[:ORDER]
        child.keys = child.keys[:ORDER - 1]
        child.values = child.values[:ORDER - 1]
        self.keys.insert(index, middle_key)
        self.values.insert(index, middle_value)
        self.children.insert(index + 1, right)


class Tree:
    def __init__(self):
        self.root = Node()
        self.size = 0

    def get(self, key):
        node = self.root
        while True:
            at = node.position(key)
            if at < len(node.keys) and node.keys[at] == key:
                return node.values[at]
            if node.children is None:
                return None
            node = node.children[at]

    def put(self, key, value):
        if self.root.is_full():
            old = self.root
            self.root = Node()
            self.root.children = [old]
            self.root.split_child(0)
        self.put_into(self.root, key, value)

    def put_into(self, node, key, value):
        while True:
            at = node.position(key)
            if at < len(node.keys) and node.keys[at] == key:
                node.values[at] = value
                return
            if node.children is None:
                node.keys.insert(at, key)
                node.values.insert(at, value)
                self.size += 1
                return
            if node.children[at].is_full():
                node.split_child(at)
                if node.keys[at] == key:
                    node.values[at] = value
                    return
                if node.keys[at] < key:
                    at += 1
            node = node.children[at]

    def each(self, f):
        """Calls `f` with every key and value in order."""
        self.each_in(self.root, f)

    def each_in(self, node, f):
        children = node.children
        for i in range(len(node.keys)):
            if children is not None:
                self.each_in(children[i], f)
            f(node.keys[i], node.values[i])
        if children is not None:
            self.each_in(children[-1], f)

    def depth(self):
        depth = 1
        node = self.root
        while node.children is not None:
            depth += 1
            node = node.children[0]
        return depth


def run(n):
    tree = Tree()
    seed = 42
    for i in range(n):
        seed = seed * 16807 % 2147483647
        tree.put(seed % (2 * n), i)
    found = 0
    for key in range(2 * n):
        if tree.get(key) is not None:
            found += 1
    total = 0
    last = -1
    is_sorted = True

    def visit(key, value):
        nonlocal total, last, is_sorted
        if key <= last:
            is_sorted = False
        last = key
        total = (total * 31 + key * 7 + value) % 1000003

    tree.each(visit)
    if not is_sorted or found != tree.size:
        return -1
    return total * 1_000_000 + found * 10 + tree.depth()


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
