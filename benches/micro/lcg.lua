-- A random number generator whose steps pass through 45-bit integers.
local function run(n)
  local seed, odd = 42, 0
  for _ = 1, n do
    seed = seed * 16807 % 2147483647
    odd = odd + seed % 2
  end
  return seed + odd
end

local n = tonumber(arg[1]) or 20000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
