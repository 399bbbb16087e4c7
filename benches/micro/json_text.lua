-- The library's JSON: one text of 5 MB read and written again.
local cjson = require("cjson")
local function setup(n)
  local items = {}
  for i = 0, n - 1 do
    items[#items + 1] = '{"id":' .. i .. ',"name":"item ' .. i .. '","price":' .. i % 90 .. '.25,"tags":["a","b\\n","tag '
      .. i % 7 .. '"],"inner":{"on":true,"off":null,"text":"some longer text with \\"quotes\\" in it"}}'
  end
  return "[" .. table.concat(items, ",") .. "]"
end

local function run(text)
  local data = cjson.decode(text)
  local sum = 0
  for _, item in ipairs(data) do sum = sum + item.id + #item.tags end
  return sum + #cjson.encode(data)
end

local n = tonumber(arg[1]) or 40000
local input = setup(n)
local start = os.clock()
local result = run(input)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
