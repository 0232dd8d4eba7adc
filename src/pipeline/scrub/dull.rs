//! Values that can hold nothing, in fields of which nothing is said: most of a stream. They are told before anything else is
//! looked at.

use super::Core;
use super::reading::SIGNS;
use crate::decode::{encoded, tables};
use crate::detect::{SECRET_BYTES_MIN, is_time};
use crate::record::{Class, Kind, Scalar};

/// Shortest text that its class alone does not dismiss: no secret, no table and nothing encoded is shorter.
const LOOKED_AT_MIN: usize = least([encoded::SIGNS_MIN, tables::BYTES_MIN, SECRET_BYTES_MIN]);

impl Core {
    /// Whether it is such a value. Not for one that is named by what stands around it or beside it.
    #[inline]
    pub(super) fn is_dull(&self, scalar: &Scalar, text: &str) -> bool {
        let Scalar { path, span, class, digits, kind, .. } = *scalar;
        if !self.detector.is_silent(path) || self.flags == Some(path) {
            return false;
        }
        match kind {
            Kind::Object | Kind::Bool | Kind::Null => true,
            Kind::String => self.is_plain(&text.as_bytes()[span.range()], class, digits),
            Kind::Number => !self.detector.may_hold(kind, class, digits),
            Kind::Key | Kind::Array => false,
        }
    }

    /// Whether a string is dismissed by its class and length, or as a time: [`Core::first_look`] would find nothing in it.
    #[inline]
    fn is_plain(&self, text: &[u8], class: Class, digits: u8) -> bool {
        let short = text.len() < LOOKED_AT_MIN
            && !class.has(SIGNS.with(Class::NON_ASCII))
            && !self.detector.may_hold(Kind::String, class, digits);
        short || is_time(text, digits)
    }
}

const fn least([a, b, c]: [usize; 3]) -> usize {
    let least = if a < b { a } else { b };
    if least < c { least } else { c }
}

#[cfg(test)]
mod tests {
    use proptest::test_runner::{Config, TestRunner};

    use super::*;
    use crate::pipeline::scrub::tests::scrubber;

    #[test]
    fn what_is_dismissed_at_once_is_what_the_first_look_finds_nothing_in() {
        let core = std::cell::RefCell::new(scrubber("{}").core);
        let dismissed = std::cell::Cell::new(0);
        let is_dismissed = |text: &str| {
            let (class, digits) = Class::of_text(text.as_bytes());
            let mut core = core.borrow_mut();
            let nothing = core.first_look(text, Kind::String, class, digits).is_nothing();
            let plain = core.is_plain(text.as_bytes(), class, digits);
            assert!(nothing || !plain, "{text}");
            plain
        };
        for text in ["ID", "Padang", "IDR", "approved", "2026-01-05T00:00:00.006Z", "2026-01-05 00:00:00+07:00", ""] {
            assert!(is_dismissed(text), "{text}");
        }
        let mut runner = TestRunner::new(Config { failure_persistence: None, cases: 20_000, ..Config::default() });
        let texts = "([a-z0-9]{1,3}|[ -~]{1,2}|2026-01-05[T ]1[0-9]:00:0|[0-9]{1,4}|[.][0-9]{3}|[Z+:-]){0,5}";
        let result = runner.run(&texts, |text| {
            dismissed.set(dismissed.get() + i32::from(is_dismissed(&text)));
            Ok(())
        });
        result.expect("it holds for every text");
        assert!(dismissed.get() > 1_000, "{} were dismissed", dismissed.get());
    }
}
