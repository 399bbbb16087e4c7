-- A one-way constraint solver that plans again as constraints come and go.
-- Strengths: the smaller the stronger.
local REQUIRED, PREFERRED, NORMAL, WEAKEST = 0, 2, 4, 6

local function new_variable(name, value)
  return { name = name, value = value, constraints = {}, determined_by = nil, mark = 0, strength = WEAKEST, stay = true }
end

local function class(parent)
  local result = setmetatable({}, { __index = parent })
  result.__index = result
  return result
end

local function weaker(a, b) return a > b and a or b end

local Constraint = class()

function Constraint:attach()
  for _, v in ipairs(self:variables()) do v.constraints[#v.constraints + 1] = self end
end

function Constraint:detach()
  for _, v in ipairs(self:variables()) do
    local kept = {}
    for _, c in ipairs(v.constraints) do
      if c ~= self then kept[#kept + 1] = c end
    end
    v.constraints = kept
  end
end

-- Turns the constraint on if it can be; gives the constraint it pushed out, or nil.
function Constraint:satisfy(mark, planner)
  self:choose(mark)
  if not self:is_satisfied() then
    if self.strength == REQUIRED then error("a required constraint cannot hold") end
    return nil
  end
  for _, v in ipairs(self:inputs()) do v.mark = mark end
  local output = self:output()
  local overridden = output.determined_by
  if overridden then overridden:turn_off() end
  output.determined_by = self
  if not planner:propagate_from(self, mark) then error("a cycle of constraints") end
  output.mark = mark
  return overridden
end

function Constraint:inputs_known(mark)
  for _, v in ipairs(self:inputs()) do
    if v.mark ~= mark and not v.stay and v.determined_by then return false end
  end
  return true
end

function Constraint:is_input() return false end

-- A constraint on one variable: it stays, or it is set from outside.
local Unary = class(Constraint)

function Unary:variables() return { self.target } end
function Unary:inputs() return {} end
function Unary:output() return self.target end
function Unary:is_satisfied() return self.on end
function Unary:turn_off() self.on = false end
function Unary:choose(mark)
  self.on = self.target.mark ~= mark and self.strength < self.target.strength
end

function Unary:recalculate()
  self.target.strength = self.strength
  self.target.stay = not self:is_input()
  if self.target.stay then self:execute() end
end

function Unary:execute() end

local Stay = class(Unary)
function Stay.new(strength, target)
  return setmetatable({ strength = strength, target = target, on = false }, Stay)
end

local Edit = class(Unary)
function Edit.new(strength, target)
  return setmetatable({ strength = strength, target = target, on = false }, Edit)
end
function Edit:is_input() return true end

-- A constraint between two variables that can be solved in either direction.
local Binary = class(Constraint)

function Binary:variables() return { self.first, self.second } end
function Binary:is_satisfied() return self.direction ~= nil end
function Binary:turn_off() self.direction = nil end
function Binary:input() return self.direction == "forward" and self.first or self.second end
function Binary:output() return self.direction == "forward" and self.second or self.first end
function Binary:inputs() return { self:input() } end

function Binary:choose(mark)
  local a, b, strength = self.first, self.second, self.strength
  local direction = nil
  if a.mark == mark then
    if b.mark ~= mark and strength < b.strength then direction = "forward" end
  elseif b.mark == mark then
    if strength < a.strength then direction = "backward" end
  elseif a.strength > b.strength then
    if strength < a.strength then direction = "backward" end
  else
    if strength < b.strength then direction = "forward" end
  end
  self.direction = direction
end

function Binary:recalculate()
  local from, to = self:input(), self:output()
  to.strength = weaker(self.strength, from.strength)
  to.stay = from.stay
  if to.stay then self:execute() end
end

local Equal = class(Binary)
function Equal.new(strength, first, second)
  return setmetatable({ strength = strength, first = first, second = second }, Equal)
end
function Equal:execute() self:output().value = self:input().value end

-- `second = first * scale + offset`.
local Scale = class(Binary)
function Scale.new(strength, first, second, scale, offset)
  return setmetatable({ strength = strength, first = first, second = second, scale = scale, offset = offset }, Scale)
end

function Scale:variables() return { self.first, self.second, self.scale, self.offset } end
function Scale:inputs() return { self:input(), self.scale, self.offset } end

function Scale:execute()
  if self.direction == "forward" then
    self.second.value = self.first.value * self.scale.value + self.offset.value
  else
    self.first.value = math.floor((self.second.value - self.offset.value) / self.scale.value)
  end
end

function Scale:recalculate()
  local from, to = self:input(), self:output()
  to.strength = weaker(self.strength, from.strength)
  to.stay = from.stay and self.scale.stay and self.offset.stay
  if to.stay then self:execute() end
end

local Planner = {}
Planner.__index = Planner

function Planner.new()
  return setmetatable({ mark = 0 }, Planner)
end

function Planner:next_mark()
  self.mark = self.mark + 1
  return self.mark
end

function Planner:add(constraint)
  constraint:attach()
  local mark = self:next_mark()
  local following = constraint:satisfy(mark, self)
  while following do following = following:satisfy(mark, self) end
  return constraint
end

function Planner:remove(constraint)
  local output = constraint:is_satisfied() and constraint:output() or nil
  constraint:turn_off()
  constraint:detach()
  if not output then return end
  output.determined_by = nil
  output.strength = WEAKEST
  output.stay = true
  local unsatisfied = self:undetermine_from(output)
  -- A stable sort by strength: there are only a few of them.
  for strength = REQUIRED, WEAKEST do
    for _, other in ipairs(unsatisfied) do
      if other.strength == strength then
        local mark = self:next_mark()
        local following = other:satisfy(mark, self)
        while following do following = following:satisfy(mark, self) end
      end
    end
  end
end

function Planner:undetermine_from(start)
  local unsatisfied, todo = {}, { start }
  while #todo > 0 do
    local v = table.remove(todo)
    for _, c in ipairs(v.constraints) do
      if not c:is_satisfied() then unsatisfied[#unsatisfied + 1] = c end
    end
    for _, c in ipairs(self:consumers(v)) do
      local output = c:output()
      c:recalculate()
      todo[#todo + 1] = output
    end
  end
  return unsatisfied
end

function Planner:consumers(v)
  local found = {}
  for _, c in ipairs(v.constraints) do
    if c:is_satisfied() and c ~= v.determined_by then found[#found + 1] = c end
  end
  return found
end

function Planner:propagate_from(constraint, mark)
  local todo = { constraint }
  while #todo > 0 do
    local following = table.remove(todo)
    if following:output().mark == mark then return false end
    following:recalculate()
    for _, c in ipairs(self:consumers(following:output())) do todo[#todo + 1] = c end
  end
  return true
end

-- The constraints that must run, in order, when the given inputs change.
function Planner:plan_for(sources)
  local mark, plan, todo = self:next_mark(), {}, {}
  for i, source in ipairs(sources) do todo[i] = source end
  while #todo > 0 do
    local c = table.remove(todo)
    local output = c:output()
    if output.mark ~= mark and c:inputs_known(mark) then
      plan[#plan + 1] = c
      output.mark = mark
      for _, consumer in ipairs(self:consumers(output)) do todo[#todo + 1] = consumer end
    end
  end
  return plan
end

local function change(planner, variable, values)
  local edit = planner:add(Edit.new(PREFERRED, variable))
  local plan = planner:plan_for({ edit })
  for _, value in ipairs(values) do
    variable.value = value
    for _, c in ipairs(plan) do c:execute() end
  end
  planner:remove(edit)
end

-- A long chain of equalities, changed at one end.
local function chain(n)
  local planner, variables = Planner.new(), {}
  for i = 0, n do variables[i] = new_variable("v" .. i, 0) end
  for i = 0, n - 1 do planner:add(Equal.new(REQUIRED, variables[i], variables[i + 1])) end
  planner:add(Stay.new(NORMAL, variables[n]))
  local values = {}
  for i = 0, 49 do values[i + 1] = i end
  change(planner, variables[0], values)
  return variables[n].value
end

-- Many pairs bound by one scale and one offset, changed from all sides.
local function projection(n)
  local planner = Planner.new()
  local scale, offset = new_variable("scale", 10), new_variable("offset", 1000)
  local sources, targets = {}, {}
  for i = 0, n - 1 do
    local source, target = new_variable("source", i), new_variable("target", i)
    sources[i] = source
    targets[i] = target
    planner:add(Stay.new(NORMAL, source))
    planner:add(Scale.new(REQUIRED, source, target, scale, offset))
  end
  change(planner, sources[0], { 17 })
  local sum = targets[0].value
  change(planner, targets[1], { 1050 })
  sum = sum + sources[1].value
  change(planner, scale, { 5 })
  for i = 0, n - 1 do sum = sum + targets[i].value end
  change(planner, offset, { 2000 })
  for i = 0, n - 1 do sum = sum + targets[i].value * 3 end
  return sum
end

local function run(n)
  local result = 0
  for i = 0, 9 do result = (result * 31 + chain(n + i) + projection(n + i)) % 1000003 end
  return result
end

local n = tonumber(arg[1]) or 600
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
