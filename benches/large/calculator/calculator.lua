-- A tokenizer and a recursive-descent calculator with variables and functions.
local function syntax_error(message)
  error({ kind = "syntax", message = message })
end

local function is_digit(c) return c >= "0" and c <= "9" end
local function is_letter(c) return c >= "a" and c <= "z" or c == "_" end

local function tokenize(text)
  local tokens, at, last = {}, 1, #text
  while at <= last do
    local c = text:sub(at, at)
    if c == " " then
      at = at + 1
    elseif is_digit(c) then
      local value = 0
      while at <= last and is_digit(text:sub(at, at)) do
        value = value * 10 + tonumber(text:sub(at, at))
        at = at + 1
      end
      tokens[#tokens + 1] = { kind = "number", value = value }
    elseif is_letter(c) then
      local start = at
      while at <= last and is_letter(text:sub(at, at)) do at = at + 1 end
      tokens[#tokens + 1] = { kind = "name", value = text:sub(start, at - 1) }
    elseif ("+-*/%(),="):find(c, 1, true) then
      tokens[#tokens + 1] = { kind = "sign", value = c }
      at = at + 1
    else
      syntax_error("unexpected '" .. c .. "'")
    end
  end
  tokens[#tokens + 1] = { kind = "end", value = "" }
  return tokens
end

local Parser = {}
Parser.__index = Parser

function Parser.new(tokens)
  return setmetatable({ tokens = tokens, at = 1 }, Parser)
end

function Parser:current()
  return self.tokens[self.at]
end

function Parser:is_sign(c)
  local token = self:current()
  return token.kind == "sign" and token.value == c
end

function Parser:advance()
  local token = self:current()
  self.at = self.at + 1
  return token
end

function Parser:expect(c)
  if not self:is_sign(c) then syntax_error("expected '" .. c .. "'") end
  self:advance()
end

function Parser:expression()
  local left = self:term()
  while self:is_sign("+") or self:is_sign("-") do
    local operator = self:advance().value
    left = { kind = "binary", operator = operator, left = left, right = self:term() }
  end
  return left
end

function Parser:term()
  local left = self:factor()
  while self:is_sign("*") or self:is_sign("/") or self:is_sign("%") do
    local operator = self:advance().value
    left = { kind = "binary", operator = operator, left = left, right = self:factor() }
  end
  return left
end

function Parser:factor()
  if self:is_sign("-") then
    self:advance()
    return { kind = "unary", operand = self:factor() }
  end
  if self:is_sign("(") then
    self:advance()
    local inner = self:expression()
    self:expect(")")
    return inner
  end
  local token = self:advance()
  if token.kind == "number" then return { kind = "number", value = token.value } end
  if token.kind == "name" then
    if self:is_sign("(") then return self:call(token.value) end
    return { kind = "variable", name = token.value }
  end
  syntax_error("unexpected " .. token.value)
end

function Parser:call(name)
  self:advance()
  local arguments = {}
  if not self:is_sign(")") then
    arguments[1] = self:expression()
    while self:is_sign(",") do
      self:advance()
      arguments[#arguments + 1] = self:expression()
    end
  end
  self:expect(")")
  return { kind = "call", name = name, arguments = arguments }
end

local functions = {
  max = function(a, b) return a > b and a or b end,
  min = function(a, b) return a < b and a or b end,
  square = function(a) return a * a end,
  zero = function() return 0 end,
}

local unpack = table.unpack or unpack

local function evaluate(node, variables)
  local kind = node.kind
  if kind == "number" then return node.value end
  if kind == "variable" then
    return variables[node.name] or syntax_error("no variable " .. node.name)
  end
  if kind == "unary" then return -evaluate(node.operand, variables) end
  if kind == "binary" then
    local a = evaluate(node.left, variables)
    local b = evaluate(node.right, variables)
    local operator = node.operator
    if operator == "+" then return a + b end
    if operator == "-" then return a - b end
    if operator == "*" then return a * b % 1000003 end
    if b == 0 then return 0 end
    if operator == "/" then return math.floor(a / b) end
    return a % b
  end
  local f = functions[node.name] or syntax_error("no function " .. node.name)
  local values = {}
  for i, argument in ipairs(node.arguments) do values[i] = evaluate(argument, variables) end
  return f(unpack(values))
end

local function calculate(text, variables)
  return evaluate(Parser.new(tokenize(text)):expression(), variables)
end

local function run(n)
  local sources = {
    "1 + 2 * 3 - 4",
    "(x + 17) * (y - 5) % 97",
    "max(x, square(y)) / (min(3, x) + 1) - zero()",
    "-(-x + -3 * (2 + y)) % 1009 + 12345 * 678",
    "square(square(x % 10) + max(1, min(y, 20))) - ((((x))))",
    "x + * y",
    "unknown + 1",
  }
  local variables = { x = 0, y = 0 }
  local sum, failures = 0, 0
  for i = 0, n - 1 do
    variables.x = i % 100
    variables.y = i % 37
    local ok, result = pcall(calculate, sources[i % #sources + 1], variables)
    if ok then
      sum = (sum * 3 + result) % 1000003
    else
      failures = failures + 1
    end
  end
  return sum * 100000 + failures
end

local n = tonumber(arg[1]) or 15000
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
