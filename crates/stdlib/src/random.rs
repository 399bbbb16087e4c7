//! The module `random`: a generator (xoshiro256**) in each process, which `random.seed` makes reproducible. Not for
//! secrets.

use heap::Value;
use vm::{Cx, Exit, RandomState};

use crate::argument::is_given;
use crate::rows::rows;

rows! {
    /// Starts the process's own sequence of random numbers anew; the same seed gives the same numbers.
    ///
    ///     import random
    ///     random.seed(7)
    ///     let a = random.int(1, 100)
    ///     random.seed(7)
    ///     print(a == random.int(1, 100)) // expect: true
    "random.seed" "(number: Int)" seed;
    /// A random Float from 0 up to, but not including, 1.
    ///
    ///     import random
    ///     let x = random.float()
    ///     print(0 <= x && x < 1) // expect: true
    "random.float" "()" float;
    /// A random Int from `low` to `high`, both included.
    ///
    ///     import random
    ///     print(random.int(1, 6) in 1..=6) // expect: true
    "random.int" "(low: Int, high: Int)" int, ALLOCATES;
    /// A random element of a list; an IndexError where it is empty.
    ///
    ///     import random
    ///     print(random.choice([1, 2, 3]) in [1, 2, 3]) // expect: true
    "random.choice" "(list: List)" choice;
    /// So many different elements of a list, in random order; a ValueError where it has fewer.
    ///
    ///     import random
    ///     print(random.sample([1, 2, 3], 3).sorted()) // expect: [1, 2, 3]
    "random.sample" "(list: List, n: Int)" sample, ALLOCATES;
    /// A random Float of the normal distribution.
    ///
    ///     import random
    ///     print(random.normal(100, 0.001) in 99..101) // expect: true
    "random.normal" "(mean: Int | Float | Nil = 0.0, deviation: Int | Float | Nil = 1.0)" normal;
    /// `true` or `false`, each as often as the other.
    ///
    ///     import random
    ///     print(random.bool() in [true, false]) // expect: true
    "random.bool" "()" bool;
}

struct Generator(RandomState);

impl Generator {
    /// The state is drawn from the seed by splitmix64, so that similar seeds give unrelated sequences.
    fn new(seed: u64) -> Generator {
        let mut word = seed;
        Generator([(); 4].map(|()| {
            word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ mixed >> 31
        }))
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.0 = [a ^ d, b ^ c, c ^ b << 17, d.rotate_left(45)];
        result
    }
}

/// The next number of the process's generator. Where a constant is evaluated, any number does.
fn next(cx: &mut Cx) -> u64 {
    let Some(state) = cx.random_state(|seed| Generator::new(seed).0) else {
        return heap::Shared::random_seed();
    };
    let mut generator = Generator(*state);
    let number = generator.next();
    *state = generator.0;
    number
}

/// A random number below `limit`, each equally often.
pub(crate) fn below(cx: &mut Cx, limit: u64) -> u64 {
    below_with(limit, || next(cx))
}

fn below_with(limit: u64, mut next: impl FnMut() -> u64) -> u64 {
    // Draws from the incomplete last stretch would favour small results.
    let unfair = u64::MAX - u64::MAX % limit.max(1);
    loop {
        let number = next();
        if number < unfair {
            return number % limit.max(1);
        }
    }
}

fn seed(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = cx.int_of(args[0], "the seed")?;
    if let Some(state) = cx.random_state(|_| RandomState::default()) {
        *state = Generator::new(number as u64).0;
    }
    Ok(Value::NIL)
}

/// From 0 up to, but not including, 1.
fn unit(cx: &mut Cx) -> f64 {
    let bits = next(cx) >> 11;
    bits as f64 / (1u64 << 53) as f64
}

fn float(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    Ok(Value::float(unit(cx)))
}

fn int(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (low, high) = (cx.int_of(args[0], "the lower bound")?, cx.int_of(args[1], "the upper bound")?);
    if low > high {
        return Err(cx.value_error(&format!("the lower bound {low} is above the upper one, {high}")));
    }
    let span = (high as u64).wrapping_sub(low as u64).wrapping_add(1);
    let offset = if span == 0 { next(cx) } else { below(cx, span) };
    cx.int((low as u64).wrapping_add(offset) as i64)
}

fn choice(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = cx.list_of(args[0], "what to choose from")?;
    if list.is_empty() {
        return Err(cx.index_error("choice from an empty list"));
    }
    Ok(list.get(below(cx, list.len() as u64) as usize).unwrap_or(Value::NIL))
}

fn sample(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let list = cx.list_of(args[0], "what to choose from")?;
    let count = cx.count_of(args[1], "the number of elements")?;
    if count > list.len() {
        return Err(cx.value_error(&format!("a list of {} has no {count} different elements", list.len())));
    }
    cx.charge_ticks(list.len() as u64 / 16);
    let mut rest = list.elements().to_vec();
    for chosen in 0..count {
        let other = chosen + below(cx, (rest.len() - chosen) as u64) as usize;
        rest.swap(chosen, other);
    }
    cx.list(&rest[..count])
}

/// By the method of Box and Muller.
fn normal(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let of = |cx: &mut Cx, value: Value, what: &str, default: f64| {
        if is_given(value) { cx.number_of(value, what) } else { Ok(default) }
    };
    let (mean, deviation) = (of(cx, args[0], "the mean", 0.0)?, of(cx, args[1], "the deviation", 1.0)?);
    // Above 0, so that its logarithm is finite.
    let (first, second) = (1.0 - unit(cx), unit(cx));
    let standard = (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos();
    Ok(Value::float(mean + deviation * standard))
}

fn bool(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(next(cx) >> 63 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let draw = |seed| {
            let mut generator = Generator::new(seed);
            [(); 5].map(|()| generator.next())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn numbers_stay_below_their_limit() {
        for limit in [1, 2, 3, 1 << 40, u64::MAX] {
            let mut generator = Generator::new(limit);
            assert!((0..100).all(|_| below_with(limit, || generator.next()) < limit));
        }
    }
}
