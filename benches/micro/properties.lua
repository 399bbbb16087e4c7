-- Reading and writing the fields of one instance.
local function run(n)
  local p = { x = 0, y = 1 }
  for _ = 1, n do
    p.x = (p.x + p.y) % 1000003
    p.y = p.x + 1
  end
  return p.x + p.y
end

local n = tonumber(arg[1]) or 20000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
