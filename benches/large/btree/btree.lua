-- An ordered map kept in a B-tree.
local ORDER = 16

local Node = {}
Node.__index = Node

function Node.new()
  return setmetatable({ keys = {}, values = {}, children = nil }, Node)
end

function Node:is_full()
  return #self.keys >= 2 * ORDER - 1
end

-- The first position whose key is not less than the given one.
function Node:position(key)
  local keys = self.keys
  local low, high = 1, #keys + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if keys[middle] < key then low = middle + 1 else high = middle end
  end
  return low
end

local function cut(list, from)
  local tail = {}
  for i = from, #list do
    tail[#tail + 1] = list[i]
    list[i] = nil
  end
  return tail
end

-- Splits the full child at `index`; its middle key moves up into this node.
function Node:split_child(index)
  local child = self.children[index]
  local right = Node.new()
  right.keys = cut(child.keys, ORDER + 1)
  right.values = cut(child.values, ORDER + 1)
  if child.children then right.children = cut(child.children, ORDER + 1) end
  local middle_key = table.remove(child.keys)
  local middle_value = table.remove(child.values)
  table.insert(self.keys, index, middle_key)
  table.insert(self.values, index, middle_value)
  table.insert(self.children, index + 1, right)
end

local Tree = {}
Tree.__index = Tree

function Tree.new()
  return setmetatable({ root = Node.new(), size = 0 }, Tree)
end

function Tree:get(key)
  local node = self.root
  while true do
    local at = node:position(key)
    if node.keys[at] == key then return node.values[at] end
    if not node.children then return nil end
    node = node.children[at]
  end
end

function Tree:put(key, value)
  if self.root:is_full() then
    local old = self.root
    self.root = Node.new()
    self.root.children = { old }
    self.root:split_child(1)
  end
  self:put_into(self.root, key, value)
end

function Tree:put_into(node, key, value)
  while true do
    local at = node:position(key)
    if node.keys[at] == key then
      node.values[at] = value
      return
    end
    if not node.children then
      table.insert(node.keys, at, key)
      table.insert(node.values, at, value)
      self.size = self.size + 1
      return
    end
    if node.children[at]:is_full() then
      node:split_child(at)
      if node.keys[at] == key then
        node.values[at] = value
        return
      end
      if node.keys[at] < key then at = at + 1 end
    end
    node = node.children[at]
  end
end

-- Calls `f` with every key and value in order.
function Tree:each(f)
  self:each_in(self.root, f)
end

function Tree:each_in(node, f)
  local children = node.children
  for i = 1, #node.keys do
    if children then self:each_in(children[i], f) end
    f(node.keys[i], node.values[i])
  end
  if children then self:each_in(children[#children], f) end
end

function Tree:depth()
  local depth, node = 1, self.root
  while node.children do
    depth = depth + 1
    node = node.children[1]
  end
  return depth
end

local function run(n)
  local tree, seed = Tree.new(), 42
  for i = 0, n - 1 do
    seed = seed * 16807 % 2147483647
    tree:put(seed % (2 * n), i)
  end
  local found = 0
  for key = 0, 2 * n - 1 do
    if tree:get(key) ~= nil then found = found + 1 end
  end
  local sum, last, sorted = 0, -1, true
  tree:each(function(key, value)
    if key <= last then sorted = false end
    last = key
    sum = (sum * 31 + key * 7 + value) % 1000003
  end)
  if not sorted or found ~= tree.size then return -1 end
  return sum * 1000000 + found * 10 + tree:depth()
end

local n = tonumber(arg[1]) or 100000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
