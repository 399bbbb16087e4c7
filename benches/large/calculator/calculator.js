// A tokenizer and a recursive-descent calculator with variables and functions.
class SyntaxError_ extends Error {}

class Token {
  constructor(kind, value) {
    this.kind = kind;
    this.value = value;
  }
}

class NumberNode {
  constructor(value) {
    this.value = value;
  }
}

class Variable {
  constructor(name) {
    this.name = name;
  }
}

class Unary {
  constructor(operand) {
    this.operand = operand;
  }
}

class Binary {
  constructor(operator, left, right) {
    this.operator = operator;
    this.left = left;
    this.right = right;
  }
}

class Call {
  constructor(name, args) {
    this.name = name;
    this.args = args;
  }
}

const isDigit = (c) => c >= "0" && c <= "9";
const isLetter = (c) => (c >= "a" && c <= "z") || c === "_";

function tokenize(text) {
  const tokens = [];
  let at = 0;
  const end = text.length;
  while (at < end) {
    const c = text[at];
    if (c === " ") {
      at++;
    } else if (isDigit(c)) {
      let value = 0;
      while (at < end && isDigit(text[at])) {
        value = value * 10 + Number(text[at]);
        at++;
      }
      tokens.push(new Token("number", value));
    } else if (isLetter(c)) {
      const start = at;
      while (at < end && isLetter(text[at])) at++;
      tokens.push(new Token("name", text.slice(start, at)));
    } else if ("+-*/%(),=".includes(c)) {
      tokens.push(new Token("sign", c));
      at++;
    } else {
      throw new SyntaxError_(`unexpected '${c}'`);
    }
  }
  tokens.push(new Token("end", null));
  return tokens;
}

class Parser {
  constructor(tokens) {
    this.tokens = tokens;
    this.at = 0;
  }

  current() {
    return this.tokens[this.at];
  }

  isSign(c) {
    const token = this.current();
    return token.kind === "sign" && token.value === c;
  }

  advance() {
    return this.tokens[this.at++];
  }

  expect(c) {
    if (!this.isSign(c)) throw new SyntaxError_(`expected '${c}'`);
    this.advance();
  }

  expression() {
    let left = this.term();
    while (this.isSign("+") || this.isSign("-")) {
      const operator = this.advance().value;
      left = new Binary(operator, left, this.term());
    }
    return left;
  }

  term() {
    let left = this.factor();
    while (this.isSign("*") || this.isSign("/") || this.isSign("%")) {
      const operator = this.advance().value;
      left = new Binary(operator, left, this.factor());
    }
    return left;
  }

  factor() {
    if (this.isSign("-")) {
      this.advance();
      return new Unary(this.factor());
    }
    if (this.isSign("(")) {
      this.advance();
      const inner = this.expression();
      this.expect(")");
      return inner;
    }
    const token = this.advance();
    if (token.kind === "number") return new NumberNode(token.value);
    if (token.kind === "name") return this.isSign("(") ? this.call(token.value) : new Variable(token.value);
    throw new SyntaxError_(`unexpected ${token.value}`);
  }

  call(name) {
    this.advance();
    const args = [];
    if (!this.isSign(")")) {
      args.push(this.expression());
      while (this.isSign(",")) {
        this.advance();
        args.push(this.expression());
      }
    }
    this.expect(")");
    return new Call(name, args);
  }
}

const functions = {
  max: (a, b) => (a > b ? a : b),
  min: (a, b) => (a < b ? a : b),
  square: (a) => a * a,
  zero: () => 0,
};

function modulo(a, b) {
  return ((a % b) + b) % b;
}

function evaluate(node, variables) {
  if (node instanceof NumberNode) return node.value;
  if (node instanceof Variable) {
    const value = variables[node.name];
    if (value === undefined) throw new SyntaxError_(`no variable ${node.name}`);
    return value;
  }
  if (node instanceof Unary) return -evaluate(node.operand, variables);
  if (node instanceof Binary) {
    const a = evaluate(node.left, variables);
    const b = evaluate(node.right, variables);
    switch (node.operator) {
      case "+": return a + b;
      case "-": return a - b;
      case "*": return modulo(a * b, 1000003);
      case "/": return b === 0 ? 0 : Math.floor(a / b);
      default: return b === 0 ? 0 : modulo(a, b);
    }
  }
  const f = functions[node.name];
  if (f === undefined) throw new SyntaxError_(`no function ${node.name}`);
  return f(...node.args.map((argument) => evaluate(argument, variables)));
}

function calculate(text, variables) {
  return evaluate(new Parser(tokenize(text)).expression(), variables);
}

function run(n) {
  const sources = [
    "1 + 2 * 3 - 4",
    "(x + 17) * (y - 5) % 97",
    "max(x, square(y)) / (min(3, x) + 1) - zero()",
    "-(-x + -3 * (2 + y)) % 1009 + 12345 * 678",
    "square(square(x % 10) + max(1, min(y, 20))) - ((((x))))",
    "x + * y",
    "unknown + 1",
  ];
  const variables = { x: 0, y: 0 };
  let sum = 0;
  let failures = 0;
  for (let i = 0; i < n; i++) {
    variables.x = i % 100;
    variables.y = i % 37;
    try {
      sum = modulo(sum * 3 + calculate(sources[i % sources.length], variables), 1000003);
    } catch (e) {
      if (!(e instanceof SyntaxError_)) throw e;
      failures++;
    }
  }
  return sum * 100_000 + failures;
}

const n = Number(process.argv[2] ?? 15_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
