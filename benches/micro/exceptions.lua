-- A function that throws in half of its calls.
local function risky(i)
  if i % 2 == 0 then error({ kind = "value", message = "even" }) end
  return i
end

local function run(n)
  local caught, sum = 0, 0
  for i = 0, n - 1 do
    local ok, result = pcall(risky, i)
    if ok then
      sum = sum + result
    elseif result.kind == "value" then
      caught = caught + 1
    else
      error(result)
    end
  end
  return sum + caught
end

local n = tonumber(arg[1]) or 1000000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
