// An operating system kernel in small: tasks, packets and a scheduler.
const ID_IDLE = 0;
const ID_WORKER = 1;
const ID_HANDLER_A = 2;
const ID_HANDLER_B = 3;
const ID_DEVICE_A = 4;
const ID_DEVICE_B = 5;
const KIND_DEVICE = 0;
const KIND_WORK = 1;
const PACKET_SIZE = 4;

class Packet {
  constructor(link, id, kind) {
    this.link = link;
    this.id = id;
    this.kind = kind;
    this.datum = 0;
    this.data = new Array(PACKET_SIZE).fill(0);
  }

  // Appends this packet to the end of a queue and gives the queue back.
  addTo(queue) {
    this.link = null;
    if (queue === null) return this;
    let last = queue;
    while (last.link !== null) last = last.link;
    last.link = this;
    return queue;
  }
}

class Task {
  constructor(id, priority, queue, link, work) {
    this.id = id;
    this.priority = priority;
    this.queue = queue;
    this.link = link;
    this.work = work;
    this.held = false;
    this.suspended = true;
    this.runnable = queue !== null;
  }

  heldOrSuspended() {
    return this.held || (this.suspended && !this.runnable);
  }

  run() {
    let packet = null;
    if (this.suspended && this.runnable) {
      packet = this.queue;
      this.queue = packet.link;
      this.suspended = false;
      this.runnable = this.queue !== null;
    }
    return this.work.run(packet);
  }

  // Takes a packet in; gives the task that shall run next.
  accept(task, packet) {
    if (this.queue === null) {
      this.queue = packet;
      this.runnable = true;
      if (this.priority > task.priority) return this;
    } else {
      this.queue = packet.addTo(this.queue);
    }
    return task;
  }
}

class Scheduler {
  constructor() {
    this.queueCount = 0;
    this.holdCount = 0;
    this.blocks = new Array(6).fill(null);
    this.list = null;
    this.current = null;
    this.currentId = 0;
  }

  add(id, priority, queue, work) {
    const task = new Task(id, priority, queue, this.list, work);
    this.list = task;
    this.blocks[id] = task;
    return task;
  }

  schedule() {
    this.current = this.list;
    while (this.current !== null) {
      if (this.current.heldOrSuspended()) {
        this.current = this.current.link;
      } else {
        this.currentId = this.current.id;
        this.current = this.current.run();
      }
    }
  }

  release(id) {
    const task = this.blocks[id];
    if (task === null) return null;
    task.held = false;
    return task.priority > this.current.priority ? task : this.current;
  }

  hold() {
    this.holdCount++;
    this.current.held = true;
    return this.current.link;
  }

  suspend() {
    this.current.suspended = true;
    return this.current;
  }

  send(packet) {
    const task = this.blocks[packet.id];
    if (task === null) return null;
    this.queueCount++;
    packet.link = null;
    packet.id = this.currentId;
    return task.accept(this.current, packet);
  }
}

class IdleWork {
  constructor(scheduler, count) {
    this.scheduler = scheduler;
    this.seed = 1;
    this.count = count;
  }

  run() {
    this.count--;
    if (this.count === 0) return this.scheduler.hold();
    if ((this.seed & 1) === 0) {
      this.seed >>= 1;
      return this.scheduler.release(ID_DEVICE_A);
    }
    this.seed = (this.seed >> 1) ^ 0xd008;
    return this.scheduler.release(ID_DEVICE_B);
  }
}

class DeviceWork {
  constructor(scheduler) {
    this.scheduler = scheduler;
    this.waiting = null;
  }

  run(packet) {
    if (packet !== null) {
      this.waiting = packet;
      return this.scheduler.hold();
    }
    if (this.waiting === null) return this.scheduler.suspend();
    const ready = this.waiting;
    this.waiting = null;
    return this.scheduler.send(ready);
  }
}

class WorkerWork {
  constructor(scheduler) {
    this.scheduler = scheduler;
    this.target = ID_HANDLER_A;
    this.letter = 0;
  }

  run(packet) {
    if (packet === null) return this.scheduler.suspend();
    this.target = this.target === ID_HANDLER_A ? ID_HANDLER_B : ID_HANDLER_A;
    packet.id = this.target;
    packet.datum = 0;
    for (let i = 0; i < PACKET_SIZE; i++) {
      this.letter++;
      if (this.letter > 26) this.letter = 1;
      packet.data[i] = this.letter;
    }
    return this.scheduler.send(packet);
  }
}

class HandlerWork {
  constructor(scheduler) {
    this.scheduler = scheduler;
    this.works = null;
    this.devices = null;
  }

  run(packet) {
    if (packet !== null) {
      if (packet.kind === KIND_WORK) {
        this.works = packet.addTo(this.works);
      } else {
        this.devices = packet.addTo(this.devices);
      }
    }
    if (this.works !== null) {
      const work = this.works;
      const position = work.datum;
      if (position >= PACKET_SIZE) {
        this.works = work.link;
        return this.scheduler.send(work);
      }
      if (this.devices !== null) {
        const device = this.devices;
        this.devices = device.link;
        device.datum = work.data[position];
        work.datum = position + 1;
        return this.scheduler.send(device);
      }
    }
    return this.scheduler.suspend();
  }
}

function packets(count, id, kind) {
  let queue = null;
  for (let i = 0; i < count; i++) queue = new Packet(queue, id, kind);
  return queue;
}

function simulate() {
  const s = new Scheduler();
  s.add(ID_IDLE, 0, null, new IdleWork(s, 10_000)).suspended = false;
  s.add(ID_WORKER, 1000, packets(2, ID_WORKER, KIND_WORK), new WorkerWork(s));
  s.add(ID_HANDLER_A, 2000, packets(3, ID_DEVICE_A, KIND_DEVICE), new HandlerWork(s));
  s.add(ID_HANDLER_B, 3000, packets(3, ID_DEVICE_B, KIND_DEVICE), new HandlerWork(s));
  s.add(ID_DEVICE_A, 4000, null, new DeviceWork(s));
  s.add(ID_DEVICE_B, 5000, null, new DeviceWork(s));
  s.schedule();
  return s.queueCount * 10_000 + s.holdCount;
}

function run(n) {
  let result = 0;
  for (let i = 0; i < n; i++) result = simulate();
  return result;
}

const n = Number(process.argv[2] ?? 20);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
