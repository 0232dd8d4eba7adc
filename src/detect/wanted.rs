//! Which matchers texts of a class want, for the classes that were met lately: a stream has few of them.

use crate::record::Class;

/// Slots, a power of two.
const SLOTS: usize = 256;

/// The matchers that are wanted, as bits, each with the question that it answers. Zero: nothing was asked.
pub(super) struct Wanted(Box<[(u32, u64); SLOTS]>);

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted(Box::new([(0, 0); SLOTS]))
    }
}

impl Wanted {
    /// The bits for texts of `class` with so many digits, which may hold a secret or not: those of before, or what `ask` says.
    #[inline]
    pub(super) fn of(&mut self, class: Class, digits: u8, secret: bool, ask: impl FnOnce() -> u64) -> u64 {
        const ASKED: u32 = 1 << 31;
        let question = ASKED | u32::from(secret) << 30 | u32::from(digits) << 16 | u32::from(class.0);
        let slot = &mut self.0[(question.wrapping_mul(0x9e37_79b1) >> (32 - SLOTS.ilog2())) as usize];
        if slot.0 != question {
            *slot = (question, ask());
        }
        slot.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_has_its_own_answer() {
        let mut wanted = Wanted::default();
        for _ in 0..2 {
            for class in 0..1 << 10 {
                for (digits, secret) in [(0, false), (0, true), (255, false)] {
                    let answer = u64::from(class) << 9 | u64::from(digits) << 1 | u64::from(secret);
                    assert_eq!(wanted.of(Class(class), digits, secret, || answer), answer);
                    assert_eq!(wanted.of(Class(class), digits, secret, || unreachable!("it is known")), answer);
                }
            }
        }
    }
}
