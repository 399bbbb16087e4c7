-- The sieve of Eratosthenes over a table of booleans.
local function run(n)
  local prime = {}
  for i = 1, n do prime[i] = true end
  local count = 0
  for i = 2, n do
    if prime[i] then
      count = count + 1
      for j = i * i, n, i do prime[j] = false end
    end
  end
  return count
end

local n = tonumber(arg[1]) or 5000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
