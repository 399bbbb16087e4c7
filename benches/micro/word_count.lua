-- Counting the words of a long text.
local function setup(n)
  local words, seed = {}, 42
  for i = 0, n - 1 do
    seed = seed * 16807 % 2147483647
    words[#words + 1] = string.format("w%d", seed % 1000 * (seed % 7)) .. (i % 12 == 11 and "\n" or " ")
  end
  return table.concat(words)
end

local function run(text)
  local counts, different = {}, 0
  for word in text:gmatch("%S+") do counts[word] = (counts[word] or 0) + 1 end
  local most = 0
  for _, count in pairs(counts) do
    different = different + 1
    if count > most then most = count end
  end
  return most * 10000 + different
end

local n = tonumber(arg[1]) or 1000000
local input = setup(n)
local start = os.clock()
local result = run(input)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
