# A ray tracer with spheres, a floor, shadows and mirrors.
from math import floor, sqrt
import sys
import time


class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def __add__(self, o):
        return Vector(self.x + o.x, self.y + o.y, self.z + o.z)

    def __sub__(self, o):
        return Vector(self.x - o.x, self.y - o.y, self.z - o.z)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k, self.z * k)

    def dot(self, o):
        return self.x * o.x + self.y * o.y + self.z * o.z

    def length(self):
        return sqrt(self.dot(self))

    def unit(self):
        return self * (1.0 / self.length())

    def mirrored(self, normal):
        return self - normal * (2.0 * self.dot(normal))


class Ray:
    __slots__ = ("origin", "direction")

    def __init__(self, origin, direction):
        self.origin = origin
        self.direction = direction

    def at(self, t):
        return self.origin + self.direction * t


class Hit:
    __slots__ = ("t", "point", "normal", "thing")

    def __init__(self, t, point, normal, thing):
        self.t = t
        self.point = point
        self.normal = normal
        self.thing = thing


class Sphere:
    def __init__(self, center, radius, color, mirror):
        self.center = center
        self.radius = radius
        self.color = color
        self.mirror = mirror

    def hit(self, ray):
        offset = ray.origin - self.center
        b = offset.dot(ray.direction)
        c = offset.dot(offset) - self.radius * self.radius
        d = b * b - c
        if d < 0.0:
            return None
        root = sqrt(d)
        near = -b - root
        t = near if near > 0.0001 else -b + root
        if t <= 0.0001:
            return None
        point = ray.at(t)
        return Hit(t, point, (point - self.center) * (1.0 / self.radius), self)

    def color_at(self, point):
        return self.color


class Floor:
    def __init__(self, height, light, dark, mirror):
        self.height = height
        self.light = light
        self.dark = dark
        self.mirror = mirror

    def hit(self, ray):
        slope = ray.direction.y
        if -0.0001 < slope < 0.0001:
            return None
        t = (self.height - ray.origin.y) / slope
        if t <= 0.0001:
            return None
        return Hit(t, ray.at(t), Vector(0.0, 1.0, 0.0), self)

    def color_at(self, point):
        square = floor(point.x) + floor(point.z)
        return self.light if square % 2 == 0 else self.dark


class Scene:
    def __init__(self, things, lamp):
        self.things = things
        self.lamp = lamp
        self.sky = Vector(0.2, 0.3, 0.5)

    def first_hit(self, ray):
        best = None
        for thing in self.things:
            hit = thing.hit(ray)
            if hit is not None and (best is None or hit.t < best.t):
                best = hit
        return best

    def is_shadowed(self, point):
        way = self.lamp - point
        far = way.length()
        ray = Ray(point, way.unit())
        for thing in self.things:
            hit = thing.hit(ray)
            if hit is not None and hit.t < far:
                return True
        return False

    def trace(self, ray, depth):
        hit = self.first_hit(ray)
        if hit is None:
            return self.sky
        light = 0.1
        if not self.is_shadowed(hit.point):
            angle = hit.normal.dot((self.lamp - hit.point).unit())
            if angle > 0.0:
                light += 0.9 * angle
        own = hit.thing.color_at(hit.point) * light
        mirror = hit.thing.mirror
        if mirror == 0.0 or depth == 0:
            return own
        reflected = self.trace(Ray(hit.point, ray.direction.mirrored(hit.normal)), depth - 1)
        return own * (1.0 - mirror) + reflected * mirror


def make_scene():
    things = [Floor(-1.0, Vector(0.9, 0.9, 0.9), Vector(0.1, 0.1, 0.1), 0.2)]
    for i in range(6):
        color = Vector(0.3 + 0.1 * i, 0.9 - 0.1 * i, 0.5)
        center = Vector(i * 1.2 - 3.0, (i % 3) * 0.7 - 0.4, 4.0 + i % 2)
        things.append(Sphere(center, 0.6, color, 0.5 if i % 2 == 0 else 0.0))
    return Scene(things, Vector(-4.0, 6.0, -3.0))


def byte(x):
    return 255 if x >= 1.0 else int(x * 255.0)


def run(n):
    scene = make_scene()
    eye = Vector(0.0, 0.5, -2.0)
    total = 0
    for row in range(n):
        for column in range(n):
            direction = Vector((column - n / 2.0) / n, (n / 2.0 - row) / n, 1.0).unit()
            color = scene.trace(Ray(eye, direction), 3)
            total = (total * 3 + byte(color.x) + byte(color.y) * 5 + byte(color.z) * 7) % 1000003
    return total


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 160
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
