// Calls of a method at one place on instances of four classes.
class Shape {
  constructor(size) {
    this.size = size;
  }

  area() {
    return 0;
  }
}

class Square extends Shape {
  area() {
    return this.size * this.size;
  }
}

class Triangle extends Shape {
  area() {
    return Math.floor((this.size * this.size) / 2);
  }
}

class Line extends Shape {
  area() {
    return this.size;
  }
}

class Dot extends Shape {}

function run(n) {
  const shapes = [new Square(4), new Triangle(5), new Line(6), new Dot(7)];
  let s = 0;
  for (let i = 0; i < n; i++) s += shapes[i % 4].area();
  return s;
}

const n = Number(process.argv[2] ?? 20_000_000);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
