-- A plain loop over integers.
local function run(n)
  local s = 0
  for i = 0, n - 1 do
    s = s + i % 7
  end
  return s
end

local n = tonumber(arg[1]) or 50000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
