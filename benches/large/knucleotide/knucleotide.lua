-- Counting the short pieces of a long strand of DNA.
local sequences = { "GGT", "GGTA", "GGTATT", "GGTATTTTAATT", "GGTATTTTAATTTATAGT" }

local function strand(n)
  local parts, seed = {}, 42
  for i = 1, n do
    seed = seed * 3877 % 139968 + 29573
    local x = seed % 1000
    parts[i] = x < 302 and "A" or x < 500 and "C" or x < 698 and "G" or "T"
  end
  -- The sequences that are looked for stand in it a few times for certain.
  for i = 0, math.floor(n / 1000) - 1 do parts[i * 997 % n + 1] = sequences[i % #sequences + 1] end
  return table.concat(parts)
end

-- How often each piece of the given length occurs.
local function counts(text, length)
  local found = {}
  for i = 1, #text - length + 1 do
    local piece = text:sub(i, i + length - 1)
    found[piece] = (found[piece] or 0) + 1
  end
  return found
end

-- The pieces with their share in percent, the most frequent first.
local function shares(text, length)
  local total = #text - length + 1
  local list = {}
  for piece, count in pairs(counts(text, length)) do list[#list + 1] = { piece, count } end
  table.sort(list, function(a, b)
    if a[2] ~= b[2] then return a[2] > b[2] end
    return a[1] < b[1]
  end)
  for i, entry in ipairs(list) do list[i] = string.format("%s %.3f", entry[1], 100.0 * entry[2] / total) end
  return list
end

local function text_sum(text)
  local sum = 0
  for i = 1, #text do
    sum = (sum * 31 + ("ACGT 0123456789."):find(text:sub(i, i), 1, true) - 1) % 1000003
  end
  return sum
end

local function run(n)
  local text = strand(n)
  local sum = 0
  for _, length in ipairs({ 1, 2 }) do
    for _, line in ipairs(shares(text, length)) do sum = (sum + text_sum(line)) % 1000003 end
  end
  for _, sequence in ipairs(sequences) do
    local found = counts(text, #sequence)
    local size = 0
    for _ in pairs(found) do size = size + 1 end
    sum = (sum * 7 + (found[sequence] or 0) + size) % 1000003
  end
  return sum
end

local n = tonumber(arg[1]) or 200000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
