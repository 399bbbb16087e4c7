-- Building one long text from small pieces.
local function run(n)
  local parts = {}
  for i = 0, n - 1 do
    parts[#parts + 1] = i % 1000 .. ","
  end
  local text = table.concat(parts)
  local commas = 0
  for i = 1, #text do
    if text:byte(i) == 44 then commas = commas + 1 end
  end
  return #text + commas
end

local n = tonumber(arg[1]) or 1000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
