// A small Lisp: reader, environments, closures, a tree-walking evaluator.
class Name {
  constructor(text) {
    this.text = text;
  }
}

class Scope {
  constructor(outer) {
    this.names = new Map();
    this.outer = outer;
  }

  find(name) {
    for (let scope = this; scope !== null; scope = scope.outer) {
      if (scope.names.has(name)) return scope;
    }
    throw new Error(`unknown name ${name}`);
  }

  get(name) {
    return this.find(name).names.get(name);
  }

  set(name, value) {
    this.find(name).names.set(name, value);
  }

  define(name, value) {
    this.names.set(name, value);
  }
}

class Lambda {
  constructor(parameters, body, scope) {
    this.parameters = parameters;
    this.body = body;
    this.scope = scope;
  }

  call(args) {
    const inner = new Scope(this.scope);
    for (let i = 0; i < this.parameters.length; i++) inner.define(this.parameters[i], args[i]);
    let result = null;
    for (const form of this.body) result = evaluate(form, inner);
    return result;
  }
}

class Primitive {
  constructor(f) {
    this.f = f;
  }

  call(args) {
    return this.f(args);
  }
}

function readTokens(source) {
  return source.replaceAll("(", " ( ").replaceAll(")", " ) ").trim().split(/\s+/);
}

class Reader {
  constructor(tokens) {
    this.tokens = tokens;
    this.at = 0;
  }

  read() {
    const token = this.tokens[this.at++];
    if (token === "(") {
      const list = [];
      while (this.tokens[this.at] !== ")") list.push(this.read());
      this.at++;
      return list;
    }
    const number = Number(token);
    return Number.isNaN(number) ? new Name(token) : number;
  }

  readAll() {
    const forms = [];
    while (this.at < this.tokens.length) forms.push(this.read());
    return forms;
  }
}

function evaluate(form, scope) {
  if (form instanceof Name) return scope.get(form.text);
  if (!Array.isArray(form)) return form;
  const head = form[0];
  if (head instanceof Name) {
    switch (head.text) {
      case "if":
        return evaluate(evaluate(form[1], scope) !== false ? form[2] : form[3], scope);
      case "define":
        scope.define(form[1].text, evaluate(form[2], scope));
        return null;
      case "set!":
        scope.set(form[1].text, evaluate(form[2], scope));
        return null;
      case "lambda":
        return new Lambda(form[1].map((p) => p.text), form.slice(2), scope);
      case "begin": {
        let result = null;
        for (const inner of form.slice(1)) result = evaluate(inner, scope);
        return result;
      }
      case "while":
        while (evaluate(form[1], scope) !== false) {
          for (const inner of form.slice(2)) evaluate(inner, scope);
        }
        return null;
    }
  }
  const f = evaluate(head, scope);
  const args = [];
  for (let i = 1; i < form.length; i++) args.push(evaluate(form[i], scope));
  return f.call(args);
}

function globals() {
  const scope = new Scope(null);
  scope.define("+", new Primitive((a) => a[0] + a[1]));
  scope.define("-", new Primitive((a) => a[0] - a[1]));
  scope.define("*", new Primitive((a) => a[0] * a[1]));
  scope.define("mod", new Primitive((a) => a[0] % a[1]));
  scope.define("<", new Primitive((a) => a[0] < a[1]));
  scope.define("=", new Primitive((a) => a[0] === a[1]));
  scope.define("cons", new Primitive((a) => [a[0], a[1]]));
  scope.define("car", new Primitive((a) => a[0][0]));
  scope.define("cdr", new Primitive((a) => a[0][1]));
  scope.define("null?", new Primitive((a) => a[0] === null));
  scope.define("nil", null);
  return scope;
}

const program = `
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
`;

function run(n) {
  let result = 0;
  for (let i = 0; i < n; i++) {
    const scope = globals();
    let value = null;
    for (const form of new Reader(readTokens(program)).readAll()) value = evaluate(form, scope);
    result = (result * 31 + value + i) % 1000003;
  }
  return result;
}

const n = Number(process.argv[2] ?? 20);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
