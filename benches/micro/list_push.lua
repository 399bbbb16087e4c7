-- A list that grows by one element at a time, then its sum.
local function run(n)
  local xs = {}
  for i = 0, n - 1 do xs[#xs + 1] = i % 1000 end
  local sum = 0
  for _, x in ipairs(xs) do sum = sum + x end
  return sum + #xs
end

local n = tonumber(arg[1]) or 5000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
