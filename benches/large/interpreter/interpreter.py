# A small Lisp: reader, environments, closures, a tree-walking evaluator.
import sys
import time


class Name:
    __slots__ = ("text",)

    def __init__(self, text):
        self.text = text


class Scope:
    __slots__ = ("names", "outer")

    def __init__(self, outer=None):
        self.names = {}
        self.outer = outer

    def find(self, name):
        scope = self
        while scope is not None:
            if name in scope.names:
                return scope
            scope = scope.outer
        raise NameError(f"unknown name {name}")

    def get(self, name):
        return self.find(name).names[name]

    def set(self, name, value):
        self.find(name).names[name] = value

    def define(self, name, value):
        self.names[name] = value


class Lambda:
    __slots__ = ("parameters", "body", "scope")

    def __init__(self, parameters, body, scope):
        self.parameters = parameters
        self.body = body
        self.scope = scope

    def call(self, arguments):
        inner = Scope(self.scope)
        for i in range(len(self.parameters)):
            inner.define(self.parameters[i], arguments[i])
        result = None
        for form in self.body:
            result = evaluate(form, inner)
        return result


class Primitive:
    __slots__ = ("function",)

    def __init__(self, function):
        self.function = function

    def call(self, arguments):
        return self.function(arguments)


def read_tokens(source):
    return source.replace("(", " ( ").replace(")", " ) ").split()


class Reader:
    def __init__(self, tokens):
        self.tokens = tokens
        self.at = 0

    def read(self):
        token = self.tokens[self.at]
        self.at += 1
        if token == "(":
            result = []
            while self.tokens[self.at] != ")":
                result.append(self.read())
            self.at += 1
            return result
        try:
            return int(token)
        except ValueError:
            return Name(token)

    def read_all(self):
        forms = []
        while self.at < len(self.tokens):
            forms.append(self.read())
        return forms


def evaluate(form, scope):
    if isinstance(form, Name):
        return scope.get(form.text)
    if not isinstance(form, list):
        return form
    head = form[0]
    if isinstance(head, Name):
        text = head.text
        if text == "if":
            chosen = form[2] if evaluate(form[1], scope) is not False else form[3]
            return evaluate(chosen, scope)
        if text == "define":
            scope.define(form[1].text, evaluate(form[2], scope))
            return None
        if text == "set!":
            scope.set(form[1].text, evaluate(form[2], scope))
            return None
        if text == "lambda":
            return Lambda([p.text for p in form[1]], form[2:], scope)
        if text == "begin":
            result = None
            for inner in form[1:]:
                result = evaluate(inner, scope)
            return result
        if text == "while":
            while evaluate(form[1], scope) is not False:
                for inner in form[2:]:
                    evaluate(inner, scope)
            return None
    function = evaluate(head, scope)
    arguments = [evaluate(form[i], scope) for i in range(1, len(form))]
    return function.call(arguments)


def make_globals():
    scope = Scope()
    scope.define("+", Primitive(lambda a: a[0] + a[1]))
    scope.define("-", Primitive(lambda a: a[0] - a[1]))
    scope.define("*", Primitive(lambda a: a[0] * a[1]))
    scope.define("mod", Primitive(lambda a: a[0] % a[1]))
    scope.define("<", Primitive(lambda a: a[0] < a[1]))
    scope.define("=", Primitive(lambda a: a[0] == a[1]))
    scope.define("cons", Primitive(lambda a: (a[0], a[1])))
    scope.define("car", Primitive(lambda a: a[0][0]))
    scope.define("cdr", Primitive(lambda a: a[0][1]))
    scope.define("null?", Primitive(lambda a: a[0] is None))
    scope.define("nil", None)
    return scope


PROGRAM = """
(define fib (lambda (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))
(define range (lambda (a b) (if (< a b) (cons a (range (+ a 1) b)) nil)))
(define fold (lambda (f acc list) (if (null? list) acc (fold f (f acc (car list)) (cdr list)))))
(define map (lambda (f list) (if (null? list) nil (cons (f (car list)) (map f (cdr list))))))
(define make-counter (lambda (n) (lambda () (begin (set! n (+ n 1)) n))))
(define counter (make-counter 10))
(define i 0)
(define sum 0)
(while (< i 300) (set! sum (mod (+ sum (* i (counter))) 10007)) (set! i (+ i 1)))
(define square (lambda (x) (* x x)))
(define squares (fold + 0 (map square (range 0 100))))
(+ (+ (fib 13) sum) squares)
"""


def run(n):
    result = 0
    for i in range(n):
        scope = make_globals()
        value = None
        for form in Reader(read_tokens(PROGRAM)).read_all():
            value = evaluate(form, scope)
        result = (result * 31 + value + i) % 1000003
    return result


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
