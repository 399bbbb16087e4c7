# A tokenizer and a recursive-descent calculator with variables and functions.
import sys
import time


class SyntaxProblem(Exception):
    pass


class Token:
    __slots__ = ("kind", "value")

    def __init__(self, kind, value):
        self.kind = kind
        self.value = value


class Number:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


class Variable:
    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name


class Unary:
    __slots__ = ("operand",)

    def __init__(self, operand):
        self.operand = operand


class Binary:
    __slots__ = ("operator", "left", "right")

    def __init__(self, operator, left, right):
        self.operator = operator
        self.left = left
        self.right = right


class Call:
    __slots__ = ("name", "arguments")

    def __init__(self, name, arguments):
        self.name = name
        self.arguments = arguments


def is_digit(c):
    return "0" <= c <= "9"


def is_letter(c):
    return "a" <= c <= "z" or c == "_"


def tokenize(text):
    tokens = []
    at = 0
    end = len(text)
    while at < end:
        c = text[at]
        if c == " ":
            at += 1
        elif is_digit(c):
            value = 0
            while at < end and is_digit(text[at]):
                value = value * 10 + int(text[at])
                at += 1
            tokens.append(Token("number", value))
        elif is_letter(c):
            start = at
            while at < end and is_letter(text[at]):
                at += 1
            tokens.append(Token("name", text[start:at]))
        elif c in "+-*/%(),=":
            tokens.append(Token("sign", c))
            at += 1
        else:
            raise SyntaxProblem(f"unexpected {c!r}")
    tokens.append(Token("end", None))
    return tokens


class Parser:
    def __init__(self, tokens):
        self.tokens = tokens
        self.at = 0

    def current(self):
        return self.tokens[self.at]

    def is_sign(self, c):
        token = self.current()
        return token.kind == "sign" and token.value == c

    def advance(self):
        token = self.current()
        self.at += 1
        return token

    def expect(self, c):
        if not self.is_sign(c):
            raise SyntaxProblem(f"expected {c!r}")
        self.advance()

    def expression(self):
        left = self.term()
        while self.is_sign("+") or self.is_sign("-"):
            operator = self.advance().value
            left = Binary(operator, left, self.term())
        return left

    def term(self):
        left = self.factor()
        while self.is_sign("*") or self.is_sign("/") or self.is_sign("%"):
            operator = self.advance().value
            left = Binary(operator, left, self.factor())
        return left

    def factor(self):
        if self.is_sign("-"):
            self.advance()
            return Unary(self.factor())
        if self.is_sign("("):
            self.advance()
            inner = self.expression()
            self.expect(")")
            return inner
        token = self.advance()
        if token.kind == "number":
            return Number(token.value)
        if token.kind == "name":
            return self.call(token.value) if self.is_sign("(") else Variable(token.value)
        raise SyntaxProblem(f"unexpected {token.value}")

    def call(self, name):
        self.advance()
        arguments = []
        if not self.is_sign(")"):
            arguments.append(self.expression())
            while self.is_sign(","):
                self.advance()
                arguments.append(self.expression())
        self.expect(")")
        return Call(name, arguments)


FUNCTIONS = {
    "max": lambda a, b: a if a > b else b,
    "min": lambda a, b: a if a < b else b,
    "square": lambda a: a * a,
    "zero": lambda: 0,
}


def evaluate(node, variables):
    kind = type(node)
    if kind is Number:
        return node.value
    if kind is Variable:
        value = variables.get(node.name)
        if value is None:
            raise SyntaxProblem(f"no variable {node.name}")
        return value
    if kind is Unary:
        return -evaluate(node.operand, variables)
    if kind is Binary:
        a = evaluate(node.left, variables)
        b = evaluate(node.right, variables)
        operator = node.operator
        if operator == "+":
            return a + b
        if operator == "-":
            return a - b
        if operator == "*":
            return a * b % 1000003
        if b == 0:
            return 0
        return a // b if operator == "/" else a % b
    function = FUNCTIONS.get(node.name)
    if function is None:
        raise SyntaxProblem(f"no function {node.name}")
    return function(*[evaluate(argument, variables) for argument in node.arguments])


def calculate(text, variables):
    return evaluate(Parser(tokenize(text)).expression(), variables)


def run(n):
    sources = [
        "1 + 2 * 3 - 4",
        "(x + 17) * (y - 5) % 97",
        "max(x, square(y)) / (min(3, x) + 1) - zero()",
        "-(-x + -3 * (2 + y)) % 1009 + 12345 * 678",
        "square(square(x % 10) + max(1, min(y, 20))) - ((((x))))",
        "x + * y",
        "unknown + 1",
    ]
    variables = {"x": 0, "y": 0}
    total = failures = 0
    for i in range(n):
        variables["x"] = i % 100
        variables["y"] = i % 37
        try:
            total = (total * 3 + calculate(sources[i % len(sources)], variables)) % 1000003
        except SyntaxProblem:
            failures += 1
    return total * 100_000 + failures


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 15_000
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
