-- The product of two matrices kept as tables of tables.
local function matrix(n)
  local rows = {}
  for i = 0, n - 1 do
    local row = {}
    for j = 0, n - 1 do row[j + 1] = (i - j) * (i + j) / n end
    rows[i + 1] = row
  end
  return rows
end

local function multiply(a, b, n)
  local out = {}
  for i = 1, n do
    local a_row, row = a[i], {}
    for j = 1, n do
      local sum = 0.0
      for k = 1, n do sum = sum + a_row[k] * b[k][j] end
      row[j] = sum
    end
    out[i] = row
  end
  return out
end

local function run(n)
  local c = multiply(matrix(n), matrix(n), n)
  local middle = math.floor(n / 2) + 1
  return c[middle][middle] + c[1][n] + c[n][n]
end

local n = tonumber(arg[1]) or 200
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%.3f", result))
