-- A map with string keys: filled, read, counted up.
local function run(n)
  local map = {}
  for i = 0, n - 1 do map["key" .. i] = i end
  local sum = 0
  for i = 0, n - 1 do
    local key = "key" .. (i * 7) % n
    sum = sum + map[key]
    map[key] = map[key] + 1
  end
  for _, value in pairs(map) do sum = sum + value end
  return sum
end

local n = tonumber(arg[1]) or 300000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
