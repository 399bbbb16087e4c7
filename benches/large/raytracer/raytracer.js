// A ray tracer with spheres, a floor, shadows and mirrors.
class Vector {
  constructor(x, y, z) {
    this.x = x;
    this.y = y;
    this.z = z;
  }

  plus(o) {
    return new Vector(this.x + o.x, this.y + o.y, this.z + o.z);
  }

  minus(o) {
    return new Vector(this.x - o.x, this.y - o.y, this.z - o.z);
  }

  times(k) {
    return new Vector(this.x * k, this.y * k, this.z * k);
  }

  dot(o) {
    return this.x * o.x + this.y * o.y + this.z * o.z;
  }

  length() {
    return Math.sqrt(this.dot(this));
  }

  unit() {
    return this.times(1.0 / this.length());
  }

  mirrored(normal) {
    return this.minus(normal.times(2.0 * this.dot(normal)));
  }
}

class Ray {
  constructor(origin, direction) {
    this.origin = origin;
    this.direction = direction;
  }

  at(t) {
    return this.origin.plus(this.direction.times(t));
  }
}

class Hit {
  constructor(t, point, normal, thing) {
    this.t = t;
    this.point = point;
    this.normal = normal;
    this.thing = thing;
  }
}

class Sphere {
  constructor(center, radius, color, mirror) {
    this.center = center;
    this.radius = radius;
    this.color = color;
    this.mirror = mirror;
  }

  hit(ray) {
    const offset = ray.origin.minus(this.center);
    const b = offset.dot(ray.direction);
    const c = offset.dot(offset) - this.radius * this.radius;
    const d = b * b - c;
    if (d < 0) return null;
    const root = Math.sqrt(d);
    const near = -b - root;
    const t = near > 0.0001 ? near : -b + root;
    if (t <= 0.0001) return null;
    const point = ray.at(t);
    return new Hit(t, point, point.minus(this.center).times(1.0 / this.radius), this);
  }

  colorAt() {
    return this.color;
  }
}

class Floor {
  constructor(height, light, dark, mirror) {
    this.height = height;
    this.light = light;
    this.dark = dark;
    this.mirror = mirror;
  }

  hit(ray) {
    const slope = ray.direction.y;
    if (slope > -0.0001 && slope < 0.0001) return null;
    const t = (this.height - ray.origin.y) / slope;
    if (t <= 0.0001) return null;
    return new Hit(t, ray.at(t), new Vector(0, 1, 0), this);
  }

  colorAt(point) {
    const square = Math.floor(point.x) + Math.floor(point.z);
    return square % 2 === 0 ? this.light : this.dark;
  }
}

class Scene {
  constructor(things, lamp) {
    this.things = things;
    this.lamp = lamp;
    this.sky = new Vector(0.2, 0.3, 0.5);
  }

  firstHit(ray) {
    let best = null;
    for (const thing of this.things) {
      const hit = thing.hit(ray);
      if (hit !== null && (best === null || hit.t < best.t)) best = hit;
    }
    return best;
  }

  isShadowed(point) {
    const way = this.lamp.minus(point);
    const far = way.length();
    const ray = new Ray(point, way.unit());
    return this.things.some((thing) => {
      const hit = thing.hit(ray);
      return hit !== null && hit.t < far;
    });
  }

  trace(ray, depth) {
    const hit = this.firstHit(ray);
    if (hit === null) return this.sky;
    let light = 0.1;
    if (!this.isShadowed(hit.point)) {
      const angle = hit.normal.dot(this.lamp.minus(hit.point).unit());
      if (angle > 0) light += 0.9 * angle;
    }
    const own = hit.thing.colorAt(hit.point).times(light);
    const mirror = hit.thing.mirror;
    if (mirror === 0 || depth === 0) return own;
    const reflected = this.trace(new Ray(hit.point, ray.direction.mirrored(hit.normal)), depth - 1);
    return own.times(1.0 - mirror).plus(reflected.times(mirror));
  }
}

function makeScene() {
  const things = [new Floor(-1, new Vector(0.9, 0.9, 0.9), new Vector(0.1, 0.1, 0.1), 0.2)];
  for (let i = 0; i < 6; i++) {
    const color = new Vector(0.3 + 0.1 * i, 0.9 - 0.1 * i, 0.5);
    const center = new Vector(i * 1.2 - 3.0, (i % 3) * 0.7 - 0.4, 4.0 + (i % 2));
    things.push(new Sphere(center, 0.6, color, i % 2 === 0 ? 0.5 : 0.0));
  }
  return new Scene(things, new Vector(-4, 6, -3));
}

function byte(x) {
  return x >= 1 ? 255 : Math.trunc(x * 255);
}

function run(n) {
  const scene = makeScene();
  const eye = new Vector(0, 0.5, -2);
  let sum = 0;
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      const direction = new Vector((column - n / 2) / n, (n / 2 - row) / n, 1).unit();
      const color = scene.trace(new Ray(eye, direction), 3);
      sum = (sum * 3 + byte(color.x) + byte(color.y) * 5 + byte(color.z) * 7) % 1000003;
    }
  }
  return sum;
}

const n = Number(process.argv[2] ?? 160);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
