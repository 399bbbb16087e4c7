-- Values handed over one by one by a generator.
local function up_to(n)
  return coroutine.wrap(function()
    for i = 0, n - 1 do coroutine.yield(i) end
  end)
end

local function run(n)
  local sum = 0
  for x in up_to(n) do sum = sum + x end
  return sum
end

local n = tonumber(arg[1]) or 2000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
