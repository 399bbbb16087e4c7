// A JSON parser and printer written in the language.
class JsonError extends Error {}

class Parser {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  fail(what) {
    throw new JsonError(`expected ${what} at ${this.at}`);
  }

  peek() {
    return this.text[this.at];
  }

  skipBlanks() {
    while (this.at < this.text.length) {
      const c = this.text[this.at];
      if (c !== " " && c !== "\n" && c !== "\t" && c !== "\r") break;
      this.at++;
    }
  }

  expect(c) {
    if (this.peek() !== c) this.fail(`'${c}'`);
    this.at++;
  }

  document() {
    const value = this.value();
    this.skipBlanks();
    if (this.at !== this.text.length) this.fail("the end");
    return value;
  }

  value() {
    this.skipBlanks();
    switch (this.peek()) {
      case "{": return this.object();
      case "[": return this.array();
      case '"': return this.string();
      case "t": return this.word("true", true);
      case "f": return this.word("false", false);
      case "n": return this.word("null", null);
      default: return this.number();
    }
  }

  word(name, value) {
    if (this.text.slice(this.at, this.at + name.length) !== name) this.fail(name);
    this.at += name.length;
    return value;
  }

  object() {
    this.expect("{");
    const map = new Map();
    this.skipBlanks();
    if (this.peek() === "}") {
      this.at++;
      return map;
    }
    for (;;) {
      this.skipBlanks();
      const key = this.string();
      this.skipBlanks();
      this.expect(":");
      map.set(key, this.value());
      this.skipBlanks();
      if (this.peek() === ",") this.at++;
      else break;
    }
    this.expect("}");
    return map;
  }

  array() {
    this.expect("[");
    const list = [];
    this.skipBlanks();
    if (this.peek() === "]") {
      this.at++;
      return list;
    }
    for (;;) {
      list.push(this.value());
      this.skipBlanks();
      if (this.peek() === ",") this.at++;
      else break;
    }
    this.expect("]");
    return list;
  }

  string() {
    this.expect('"');
    let parts = "";
    let from = this.at;
    for (;;) {
      const c = this.peek();
      if (c === undefined) this.fail("a closing quote");
      if (c === '"') break;
      if (c === "\\") {
        parts += this.text.slice(from, this.at);
        this.at++;
        parts += this.escape();
        from = this.at + 1;
      }
      this.at++;
    }
    const result = parts + this.text.slice(from, this.at);
    this.at++;
    return result;
  }

  escape() {
    switch (this.peek()) {
      case "n": return "\n";
      case "t": return "\t";
      case '"': return '"';
      case "\\": return "\\";
      default: this.fail("an escape");
    }
  }

  number() {
    const start = this.at;
    if (this.peek() === "-") this.at++;
    this.digits();
    if (this.peek() === ".") {
      this.at++;
      this.digits();
    }
    return Number(this.text.slice(start, this.at));
  }

  digits() {
    const start = this.at;
    for (;;) {
      const c = this.peek();
      if (c === undefined || c < "0" || c > "9") break;
      this.at++;
    }
    if (this.at === start) this.fail("a digit");
  }
}

function quoteText(text) {
  let out = '"';
  for (const c of text) {
    switch (c) {
      case '"': out += '\\"'; break;
      case "\\": out += "\\\\"; break;
      case "\n": out += "\\n"; break;
      case "\t": out += "\\t"; break;
      default: out += c;
    }
  }
  return out + '"';
}

function write(value) {
  if (value === null) return "null";
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string") return quoteText(value);
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  const parts = [];
  for (const [key, inner] of value) parts.push(`${quoteText(key)}:${write(inner)}`);
  return `{${parts.join(",")}}`;
}

function sample(n) {
  const items = [];
  for (let i = 0; i < n; i++) {
    items.push(new Map(Object.entries({
      id: i,
      name: `item "${i}"\n`,
      price: (i % 50) + 0.5,
      tags: ["red", "green\t", `t${i % 3}`],
      inner: new Map(Object.entries({ on: i % 2 === 0, off: null, list: [i, [0 - i, []]], empty: new Map() })),
    })));
  }
  return write(new Map(Object.entries({ items, count: n })));
}

function sumOf(value) {
  if (value === true) return 1;
  if (typeof value === "string") return value.length;
  if (typeof value === "number") return Number.isInteger(value) ? value : 0;
  let sum = 0;
  if (Array.isArray(value)) for (const inner of value) sum += sumOf(inner);
  else if (value instanceof Map) for (const inner of value.values()) sum += sumOf(inner);
  return sum;
}

function run(n) {
  const text = sample(500);
  let result = 0;
  for (let i = 0; i < n; i++) {
    const data = new Parser(text).document();
    result = (result + sumOf(data) * 7 + write(data).length) % 1000003;
  }
  let failures = 0;
  for (const bad of ["[1,", '{"a" 1}', "[1] x", '"open', "nul", "-"]) {
    try {
      new Parser(bad).document();
    } catch (e) {
      if (!(e instanceof JsonError)) throw e;
      failures++;
    }
  }
  return result * 10 + failures;
}

const n = Number(process.argv[2] ?? 8);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
