# A one-way constraint solver that plans again as constraints come and go.
import sys
import time


# Strengths: the smaller the stronger.
REQUIRED = 0
PREFERRED = 2
NORMAL = 4
WEAKEST = 6


class Variable:
    def __init__(self, name, value):
        self.name = name
        self.value = value
        self.constraints = []
        self.determined_by = None
        self.mark = 0
        self.strength = WEAKEST
        self.stay = True


class Constraint:
    def __init__(self, strength):
        self.strength = strength

    def attach(self):
        for v in self.variables():
            v.constraints.append(self)

    def detach(self):
        for v in self.variables():
            v.constraints = [c for c in v.constraints if c is not self]

    def satisfy(self, mark, planner):
        """Turns the constraint on if it can be; gives the constraint it pushed out, or None."""
        self.choose(mark)
        if not self.is_satisfied():
            if self.strength == REQUIRED:
                raise RuntimeError("a required constraint cannot hold")
            return None
        for v in self.inputs():
            v.mark = mark
        output = self.output()
        overridden = output.determined_by
        if overridden is not None:
            overridden.turn_off()
        output.determined_by = self
        if not planner.propagate_from(self, mark):
            raise RuntimeError("a cycle of constraints")
        output.mark = mark
        return overridden

    def inputs_known(self, mark):
        for v in self.inputs():
            if v.mark != mark and not v.stay and v.determined_by is not None:
                return False
        return True

    def is_input(self):
        return False


def stronger(a, b):
    return a < b


def weaker(a, b):
    return a if a > b else b


class Unary(Constraint):
    """A constraint on one variable: it stays, or it is set from outside."""

    def __init__(self, strength, target):
        super().__init__(strength)
        self.target = target
        self.on = False

    def variables(self):
        return [self.target]

    def inputs(self):
        return []

    def output(self):
        return self.target

    def is_satisfied(self):
        return self.on

    def turn_off(self):
        self.on = False

    def choose(self, mark):
        self.on = self.target.mark != mark and stronger(self.strength, self.target.strength)

    def recalculate(self):
        self.target.strength = self.strength
        self.target.stay = not self.is_input()
        if self.target.stay:
            self.execute()

    def execute(self):
        pass


class Stay(Unary):
    pass


class Edit(Unary):
    def is_input(self):
        return True


class Binary(Constraint):
    """A constraint between two variables that can be solved in either direction."""

    def __init__(self, strength, first, second):
        super().__init__(strength)
        self.first = first
        self.second = second
        self.direction = None

    def variables(self):
        return [self.first, self.second]

    def is_satisfied(self):
        return self.direction is not None

    def turn_off(self):
        self.direction = None

    def input(self):
        return self.first if self.direction == "forward" else self.second

    def output(self):
        return self.second if self.direction == "forward" else self.first

    def inputs(self):
        return [self.input()]

    def choose(self, mark):
        a = self.first
        b = self.second
        self.direction = None
        if a.mark == mark:
            if b.mark != mark and stronger(self.strength, b.strength):
                self.direction = "forward"
        elif b.mark == mark:
            if stronger(self.strength, a.strength):
                self.direction = "backward"
        elif a.strength > b.strength:
            if stronger(self.strength, a.strength):
                self.direction = "backward"
        elif stronger(self.strength, b.strength):
            self.direction = "forward"

    def recalculate(self):
        source = self.input()
        target = self.output()
        target.strength = weaker(self.strength, source.strength)
        target.stay = source.stay
        if target.stay:
            self.execute()


class Equal(Binary):
    def execute(self):
        self.output().value = self.input().value


class Scale(Binary):
    """`second = first * scale + offset`."""

    def __init__(self, strength, first, second, scale, offset):
        super().__init__(strength, first, second)
        self.scale = scale
        self.offset = offset

    def variables(self):
        return [self.first, self.second, self.scale, self.offset]

    def inputs(self):
        return [self.input(), self.scale, self.offset]

    def execute(self):
        if self.direction == "forward":
            self.second.value = self.first.value * self.scale.value + self.offset.value
        else:
            self.first.value = (self.second.value - self.offset.value) // self.scale.value

    def recalculate(self):
        source = self.input()
        target = self.output()
        target.strength = weaker(self.strength, source.strength)
        target.stay = source.stay and self.scale.stay and self.offset.stay
        if target.stay:
            self.execute()


