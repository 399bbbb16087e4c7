// A one-way constraint solver that plans again as constraints come and go.
// Strengths: the smaller the stronger.
const REQUIRED = 0;
const PREFERRED = 2;
const NORMAL = 4;
const WEAKEST = 6;

class Variable {
  constructor(name, value) {
    this.name = name;
    this.value = value;
    this.constraints = [];
    this.determinedBy = null;
    this.mark = 0;
    this.strength = WEAKEST;
    this.stay = true;
  }
}

class Constraint {
  constructor(strength) {
    this.strength = strength;
  }

  attach() {
    for (const v of this.variables()) v.constraints.push(this);
  }

  detach() {
    for (const v of this.variables()) v.constraints = v.constraints.filter((c) => c !== this);
  }

  // Turns the constraint on if it can be; gives the constraint it pushed out, or null.
  satisfy(mark, planner) {
    this.choose(mark);
    if (!this.isSatisfied()) {
      if (this.strength === REQUIRED) throw new Error("a required constraint cannot hold");
      return null;
    }
    for (const v of this.inputs()) v.mark = mark;
    const output = this.output();
    const overridden = output.determinedBy;
    if (overridden !== null) overridden.turnOff();
    output.determinedBy = this;
    if (!planner.propagateFrom(this, mark)) throw new Error("a cycle of constraints");
    output.mark = mark;
    return overridden;
  }

  inputsKnown(mark) {
    for (const v of this.inputs()) {
      if (v.mark !== mark && !v.stay && v.determinedBy !== null) return false;
    }
    return true;
  }

  isInput() {
    return false;
  }
}

const stronger = (a, b) => a < b;
const weaker = (a, b) => (a > b ? a : b);

// A constraint on one variable: it stays, or it is set from outside.
class Unary extends Constraint {
  constructor(strength, target) {
    super(strength);
    this.target = target;
    this.on = false;
  }

  variables() {
    return [this.target];
  }

  inputs() {
    return [];
  }

  output() {
    return this.target;
  }

  isSatisfied() {
    return this.on;
  }

  turnOff() {
    this.on = false;
  }

  choose(mark) {
    this.on = this.target.mark !== mark && stronger(this.strength, this.target.strength);
  }

  recalculate() {
    this.target.strength = this.strength;
    this.target.stay = !this.isInput();
    if (this.target.stay) this.execute();
  }

  execute() {}
}

class Stay extends Unary {}

class Edit extends Unary {
  isInput() {
    return true;
  }
}

// A constraint between two variables that can be solved in either direction.
class Binary extends Constraint {
  constructor(strength, first, second) {
    super(strength);
    this.first = first;
    this.second = second;
    this.direction = null;
  }

  variables() {
    return [this.first, this.second];
  }

  isSatisfied() {
    return this.direction !== null;
  }

  turnOff() {
    this.direction = null;
  }

  input() {
    return this.direction === "forward" ? this.first : this.second;
  }

  output() {
    return this.direction === "forward" ? this.second : this.first;
  }

  inputs() {
    return [this.input()];
  }

  choose(mark) {
    const a = this.first;
    const b = this.second;
    this.direction = null;
    if (a.mark === mark) {
      if (b.mark !== mark && stronger(this.strength, b.strength)) this.direction = "forward";
    } else if (b.mark === mark) {
      if (stronger(this.strength, a.strength)) this.direction = "backward";
    } else if (a.strength > b.strength) {
      if (stronger(this.strength, a.strength)) this.direction = "backward";
    } else if (stronger(this.strength, b.strength)) {
      this.direction = "forward";
    }
  }

  recalculate() {
    const from = this.input();
    const to = this.output();
    to.strength = weaker(this.strength, from.strength);
    to.stay = from.stay;
    if (to.stay) this.execute();
  }
}

class Equal extends Binary {
  execute() {
    this.output().value = this.input().value;
  }
}

// `second = first * scale + offset`.
class Scale extends Binary {
  constructor(strength, first, second, scale, offset) {
    super(strength, first, second);
    this.scale = scale;
    this.offset = offset;
  }

  variables() {
    return [this.first, this.second, this.scale, this.offset];
  }

  inputs() {
    return [this.input(), this.scale, this.offset];
  }

  execute() {
    if (this.direction === "forward") {
      this.second.value = this.first.value * this.scale.value + this.offset.value;
    } else {
      this.first.value = Math.floor((this.second.value - this.offset.value) / this.scale.value);
    }
  }

