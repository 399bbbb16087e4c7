-- Game of life on an endless board kept in a map.
-- A cell is one number, so that it can be a key: row and column with an offset.
local WIDTH = 65536

local function cell(row, column)
  return (row + 1000) * WIDTH + column + 1000
end

local function glider(board, row, column)
  for _, at in ipairs({ { 0, 1 }, { 1, 2 }, { 2, 0 }, { 2, 1 }, { 2, 2 } }) do
    board[cell(row + at[1], column + at[2])] = true
  end
end

local function r_pentomino(board, row, column)
  for _, at in ipairs({ { 0, 1 }, { 0, 2 }, { 1, 0 }, { 1, 1 }, { 2, 1 } }) do
    board[cell(row + at[1], column + at[2])] = true
  end
end

local function neighbour_counts(board)
  local counts = {}
  for at in pairs(board) do
    for row = -1, 1 do
      for column = -1, 1 do
        if row ~= 0 or column ~= 0 then
          local near = at + row * WIDTH + column
          counts[near] = (counts[near] or 0) + 1
        end
      end
    end
  end
  return counts
end

local function step(board)
  local next_board = {}
  for at, count in pairs(neighbour_counts(board)) do
    if count == 3 or (count == 2 and board[at]) then next_board[at] = true end
  end
  return next_board
end

-- Keeps what is inside a window, so that gliders do not leave for ever.
local function clip(board, limit)
  local kept = {}
  for at in pairs(board) do
    local row = math.floor(at / WIDTH) - 1000
    local column = at % WIDTH - 1000
    if row > -limit and row < limit and column > -limit and column < limit then kept[at] = true end
  end
  return kept
end

local function size(board)
  local count = 0
  for _ in pairs(board) do count = count + 1 end
  return count
end

local function checksum(board)
  local sum = 0
  for at in pairs(board) do sum = (sum + at * at) % 1000003 end
  return sum * 10000 + size(board)
end

local function run(n)
  local board = {}
  for i = 0, 11 do
    glider(board, i * 9, i * 7)
    r_pentomino(board, i * 11 - 60, 40 - i * 8)
  end
  local total = 0
  for generation = 0, n - 1 do
    board = step(board)
    if generation % 10 == 9 then board = clip(board, 200) end
    total = (total * 7 + size(board)) % 1000003
  end
  return total + checksum(board)
end

local n = tonumber(arg[1]) or 300
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
