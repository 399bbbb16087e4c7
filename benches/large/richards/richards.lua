-- An operating system kernel in small: tasks, packets and a scheduler.
local ID_IDLE, ID_WORKER, ID_HANDLER_A, ID_HANDLER_B, ID_DEVICE_A, ID_DEVICE_B = 0, 1, 2, 3, 4, 5
local KIND_DEVICE, KIND_WORK = 0, 1
local PACKET_SIZE = 4

local Packet = {}
Packet.__index = Packet

function Packet.new(link, id, kind)
  return setmetatable({ link = link, id = id, kind = kind, datum = 0, data = { 0, 0, 0, 0 } }, Packet)
end

-- Appends this packet to the end of a queue and gives the queue back.
function Packet:add_to(queue)
  self.link = nil
  if not queue then return self end
  local last = queue
  while last.link do last = last.link end
  last.link = self
  return queue
end

local Task = {}
Task.__index = Task

function Task.new(id, priority, queue, link, work)
  return setmetatable({ id = id, priority = priority, queue = queue, link = link, work = work,
    held = false, suspended = true, runnable = queue ~= nil }, Task)
end

function Task:held_or_suspended()
  return self.held or (self.suspended and not self.runnable)
end

function Task:run()
  local packet = nil
  if self.suspended and self.runnable then
    packet = self.queue
    self.queue = packet.link
    self.suspended = false
    self.runnable = self.queue ~= nil
  end
  return self.work:run(packet)
end

-- Takes a packet in; gives the task that shall run next.
function Task:accept(task, packet)
  if not self.queue then
    self.queue = packet
    self.runnable = true
    if self.priority > task.priority then return self end
  else
    self.queue = packet:add_to(self.queue)
  end
  return task
end

local Scheduler = {}
Scheduler.__index = Scheduler

function Scheduler.new()
  return setmetatable({ queue_count = 0, hold_count = 0, blocks = {}, list = nil, current = nil, current_id = 0 },
    Scheduler)
end

function Scheduler:add(id, priority, queue, work)
  local task = Task.new(id, priority, queue, self.list, work)
  self.list = task
  self.blocks[id] = task
  return task
end

function Scheduler:schedule()
  self.current = self.list
  while self.current do
    if self.current:held_or_suspended() then
      self.current = self.current.link
    else
      self.current_id = self.current.id
      self.current = self.current:run()
    end
  end
end

function Scheduler:release(id)
  local task = self.blocks[id]
  if not task then return nil end
  task.held = false
  if task.priority > self.current.priority then return task end
  return self.current
end

function Scheduler:hold()
  self.hold_count = self.hold_count + 1
  self.current.held = true
  return self.current.link
end

function Scheduler:suspend()
  self.current.suspended = true
  return self.current
end

function Scheduler:send(packet)
  local task = self.blocks[packet.id]
  if not task then return nil end
  self.queue_count = self.queue_count + 1
  packet.link = nil
  packet.id = self.current_id
  return task:accept(self.current, packet)
end

local IdleWork = {}
IdleWork.__index = IdleWork

function IdleWork:run()
  self.count = self.count - 1
  if self.count == 0 then return self.scheduler:hold() end
  local half = math.floor(self.seed / 2)
  if self.seed % 2 == 0 then
    self.seed = half
    return self.scheduler:release(ID_DEVICE_A)
  end
  -- The exclusive or with 0xd008, bit by bit: the same text runs in every Lua.
  local result, bit, mask = 0, 1, 0xd008
  while half > 0 or mask > 0 do
    if half % 2 ~= mask % 2 then result = result + bit end
    half, mask, bit = math.floor(half / 2), math.floor(mask / 2), bit * 2
  end
  self.seed = result
  return self.scheduler:release(ID_DEVICE_B)
end

local DeviceWork = {}
DeviceWork.__index = DeviceWork

function DeviceWork:run(packet)
  if packet then
    self.waiting = packet
    return self.scheduler:hold()
  end
  if not self.waiting then return self.scheduler:suspend() end
  local ready = self.waiting
  self.waiting = nil
  return self.scheduler:send(ready)
end

local WorkerWork = {}
WorkerWork.__index = WorkerWork

function WorkerWork:run(packet)
  if not packet then return self.scheduler:suspend() end
  self.target = self.target == ID_HANDLER_A and ID_HANDLER_B or ID_HANDLER_A
  packet.id = self.target
  packet.datum = 0
  for i = 1, PACKET_SIZE do
    self.letter = self.letter + 1
    if self.letter > 26 then self.letter = 1 end
    packet.data[i] = self.letter
  end
  return self.scheduler:send(packet)
end

local HandlerWork = {}
HandlerWork.__index = HandlerWork

function HandlerWork:run(packet)
  if packet then
    if packet.kind == KIND_WORK then
      self.works = packet:add_to(self.works)
    else
      self.devices = packet:add_to(self.devices)
    end
  end
  if self.works then
    local work = self.works
    local position = work.datum
    if position >= PACKET_SIZE then
      self.works = work.link
      return self.scheduler:send(work)
    end
    if self.devices then
      local device = self.devices
      self.devices = device.link
      device.datum = work.data[position + 1]
      work.datum = position + 1
      return self.scheduler:send(device)
    end
  end
  return self.scheduler:suspend()
end

local function packets(count, id, kind)
  local queue = nil
  for _ = 1, count do queue = Packet.new(queue, id, kind) end
  return queue
end

local function simulate()
  local s = Scheduler.new()
  s:add(ID_IDLE, 0, nil, setmetatable({ scheduler = s, seed = 1, count = 10000 }, IdleWork)).suspended = false
  s:add(ID_WORKER, 1000, packets(2, ID_WORKER, KIND_WORK),
    setmetatable({ scheduler = s, target = ID_HANDLER_A, letter = 0 }, WorkerWork))
  s:add(ID_HANDLER_A, 2000, packets(3, ID_DEVICE_A, KIND_DEVICE), setmetatable({ scheduler = s }, HandlerWork))
  s:add(ID_HANDLER_B, 3000, packets(3, ID_DEVICE_B, KIND_DEVICE), setmetatable({ scheduler = s }, HandlerWork))
  s:add(ID_DEVICE_A, 4000, nil, setmetatable({ scheduler = s }, DeviceWork))
  s:add(ID_DEVICE_B, 5000, nil, setmetatable({ scheduler = s }, DeviceWork))
  s:schedule()
  return s.queue_count * 10000 + s.hold_count
end

local function run(n)
  local result = 0
  for _ = 1, n do result = simulate() end
  return result
end

local n = tonumber(arg[1]) or 20
local start = os.clock()
local result = run(n)
io.stderr:write(string.format("time_ms=%.3f\n", (os.clock() - start) * 1000))
print(string.format("%d", result))
