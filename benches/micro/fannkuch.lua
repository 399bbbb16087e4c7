-- Flips of permutations: small integers in short tables.
local function run(n)
  local perm, current, count = {}, {}, {}
  for i = 0, n - 1 do
    perm[i + 1], current[i + 1], count[i + 1] = 0, i, 0
  end
  local checksum, max_flips, round, r = 0, 0, 0, n
  while true do
    while r ~= 1 do
      count[r] = r
      r = r - 1
    end
    for i = 1, n do perm[i] = current[i] end
    local flips = 0
    local first = perm[1]
    while first ~= 0 do
      local low, high = 1, first + 1
      while low < high do
        perm[low], perm[high] = perm[high], perm[low]
        low = low + 1
        high = high - 1
      end
      flips = flips + 1
      first = perm[1]
    end
    if flips > max_flips then max_flips = flips end
    if round % 2 == 0 then checksum = checksum + flips else checksum = checksum - flips end
    while true do
      if r == n then return checksum * 100 + max_flips end
      local front = current[1]
      for i = 1, r do current[i] = current[i + 1] end
      current[r + 1] = front
      count[r + 1] = count[r + 1] - 1
      if count[r + 1] > 0 then break end
      r = r + 1
    end
    round = round + 1
  end
end

local n = tonumber(arg[1]) or 9
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
