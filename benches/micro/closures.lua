-- Calls of a closure that captures a variable.
local function adder(k)
  return function(x) return x + k end
end

local function run(n)
  local add = adder(3)
  local s = 0
  for _ = 1, n do
    s = add(s) % 1000003
  end
  return s
end

local n = tonumber(arg[1]) or 20000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
