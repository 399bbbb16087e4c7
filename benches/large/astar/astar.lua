-- The way out of a cave: path search with a binary heap.
local Heap = {}
Heap.__index = Heap

-- A heap whose first element is the cheapest step.
function Heap.new()
  return setmetatable({ items = {} }, Heap)
end

function Heap:empty()
  return #self.items == 0
end

function Heap:push(step)
  local items = self.items
  items[#items + 1] = step
  local at = #items
  while at > 1 do
    local parent = math.floor(at / 2)
    if items[parent].cost <= items[at].cost then break end
    items[parent], items[at] = items[at], items[parent]
    at = parent
  end
end

function Heap:take()
  local items = self.items
  local best = items[1]
  local last = table.remove(items)
  if #items == 0 then return best end
  items[1] = last
  local at, n = 1, #items
  while true do
    local least = at
    for child = 2 * at, 2 * at + 1 do
      if child <= n and items[child].cost < items[least].cost then least = child end
    end
    if least == at then break end
    items[least], items[at] = items[at], items[least]
    at = least
  end
  return best
end

local Cave = {}
Cave.__index = Cave

function Cave.new(size, seed)
  local cells, state = {}, seed
  for row = 0, size - 1 do
    local line = {}
    for column = 0, size - 1 do
      state = state * 16807 % 2147483647
      local corner = row + column < 4 or row + column > 2 * size - 6
      if not corner and state % 100 < 30 then
        line[column] = "#"
      elseif state % 7 == 0 then
        line[column] = "~"
      else
        line[column] = "."
      end
    end
    cells[row] = line
  end
  return setmetatable({ size = size, cells = cells }, Cave)
end

function Cave:open(row, column)
  return row >= 0 and column >= 0 and row < self.size and column < self.size and self.cells[row][column] ~= "#"
end

function Cave:cost(row, column)
  return self.cells[row][column] == "~" and 3 or 1
end

function Cave:neighbours(row, column)
  local found = {}
  for _, at in ipairs({ { row - 1, column }, { row + 1, column }, { row, column - 1 }, { row, column + 1 } }) do
    if self:open(at[1], at[2]) then found[#found + 1] = at end
  end
  return found
end

local function distance(row, column, goal)
  return math.abs(goal - row) + math.abs(goal - column)
end

local function trace(came_from, goal, costs)
  local length, at = 0, goal
  while came_from[at] do
    length = length + 1
    at = came_from[at]
  end
  return { costs[goal], length }
end

-- The cheapest way from the first corner to the last, or nil.
local function find_path(cave)
  local size = cave.size
  local goal = size - 1
  local costs, came_from, done = { [0] = 0 }, {}, {}
  local heap = Heap.new()
  heap:push({ cost = distance(0, 0, goal), row = 0, column = 0 })
  while not heap:empty() do
    local step = heap:take()
    local row, column = step.row, step.column
    local here = row * size + column
    if not done[here] then
      done[here] = true
      if row == goal and column == goal then return trace(came_from, here, costs) end
      for _, at in ipairs(cave:neighbours(row, column)) do
        local r, c = at[1], at[2]
        local there = r * size + c
        local cost = costs[here] + cave:cost(r, c)
        if cost < (costs[there] or 1000000000) then
          costs[there] = cost
          came_from[there] = here
          heap:push({ cost = cost + distance(r, c, goal), row = r, column = c })
        end
      end
    end
  end
  return nil
end

local function run(n)
  local sum, blocked = 0, 0
  for i = 0, n - 1 do
    local path = find_path(Cave.new(60, 1000 + i * 77))
    if path then
      sum = (sum * 31 + path[1] * 100 + path[2] % 2) % 1000003
    else
      blocked = blocked + 1
    end
  end
  return sum * 1000 + blocked
end

local n = tonumber(arg[1]) or 40
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