class Planner:
    def __init__(self):
        self.mark = 0

    def next_mark(self):
        self.mark += 1
        return self.mark

    def add(self, constraint):
        constraint.attach()
        mark = self.next_mark()
        following = constraint.satisfy(mark, self)
        while following is not None:
            following = following.satisfy(mark, self)
        return constraint

    def remove(self, constraint):
        output = constraint.output() if constraint.is_satisfied() else None
        constraint.turn_off()
        constraint.detach()
        if output is None:
            return
        output.determined_by = None
        output.strength = WEAKEST
        output.stay = True
        unsatisfied = self.undetermine_from(output)
        unsatisfied.sort(key=lambda c: c.strength)
        for other in unsatisfied:
            mark = self.next_mark()
            following = other.satisfy(mark, self)
            while following is not None:
                following = following.satisfy(mark, self)

    def undetermine_from(self, start):
        unsatisfied = []
        todo = [start]
        while todo:
            v = todo.pop()
            for c in v.constraints:
                if not c.is_satisfied():
                    unsatisfied.append(c)
            for c in self.consumers(v):
                output = c.output()
                c.recalculate()
                todo.append(output)
        return unsatisfied

    def consumers(self, v):
        return [c for c in v.constraints if c.is_satisfied() and c is not v.determined_by]

    def propagate_from(self, constraint, mark):
        todo = [constraint]
        while todo:
            following = todo.pop()
            if following.output().mark == mark:
                return False
            following.recalculate()
            for c in self.consumers(following.output()):
                todo.append(c)
        return True

    def plan_for(self, sources):
        """The constraints that must run, in order, when the given inputs change."""
        mark = self.next_mark()
        plan = []
        todo = list(sources)
        while todo:
            c = todo.pop()
            output = c.output()
            if output.mark != mark and c.inputs_known(mark):
                plan.append(c)
                output.mark = mark
                for consumer in self.consumers(output):
                    todo.append(consumer)
        return plan


def change(planner, variable, values):
    edit = planner.add(Edit(PREFERRED, variable))
    plan = planner.plan_for([edit])
    for value in values:
        variable.value = value
        for c in plan:
            c.execute()
    planner.remove(edit)


def chain(n):
    """A long chain of equalities, changed at one end."""
    planner = Planner()
    variables = [Variable(f"v{i}", 0) for i in range(n + 1)]
    for i in range(n):
        planner.add(Equal(REQUIRED, variables[i], variables[i + 1]))
    planner.add(Stay(NORMAL, variables[n]))
    change(planner, variables[0], range(50))
    return variables[n].value


def projection(n):
    """Many pairs bound by one scale and one offset, changed from all sides."""
    planner = Planner()
    scale = Variable("scale", 10)
    offset = Variable("offset", 1000)
    sources = []
    targets = []
    for i in range(n):
        source = Variable("source", i)
        target = Variable("target", i)
        sources.append(source)
        targets.append(target)
        planner.add(Stay(NORMAL, source))
        planner.add(Scale(REQUIRED, source, target, scale, offset))
    change(planner, sources[0], [17])
    total = targets[0].value
    change(planner, targets[1], [1050])
    total += sources[1].value
    change(planner, scale, [5])
    for target in targets:
        total += target.value
    change(planner, offset, [2000])
    for target in targets:
        total += target.value * 3
    return total


def run(n):
    result = 0
    for i in range(10):
        result = (result * 31 + chain(n + i) + projection(n + i)) % 1000003
    return result


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    start = time.perf_counter()
    result = run(n)
    print(f"time_ms={(time.perf_counter() - start) * 1000}", file=sys.stderr)
    print(result)


main()
