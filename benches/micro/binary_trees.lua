-- Many small short-lived trees beside one that stays.
local function make(depth)
  if depth == 0 then return { left = nil, right = nil } end
  return { left = make(depth - 1), right = make(depth - 1) }
end

local function check(node)
  if not node.left then return 1 end
  return 1 + check(node.left) + check(node.right)
end

local function run(n)
  local total = check(make(n + 1))
  local long_lived = make(n)
  for depth = 4, n, 4 do
    local rounds = 2 ^ (n - depth + 4)
    for _ = 1, rounds do
      total = total + check(make(depth))
    end
  end
  return total + check(long_lived)
end

local n = tonumber(arg[1]) or 16
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
