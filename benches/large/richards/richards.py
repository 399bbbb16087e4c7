# An operating system kernel in small: tasks, packets and a scheduler.
import sys
import time


ID_IDLE = 0
ID_WORKER = 1
ID_HANDLER_A = 2
ID_HANDLER_B = 3
ID_DEVICE_A = 4
ID_DEVICE_B = 5
KIND_DEVICE = 0
KIND_WORK = 1
PACKET_SIZE = 4


class Packet:
    def __init__(self, link, id, kind):
        self.link = link
        self.id = id
        self.kind = kind
        self.datum = 0
        self.data = [0] * PACKET_SIZE

    def add_to(self, queue):
        """Appends this packet to the end of a queue and gives the queue back."""
        self.link = None
        if queue is None:
            return self
        last = queue
        while last.link is not None:
            last = last.link
        last.link = self
        return queue


class Task:
    def __init__(self, id, priority, queue, link, work):
        self.id = id
        self.priority = priority
        self.queue = queue
        self.link = link
        self.work = work
        self.held = False
        self.suspended = True
        self.runnable = queue is not None

    def held_or_suspended(self):
        return self.held or (self.suspended and not self.runnable)

    def run(self):
        packet = None
        if self.suspended and self.runnable:
            packet = self.queue
            self.queue = packet.link
            self.suspended = False
            self.runnable = self.queue is not None
        return self.work.run(packet)

    def accept(self, task, packet):
        """Takes a packet in; gives the task that shall run next."""
        if self.queue is None:
            self.queue = packet
            self.runnable = True
            if self.priority > task.priority:
                return self
        else:
            self.queue = packet.add_to(self.queue)
        return task


class Scheduler:
    def __init__(self):
        self.queue_count = 0
        self.hold_count = 0
        self.blocks = [None] * 6
        self.list = None
        self.current = None
        self.current_id = 0

    def add(self, id, priority, queue, work):
        task = Task(id, priority, queue, self.list, work)
        self.list = task
        self.blocks[id] = task
        return task

    def schedule(self):
        self.current = self.list
        while self.current is not None:
            if self.current.held_or_suspended():
                self.current = self.current.link
            else:
                self.current_id = self.current.id
                self.current = self.current.run()

    def release(self, id):
        task = self.blocks[id]
        if task is None:
            return None
        task.held = False
        return task if task.priority > self.current.priority else self.current

    def hold(self):
        self.hold_count += 1
        self.current.held = True
        return self.current.link

    def suspend(self):
        self.current.suspended = True
        return self.current

    def send(self, packet):
        task = self.blocks[packet.id]
        if task is None:
            return None
        self.queue_count += 1
        packet.link = None
        packet.id = self.current_id
        return task.accept(self.current, packet)


class IdleWork:
    def __init__(self, scheduler, count):
        self.scheduler = scheduler
        self.seed = 1
        self.count = count

    def run(self, packet):
        self.count -= 1
        if self.count == 0:
            return self.scheduler.hold()
        if self.seed & 1 == 0:
            self.seed >>= 1
            return self.scheduler.release(ID_DEVICE_A)
        self.seed = (self.seed >> 1) ^ 0xD008
        return self.scheduler.release(ID_DEVICE_B)


class DeviceWork:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.waiting = None

    def run(self, packet):
        if packet is not None:
            self.waiting = packet
            return self.scheduler.hold()
        if self.waiting is None:
            return self.scheduler.suspend()
        ready = self.waiting
        self.waiting = None
        return self.scheduler.send(ready)


class WorkerWork:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.target = ID_HANDLER_A
        self.letter = 0

    def run(self, packet):
        if packet is None:
            return self.scheduler.suspend()
        self.target = ID_HANDLER_B if self.target == ID_HANDLER_A else ID_HANDLER_A
        packet.id = self.target
        packet.datum = 0
        for i in range(PACKET_SIZE):
            self.letter += 1
            if self.letter > 26:
                self.letter = 1
            packet.data[i] = self.letter
        return self.scheduler.send(packet)


class HandlerWork:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.works = None
        self.devices = None

    def run(self, packet):
        if packet is not None:
            if packet.kind == KIND_WORK:
                self.works = packet.add_to(self.works)
            else:
                self.devices = packet.add_to(self.devices)
        if self.works is not None:
            work = self.works
            position = work.datum
            if position >= PACKET_SIZE:
                self.works = work.link
                return self.scheduler.send(work)
            if self.devices is not None:
                device = self.devices
                self.devices = device.link
                device.datum = work.data[position]
                work.datum = position + 1
                return self.scheduler.send(device)
        return self.scheduler.suspend()


def packets(count, id, kind):
    queue = None
    for _ in range(count):
        queue = Packet(queue, id, kind)
    return queue


def simulate():
    s = Scheduler()
    s.add(ID_IDLE, 0, None, IdleWork(s, 10_000)).suspended = False
    s.add(ID_WORKER, 1000, packets(2, ID_WORKER, KIND_WORK), WorkerWork(s))
    s.add(ID_HANDLER_A, 2000, packets(3, ID_DEVICE_A, KIND_DEVICE), HandlerWork(s))
    s.add(ID_HANDLER_B, 3000, packets(3, ID_DEVICE_B, KIND_DEVICE), HandlerWork(s))
    s.add(ID_DEVICE_A, 4000, None, DeviceWork(s))
    s.add(ID_DEVICE_B, 5000, None, DeviceWork(s))
    s.schedule()
    return s.queue_count * 10_000 + s.hold_count


def run(n):
    result = 0
    for _ in range(n):
        result = simulate()
    return result


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
