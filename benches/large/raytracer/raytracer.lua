-- A ray tracer with spheres, a floor, shadows and mirrors.
local sqrt, floor = math.sqrt, math.floor

local Vector = {}
Vector.__index = Vector

local function vector(x, y, z)
  return setmetatable({ x = x, y = y, z = z }, Vector)
end

function Vector.__add(a, b) return vector(a.x + b.x, a.y + b.y, a.z + b.z) end
function Vector.__sub(a, b) return vector(a.x - b.x, a.y - b.y, a.z - b.z) end
function Vector.__mul(a, k) return vector(a.x * k, a.y * k, a.z * k) end
function Vector:dot(o) return self.x * o.x + self.y * o.y + self.z * o.z end
function Vector:length() return sqrt(self:dot(self)) end
function Vector:unit() return self * (1.0 / self:length()) end
function Vector:mirrored(normal) return self - normal * (2.0 * self:dot(normal)) end

local Ray = {}
Ray.__index = Ray

local function new_ray(origin, direction)
  return setmetatable({ origin = origin, direction = direction }, Ray)
end

function Ray:at(t) return self.origin + self.direction * t end

local Sphere = {}
Sphere.__index = Sphere

function Sphere:hit(ray)
  local offset = ray.origin - self.center
  local b = offset:dot(ray.direction)
  local c = offset:dot(offset) - self.radius * self.radius
  local d = b * b - c
  if d < 0.0 then return nil end
  local root = sqrt(d)
  local near = -b - root
  local t = near > 0.0001 and near or -b + root
  if t <= 0.0001 then return nil end
  local point = ray:at(t)
  return { t = t, point = point, normal = (point - self.center) * (1.0 / self.radius), thing = self }
end

function Sphere:color_at() return self.color end

local Floor = {}
Floor.__index = Floor

function Floor:hit(ray)
  local slope = ray.direction.y
  if slope > -0.0001 and slope < 0.0001 then return nil end
  local t = (self.height - ray.origin.y) / slope
  if t <= 0.0001 then return nil end
  return { t = t, point = ray:at(t), normal = vector(0.0, 1.0, 0.0), thing = self }
end

function Floor:color_at(point)
  local square = floor(point.x) + floor(point.z)
  if square % 2 == 0 then return self.light end
  return self.dark
end

local Scene = {}
Scene.__index = Scene

function Scene:first_hit(ray)
  local best = nil
  for _, thing in ipairs(self.things) do
    local hit = thing:hit(ray)
    if hit and (not best or hit.t < best.t) then best = hit end
  end
  return best
end

function Scene:shadowed(point)
  local way = self.lamp - point
  local far = way:length()
  local ray = new_ray(point, way:unit())
  for _, thing in ipairs(self.things) do
    local hit = thing:hit(ray)
    if hit and hit.t < far then return true end
  end
  return false
end

function Scene:trace(ray, depth)
  local hit = self:first_hit(ray)
  if not hit then return self.sky end
  local light = 0.1
  if not self:shadowed(hit.point) then
    local angle = hit.normal:dot((self.lamp - hit.point):unit())
    if angle > 0.0 then light = light + 0.9 * angle end
  end
  local own = hit.thing:color_at(hit.point) * light
  local mirror = hit.thing.mirror
  if mirror == 0.0 or depth == 0 then return own end
  local reflected = self:trace(new_ray(hit.point, ray.direction:mirrored(hit.normal)), depth - 1)
  return own * (1.0 - mirror) + reflected * mirror
end

local function make_scene()
  local things = { setmetatable({ height = -1.0, light = vector(0.9, 0.9, 0.9), dark = vector(0.1, 0.1, 0.1),
    mirror = 0.2 }, Floor) }
  for i = 0, 5 do
    local color = vector(0.3 + 0.1 * i, 0.9 - 0.1 * i, 0.5)
    things[#things + 1] = setmetatable({ center = vector(i * 1.2 - 3.0, (i % 3) * 0.7 - 0.4, 4.0 + i % 2),
      radius = 0.6, color = color, mirror = i % 2 == 0 and 0.5 or 0.0 }, Sphere)
  end
  return setmetatable({ things = things, lamp = vector(-4.0, 6.0, -3.0), sky = vector(0.2, 0.3, 0.5) }, Scene)
end

local function byte(x)
  if x >= 1.0 then return 255 end
  return floor(x * 255.0)
end

local function run(n)
  local scene = make_scene()
  local eye = vector(0.0, 0.5, -2.0)
  local sum = 0
  for row = 0, n - 1 do
    for column = 0, n - 1 do
      local direction = vector((column - n / 2.0) / n, (n / 2.0 - row) / n, 1.0):unit()
      local color = scene:trace(new_ray(eye, direction), 3)
      sum = (sum * 3 + byte(color.x) + byte(color.y) * 5 + byte(color.z) * 7) % 1000003
    end
  end
  return sum
end

local n = tonumber(arg[1]) or 160
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
