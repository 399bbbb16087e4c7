-- A cache with a doubly linked list and a map.
local Entry = {}
Entry.__index = Entry

function Entry.new(key, value)
  return setmetatable({ key = key, value = value, before = nil, after = nil }, Entry)
end

local Cache = {}
Cache.__index = Cache

function Cache.new(capacity)
  local self = setmetatable({ capacity = capacity, entries = {}, size = 0, hits = 0, misses = 0 }, Cache)
  self.first, self.last = Entry.new(), Entry.new()
  self.first.after = self.last
  self.last.before = self.first
  return self
end

function Cache:unlink(entry)
  entry.before.after = entry.after
  entry.after.before = entry.before
end

function Cache:link_first(entry)
  local second = self.first.after
  entry.before = self.first
  entry.after = second
  second.before = entry
  self.first.after = entry
end

function Cache:touch(entry)
  if self.first.after == entry then return end
  self:unlink(entry)
  self:link_first(entry)
end

function Cache:get(key)
  local entry = self.entries[key]
  if not entry then
    self.misses = self.misses + 1
    return nil
  end
  self.hits = self.hits + 1
  self:touch(entry)
  return entry.value
end

function Cache:put(key, value)
  local known = self.entries[key]
  if known then
    known.value = value
    self:touch(known)
    return
  end
  if self.size >= self.capacity then self:drop_oldest() end
  local entry = Entry.new(key, value)
  self.entries[key] = entry
  self.size = self.size + 1
  self:link_first(entry)
end

function Cache:drop_oldest()
  local oldest = self.last.before
  self:unlink(oldest)
  self.entries[oldest.key] = nil
  self.size = self.size - 1
end

function Cache:remove(key)
  local entry = self.entries[key]
  if not entry then return false end
  self:unlink(entry)
  self.entries[key] = nil
  self.size = self.size - 1
  return true
end

-- The keys from the most to the least recently used.
function Cache:keys()
  local keys = {}
  local entry = self.first.after
  while entry ~= self.last do
    keys[#keys + 1] = entry.key
    entry = entry.after
  end
  return keys
end

local Random = {}
Random.__index = Random

function Random.new()
  return setmetatable({ seed = 42 }, Random)
end

function Random:next(limit)
  self.seed = self.seed * 16807 % 2147483647
  return self.seed % limit
end

local function slow_square(x)
  return x * x % 1009
end

local function run(n)
  local cache, random, sum = Cache.new(500), Random.new(), 0
  for step = 0, n - 1 do
    local key = random:next(400) + random:next(400)
    local found = cache:get(key)
    if found == nil then
      local value = slow_square(key)
      cache:put(key, value)
      sum = sum + value
    else
      sum = sum + found
    end
    if step % 97 == 0 then
      if cache:remove(random:next(800)) then sum = sum + 1 end
    end
  end
  local order = 0
  for _, key in ipairs(cache:keys()) do order = (order * 31 + key) % 1000003 end
  return (sum % 1000003) * 1000003 + order + cache.hits - cache.misses
end

local n = tonumber(arg[1]) or 300000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
