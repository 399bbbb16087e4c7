-- A JSON parser and printer written in the language.
local null = setmetatable({}, { __tostring = function() return "null" end })

local Parser = {}
Parser.__index = Parser

function Parser.new(text)
  return setmetatable({ text = text, at = 1 }, Parser)
end

function Parser:fail(what)
  error({ kind = "json", message = "expected " .. what .. " at " .. self.at })
end

function Parser:peek()
  return self.text:sub(self.at, self.at)
end

function Parser:skip_blanks()
  while self.at <= #self.text do
    local c = self.text:sub(self.at, self.at)
    if c ~= " " and c ~= "\n" and c ~= "\t" and c ~= "\r" then break end
    self.at = self.at + 1
  end
end

function Parser:expect(c)
  if self:peek() ~= c then self:fail("'" .. c .. "'") end
  self.at = self.at + 1
end

function Parser:document()
  local value = self:value()
  self:skip_blanks()
  if self.at ~= #self.text + 1 then self:fail("the end") end
  return value
end

function Parser:value()
  self:skip_blanks()
  local c = self:peek()
  if c == "{" then return self:object() end
  if c == "[" then return self:array() end
  if c == '"' then return self:string() end
  if c == "t" then return self:word("true", true) end
  if c == "f" then return self:word("false", false) end
  if c == "n" then return self:word("null", null) end
  return self:number()
end

function Parser:word(name, value)
  if self.text:sub(self.at, self.at + #name - 1) ~= name then self:fail(name) end
  self.at = self.at + #name
  return value
end

-- An object keeps the order of its keys beside its values.
function Parser:object()
  self:expect("{")
  local map = { keys = {}, values = {} }
  self:skip_blanks()
  if self:peek() == "}" then
    self.at = self.at + 1
    return map
  end
  while true do
    self:skip_blanks()
    local key = self:string()
    self:skip_blanks()
    self:expect(":")
    map.keys[#map.keys + 1] = key
    map.values[key] = self:value()
    self:skip_blanks()
    if self:peek() == "," then self.at = self.at + 1 else break end
  end
  self:expect("}")
  return map
end

function Parser:array()
  self:expect("[")
  local list = {}
  self:skip_blanks()
  if self:peek() == "]" then
    self.at = self.at + 1
    return list
  end
  while true do
    list[#list + 1] = self:value()
    self:skip_blanks()
    if self:peek() == "," then self.at = self.at + 1 else break end
  end
  self:expect("]")
  return list
end

function Parser:string()
  self:expect('"')
  local parts, from = "", self.at
  while true do
    local c = self:peek()
    if c == "" then self:fail("a closing quote") end
    if c == '"' then break end
    if c == "\\" then
      parts = parts .. self.text:sub(from, self.at - 1)
      self.at = self.at + 1
      parts = parts .. self:escape()
      from = self.at + 1
    end
    self.at = self.at + 1
  end
  local result = parts .. self.text:sub(from, self.at - 1)
  self.at = self.at + 1
  return result
end

function Parser:escape()
  local c = self:peek()
  if c == "n" then return "\n" end
  if c == "t" then return "\t" end
  if c == '"' then return '"' end
  if c == "\\" then return "\\" end
  self:fail("an escape")
end

function Parser:number()
  local start = self.at
  if self:peek() == "-" then self.at = self.at + 1 end
  self:digits()
  if self:peek() == "." then
    self.at = self.at + 1
    self:digits()
  end
  return tonumber(self.text:sub(start, self.at - 1))
end

function Parser:digits()
  local start = self.at
  while true do
    local c = self:peek()
    if c == "" or c < "0" or c > "9" then break end
    self.at = self.at + 1
  end
  if self.at == start then self:fail("a digit") end
end

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t" }

local function quote_text(text)
  local parts = { '"' }
  for i = 1, #text do
    local c = text:sub(i, i)
    parts[#parts + 1] = escapes[c] or c
  end
  parts[#parts + 1] = '"'
  return table.concat(parts)
end

local function write(value)
  if value == null then return "null" end
  if type(value) == "boolean" then return tostring(value) end
  if type(value) == "number" then return tostring(value) end
  if type(value) == "string" then return quote_text(value) end
  local parts = {}
  if value.keys then
    for _, key in ipairs(value.keys) do parts[#parts + 1] = quote_text(key) .. ":" .. write(value.values[key]) end
    return "{" .. table.concat(parts, ",") .. "}"
  end
  for _, inner in ipairs(value) do parts[#parts + 1] = write(inner) end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function object(...)
  local pairs_given = { ... }
  local map = { keys = {}, values = {} }
  for i = 1, #pairs_given, 2 do
    map.keys[#map.keys + 1] = pairs_given[i]
    map.values[pairs_given[i]] = pairs_given[i + 1]
  end
  return map
end

local function sample(n)
  local items = {}
  for i = 0, n - 1 do
    items[#items + 1] = object(
      "id", i,
      "name", 'item "' .. i .. '"\n',
      "price", i % 50 + 0.5,
      "tags", { "red", "green\t", "t" .. i % 3 },
      "inner", object("on", i % 2 == 0, "off", null, "list", { i, { 0 - i, {} } }, "empty", object()))
  end
  return write(object("items", items, "count", n))
end

local function sum_of(value)
  if value == true then return 1 end
  if type(value) == "string" then return #value end
  if type(value) == "number" then return value == math.floor(value) and value or 0 end
  if type(value) ~= "table" or value == null then return 0 end
  local sum = 0
  if value.keys then
    for _, key in ipairs(value.keys) do sum = sum + sum_of(value.values[key]) end
  else
    for _, inner in ipairs(value) do sum = sum + sum_of(inner) end
  end
  return sum
end

local function run(n)
  local text = sample(500)
  local result = 0
  for _ = 1, n do
    local data = Parser.new(text):document()
    result = (result + sum_of(data) * 7 + #write(data)) % 1000003
  end
  local failures = 0
  for _, bad in ipairs({ "[1,", '{"a" 1}', "[1] x", '"open', "nul", "-" }) do
    local parser = Parser.new(bad)
    if not pcall(parser.document, parser) then failures = failures + 1 end
  end
  return result * 10 + failures
end

local n = tonumber(arg[1]) or 8
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
