-- Calls of a method on one class.
local Counter = {}
Counter.__index = Counter

function Counter.new()
  return setmetatable({ total = 0 }, Counter)
end

function Counter:add(x)
  self.total = (self.total + x) % 1000003
end

local function run(n)
  local counter = Counter.new()
  for i = 0, n - 1 do
    counter:add(i)
  end
  return counter.total
end

local n = tonumber(arg[1]) or 20000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
