-- A map with integer keys: filled in a scattered order, read, half removed.
local function run(n)
  local map = {}
  for i = 0, n - 1 do map[(i * 7919) % 2147483647] = i end
  local sum = 0
  for i = 0, n - 1 do sum = sum + map[(i * 7919) % 2147483647] end
  for i = 0, n - 1, 2 do map[(i * 7919) % 2147483647] = nil end
  local size = 0
  for _ in pairs(map) do size = size + 1 end
  return sum + size
end

local n = tonumber(arg[1]) or 1000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
