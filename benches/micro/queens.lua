-- All placements of n queens, with tables that mark taken columns and diagonals.
local Board = {}
Board.__index = Board

function Board:solve(row)
  local n = self.n
  if row == n then return 1 end
  local columns, rising, falling = self.columns, self.rising, self.falling
  local count = 0
  for column = 0, n - 1 do
    local up, down = row + column + 1, row - column + n
    if not columns[column + 1] and not rising[up] and not falling[down] then
      columns[column + 1] = true
      rising[up] = true
      falling[down] = true
      count = count + self:solve(row + 1)
      columns[column + 1] = false
      rising[up] = false
      falling[down] = false
    end
  end
  return count
end

local function marks(size)
  local list = {}
  for i = 1, size do list[i] = false end
  return list
end

local function run(n)
  local board = { n = n, columns = marks(n), rising = marks(2 * n), falling = marks(2 * n) }
  return setmetatable(board, Board):solve(0)
end

local n = tonumber(arg[1]) or 12
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
