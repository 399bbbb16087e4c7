-- Sorting with a function that compares two elements.
local function setup(n)
  local xs, seed = {}, 42
  for i = 1, n do
    seed = seed * 16807 % 2147483647
    xs[i] = seed
  end
  return xs
end

local function before(a, b)
  local x, y = a % 1000, b % 1000
  if x ~= y then return x < y end
  return a > b
end

local function run(xs)
  table.sort(xs, before)
  local sum = 0
  for i = 1, #xs do sum = sum + xs[i] * ((i - 1) % 3) end
  return sum
end

local n = tonumber(arg[1]) or 200000
local input = setup(n)
local start = os.clock()
local result = run(input)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