  recalculate() {
    const from = this.input();
    const to = this.output();
    to.strength = weaker(this.strength, from.strength);
    to.stay = from.stay && this.scale.stay && this.offset.stay;
    if (to.stay) this.execute();
  }
}

class Planner {
  constructor() {
    this.mark = 0;
  }

  nextMark() {
    this.mark++;
    return this.mark;
  }

  add(constraint) {
    constraint.attach();
    const mark = this.nextMark();
    let next = constraint.satisfy(mark, this);
    while (next !== null) next = next.satisfy(mark, this);
    return constraint;
  }

  remove(constraint) {
    const output = constraint.isSatisfied() ? constraint.output() : null;
    constraint.turnOff();
    constraint.detach();
    if (output === null) return;
    output.determinedBy = null;
    output.strength = WEAKEST;
    output.stay = true;
    const unsatisfied = this.undetermineFrom(output);
    unsatisfied.sort((a, b) => a.strength - b.strength);
    for (const other of unsatisfied) {
      const mark = this.nextMark();
      let next = other.satisfy(mark, this);
      while (next !== null) next = next.satisfy(mark, this);
    }
  }

  undetermineFrom(start) {
    const unsatisfied = [];
    const todo = [start];
    while (todo.length > 0) {
      const v = todo.pop();
      for (const c of v.constraints) if (!c.isSatisfied()) unsatisfied.push(c);
      for (const c of this.consumers(v)) {
        const output = c.output();
        c.recalculate();
        todo.push(output);
      }
    }
    return unsatisfied;
  }

  consumers(v) {
    return v.constraints.filter((c) => c.isSatisfied() && c !== v.determinedBy);
  }

  propagateFrom(constraint, mark) {
    const todo = [constraint];
    while (todo.length > 0) {
      const next = todo.pop();
      if (next.output().mark === mark) return false;
      next.recalculate();
      for (const c of this.consumers(next.output())) todo.push(c);
    }
    return true;
  }

  // The constraints that must run, in order, when the given inputs change.
  planFor(sources) {
    const mark = this.nextMark();
    const plan = [];
    const todo = [...sources];
    while (todo.length > 0) {
      const c = todo.pop();
      const output = c.output();
      if (output.mark !== mark && c.inputsKnown(mark)) {
        plan.push(c);
        output.mark = mark;
        for (const consumer of this.consumers(output)) todo.push(consumer);
      }
    }
    return plan;
  }
}

function change(planner, variable, values) {
  const edit = planner.add(new Edit(PREFERRED, variable));
  const plan = planner.planFor([edit]);
  for (const value of values) {
    variable.value = value;
    for (const c of plan) c.execute();
  }
  planner.remove(edit);
}

// A long chain of equalities, changed at one end.
function chain(n) {
  const planner = new Planner();
  const variables = Array.from({ length: n + 1 }, (_, i) => new Variable(`v${i}`, 0));
  for (let i = 0; i < n; i++) planner.add(new Equal(REQUIRED, variables[i], variables[i + 1]));
  planner.add(new Stay(NORMAL, variables[n]));
  change(planner, variables[0], Array.from({ length: 50 }, (_, i) => i));
  return variables[n].value;
}

// Many pairs bound by one scale and one offset, changed from all sides.
function projection(n) {
  const planner = new Planner();
  const scale = new Variable("scale", 10);
  const offset = new Variable("offset", 1000);
  const sources = [];
  const targets = [];
  for (let i = 0; i < n; i++) {
    const source = new Variable("source", i);
    const target = new Variable("target", i);
    sources.push(source);
    targets.push(target);
    planner.add(new Stay(NORMAL, source));
    planner.add(new Scale(REQUIRED, source, target, scale, offset));
  }
  change(planner, sources[0], [17]);
  let sum = targets[0].value;
  change(planner, targets[1], [1050]);
  sum += sources[1].value;
  change(planner, scale, [5]);
  for (const target of targets) sum += target.value;
  change(planner, offset, [2000]);
  for (const target of targets) sum += target.value * 3;
  return sum;
}

function run(n) {
  let result = 0;
  for (let i = 0; i < 10; i++) result = (result * 31 + chain(n + i) + projection(n + i)) % 1000003;
  return result;
}

const n = Number(process.argv[2] ?? 600);
const start = performance.now();
const result = run(n);
console.error(`time_ms=${performance.now() - start}`);
console.log(String(result));
