-- Sorting a list of integers with the library's sort.
local function setup(n)
  local xs, seed = {}, 42
  for i = 1, n do
    seed = seed * 16807 % 2147483647
    xs[i] = seed
  end
  return xs
end

local function run(xs)
  table.sort(xs)
  local sum = 0
  for i = 1, #xs do sum = sum + xs[i] * ((i - 1) % 3) end
  return sum
end

local n = tonumber(arg[1]) or 500000
local input = setup(n)
local start = os.clock()
local result = run(input)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
