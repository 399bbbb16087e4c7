# A JSON parser and printer written in the language.
import sys
import time


class JsonError(Exception):
    pass


class Parser:
    def __init__(self, text):
        self.text = text
        self.at = 0

    def fail(self, what):
        raise JsonError(f"expected {what} at {self.at}")

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ""

    def skip_blanks(self):
        while self.at < len(self.text) and self.text[self.at] in " \n\t\r":
            self.at += 1

    def expect(self, c):
        if self.peek() != c:
            self.fail(repr(c))
        self.at += 1

    def document(self):
        value = self.value()
        self.skip_blanks()
        if self.at != len(self.text):
            self.fail("the end")
        return value

    def value(self):
        self.skip_blanks()
        c = self.peek()
        if c == "{":
            return self.object()
        if c == "[":
            return self.array()
        if c == '"':
            return self.string()
        if c == "t":
            return self.word("true", True)
        if c == "f":
            return self.word("false", False)
        if c == "n":
            return self.word("null", None)
        return self.number()

    def word(self, name, value):
        if self.text[self.at:self.at + len(name)] != name:
            self.fail(name)
        self.at += len(name)
        return value

    def object(self):
        self.expect("{")
        result = {}
        self.skip_blanks()
        if self.peek() == "}":
            self.at += 1
            return result
        while True:
            self.skip_blanks()
            key = self.string()
            self.skip_blanks()
            self.expect(":")
            result[key] = self.value()
            self.skip_blanks()
            if self.peek() != ",":
                break
            self.at += 1
        self.expect("}")
        return result

    def array(self):
        self.expect("[")
        result = []
        self.skip_blanks()
        if self.peek() == "]":
            self.at += 1
            return result
        while True:
            result.append(self.value())
            self.skip_blanks()
            if self.peek() != ",":
                break
            self.at += 1
        self.expect("]")
        return result

    def string(self):
        self.expect('"')
        parts = ""
        start = self.at
        while True:
            c = self.peek()
            if c == "":
                self.fail("a closing quote")
            if c == '"':
                break
            if c == "\\":
                parts += self.text[start:self.at]
                self.at += 1
                parts += self.escape()
                start = self.at + 1
            self.at += 1
        result = parts + self.text[start:self.at]
        self.at += 1
        return result

    def escape(self):
        c = self.peek()
        if c == "n":
            return "\n"
        if c == "t":
            return "\t"
        if c == '"':
            return '"'
        if c == "\\":
            return "\\"
        self.fail("an escape")

    def number(self):
        start = self.at
        if self.peek() == "-":
            self.at += 1
        self.digits()
        if self.peek() == ".":
            self.at += 1
            self.digits()
            return float(self.text[start:self.at])
        return int(self.text[start:self.at])

    def digits(self):
        start = self.at
        while "0" <= self.peek() <= "9":
            self.at += 1
        if self.at == start:
            self.fail("a digit")


ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def quote_text(text):
    return '"' + "".join([ESCAPES.get(c, c) for c in text]) + '"'


def write(value):
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return quote_text(value)
    if isinstance(value, list):
        return "[" + ",".join([write(inner) for inner in value]) + "]"
    return "{" + ",".join([quote_text(key) + ":" + write(inner) for key, inner in value.items()]) + "}"


def sample(n):
    items = []
    for i in range(n):
        items.append({
            "id": i,
            "name": f'item "{i}"\n',
            "price": i % 50 + 0.5,
            "tags": ["red", "green\t", f"t{i % 3}"],
            "inner": {"on": i % 2 == 0, "off": None, "list": [i, [-i, []]], "empty": {}},
        })
    return write({"items": items, "count": n})


def sum_of(value):
    if value is True:
        return 1
    if isinstance(value, str):
        return len(value)
    if isinstance(value, int):
        return value
    if isinstance(value, list):
        return sum([sum_of(inner) for inner in value])
    if isinstance(value, dict):
        return sum([sum_of(inner) for inner in value.values()])
    return 0


def run(n):
    text = sample(500)
    result = 0
    for _ in range(n):
        data = Parser(text).document()
        result = (result + sum_of(data) * 7 + len(write(data))) % 1000003
    failures = 0
    for bad in ["[1,", '{"a" 1}', "[1] x", '"open', "nul", "-"]:
        try:
            Parser(bad).document()
        except JsonError:
            failures += 1
    return result * 10 + failures


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
