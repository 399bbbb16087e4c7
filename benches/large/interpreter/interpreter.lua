-- A small Lisp: reader, environments, closures, a tree-walking evaluator.
local Name = {}
Name.__index = Name

local Scope = {}
Scope.__index = Scope

-- Stands for the empty list, because a table cannot hold nil.
local NIL = {}

function Scope.new(outer)
  return setmetatable({ names = {}, outer = outer }, Scope)
end

function Scope:find(name)
  local scope = self
  while scope do
    if scope.names[name] ~= nil then return scope end
    scope = scope.outer
  end
  error("unknown name " .. name)
end

function Scope:get(name) return self:find(name).names[name] end
function Scope:set(name, value) self:find(name).names[name] = value end
function Scope:define(name, value) self.names[name] = value end

local evaluate

local Lambda = {}
Lambda.__index = Lambda

function Lambda:call(arguments)
  local inner = Scope.new(self.scope)
  for i, parameter in ipairs(self.parameters) do inner:define(parameter, arguments[i]) end
  local result
  for i = 3, #self.form do result = evaluate(self.form[i], inner) end
  return result
end

local Primitive = {}
Primitive.__index = Primitive

function Primitive:call(arguments)
  return self.f(arguments)
end

local function read_tokens(source)
  local tokens = {}
  for token in source:gsub("[()]", " %0 "):gmatch("%S+") do tokens[#tokens + 1] = token end
  return tokens
end

local Reader = {}
Reader.__index = Reader

function Reader.new(tokens)
  return setmetatable({ tokens = tokens, at = 1 }, Reader)
end

function Reader:read()
  local token = self.tokens[self.at]
  self.at = self.at + 1
  if token == "(" then
    local list = {}
    while self.tokens[self.at] ~= ")" do list[#list + 1] = self:read() end
    self.at = self.at + 1
    return list
  end
  return tonumber(token) or setmetatable({ text = token }, Name)
end

function Reader:read_all()
  local forms = {}
  while self.at <= #self.tokens do forms[#forms + 1] = self:read() end
  return forms
end

evaluate = function(form, scope)
  if type(form) ~= "table" then return form end
  if getmetatable(form) == Name then return scope:get(form.text) end
  local head = form[1]
  if getmetatable(head) == Name then
    local text = head.text
    if text == "if" then
      local chosen = evaluate(form[2], scope) ~= false and form[3] or form[4]
      return evaluate(chosen, scope)
    elseif text == "define" then
      scope:define(form[2].text, evaluate(form[3], scope))
      return NIL
    elseif text == "set!" then
      scope:set(form[2].text, evaluate(form[3], scope))
      return NIL
    elseif text == "lambda" then
      local parameters = {}
      for i, p in ipairs(form[2]) do parameters[i] = p.text end
      return setmetatable({ parameters = parameters, form = form, scope = scope }, Lambda)
    elseif text == "begin" then
      local result
      for i = 2, #form do result = evaluate(form[i], scope) end
      return result
    elseif text == "while" then
      while evaluate(form[2], scope) ~= false do
        for i = 3, #form do evaluate(form[i], scope) end
      end
      return NIL
    end
  end
  local f = evaluate(head, scope)
  local arguments = {}
  for i = 2, #form do arguments[i - 1] = evaluate(form[i], scope) end
  return f:call(arguments)
end

local function globals()
  local scope = Scope.new()
  local function primitive(name, f) scope:define(name, setmetatable({ f = f }, Primitive)) end
  primitive("+", function(a) return a[1] + a[2] end)
  primitive("-", function(a) return a[1] - a[2] end)
  primitive("*", function(a) return a[1] * a[2] end)
  primitive("mod", function(a) return a[1] % a[2] end)
  primitive("<", function(a) return a[1] < a[2] end)
  primitive("=", function(a) return a[1] == a[2] end)
  primitive("cons", function(a) return { a[1], a[2] } end)
  primitive("car", function(a) return a[1][1] end)
  primitive("cdr", function(a) return a[1][2] end)
  primitive("null?", function(a) return a[1] == NIL end)
  scope:define("nil", NIL)
  return scope
end

local program = [[
(define fib (lambda (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))
(define range (lambda (a b) (if (< a b) (cons a (range (+ a 1) b)) nil)))
(define fold (lambda (f acc list) (if (null? list) acc (fold f (f acc (car list)) (cdr list)))))
(define map (lambda (f list) (if (null? list) nil (cons (f (car list)) (map f (cdr list))))))
(define make-counter (lambda (n) (lambda () (begin (set! n (+ n 1)) n))))
(define counter (make-counter 10))
(define i 0)
(define sum 0)
(while (< i 300) (set! sum (mod (+ sum (* i (counter))) 10007)) (set! i (+ i 1)))
(define square (lambda (x) (* x x)))
(define squares (fold + 0 (map square (range 0 100))))
(+ (+ (fib 13) sum) squares)
]]

local function run(n)
  local result = 0
  for i = 0, n - 1 do
    local scope = globals()
    local value
    for _, form in ipairs(Reader.new(read_tokens(program)):read_all()) do value = evaluate(form, scope) end
    result = (result * 31 + value + i) % 1000003
  end
  return result
end

local n = tonumber(arg[1]) or 20
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
