-- The spectral norm of an endless matrix: float arithmetic in a small function.
local function entry(i, j)
  return 1 / ((i + j) * (i + j + 1) / 2 + i + 1)
end

local function multiply(n, v, out)
  for i = 0, n - 1 do
    local sum = 0.0
    for j = 0, n - 1 do sum = sum + entry(i, j) * v[j + 1] end
    out[i + 1] = sum
  end
end

local function multiply_transposed(n, v, out)
  for i = 0, n - 1 do
    local sum = 0.0
    for j = 0, n - 1 do sum = sum + entry(j, i) * v[j + 1] end
    out[i + 1] = sum
  end
end

local function multiply_both(n, v, out, between)
  multiply(n, v, between)
  multiply_transposed(n, between, out)
end

local function filled(n, x)
  local list = {}
  for i = 1, n do list[i] = x end
  return list
end

local function run(n)
  local u, v, between = filled(n, 1.0), filled(n, 0.0), filled(n, 0.0)
  for _ = 1, 10 do
    multiply_both(n, u, v, between)
    multiply_both(n, v, u, between)
  end
  local uv, vv = 0.0, 0.0
  for i = 1, n do
    uv = uv + u[i] * v[i]
    vv = vv + v[i] * v[i]
  end
  return math.sqrt(uv / vv)
end

local n = tonumber(arg[1]) or 500
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%.9f", result))
