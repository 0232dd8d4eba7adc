//! Amounts of money as exact decimals: a number of millionths, read from a JSON number or a text.

use std::fmt;

/// An amount in millionths of its currency's unit. Exact: a text that does not fit is no amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i64);

/// Millionths in one.
const SCALE: i64 = 1_000_000;
/// Decimal places of [`SCALE`].
const PLACES: i32 = 6;

impl Money {
    /// Reads `-12.50`, `1e3` or `250000`. `None`: no number, more than six significant places, or more than 9.2 · 10¹².
    pub fn parse(text: &str) -> Option<Money> {
        if let Some(whole) = short_whole(text) {
            return Some(Money(whole * SCALE));
        }
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match digits.find(['e', 'E']) {
            Some(at) => (&digits[..at], digits[at + 1..].parse::<i32>().ok().filter(|e| (-30..=30).contains(e))?),
            None => (digits, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() || whole.len() + fraction.len() > 40 {
            return None;
        }
        let mut value: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = byte.is_ascii_digit().then(|| i128::from(byte - b'0'))?;
            value = value.checked_mul(10)?.checked_add(digit)?;
        }
        let shift = PLACES + exponent - fraction.len() as i32;
        let power = 10i128.checked_pow(shift.unsigned_abs())?;
        let value = if shift >= 0 {
            value.checked_mul(power)?
        } else if value % power == 0 {
            value / power
        } else {
            return None;
        };
        let value = i64::try_from(value).ok()?;
        Some(Money(if negative { -value } else { value }))
    }

    /// The nearest floating-point number, for ratios and models; balances are never computed with it.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }

    /// `self + other`, if it fits.
    pub fn plus(self, other: Money) -> Option<Money> {
        self.0.checked_add(other.0).map(Money)
    }

    /// `self - other`, if it fits.
    pub fn minus(self, other: Money) -> Option<Money> {
        self.0.checked_sub(other.0).map(Money)
    }

    /// Its size without its sign.
    pub fn abs(self) -> Money {
        Money(self.0.saturating_abs())
    }
}

/// A number of twelve plain digits at most, as most amounts are: it cannot overflow.
fn short_whole(text: &str) -> Option<i64> {
    let add = |sum: i64, byte: u8| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'));
    (1..=12).contains(&text.len()).then(|| text.bytes().try_fold(0, add))?
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0.unsigned_abs() / SCALE as u64, self.0.unsigned_abs() % SCALE as u64);
        let sign = if self.0 < 0 { "-" } else { "" };
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{rest:06}");
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, micros) in [
            ("0", 0),
            ("-12.50", -12_500_000),
            ("34958.30", 34_958_300_000),
            ("1e3", 1_000_000_000),
            ("1.5E-2", 15_000),
            ("0.0000010", 1),
            ("+7", 7_000_000),
            ("999999999999", 999_999_999_999_000_000),
            ("0001000000000", 1_000_000_000_000_000),
        ] {
            assert_eq!(Money::parse(text), Some(Money(micros)), "{text}");
        }
        for text in ["", "-", ".", "NaN", "Infinity", "1,000", "0.0000001", "1e99", "9300000000000", "12a", "--1"] {
            assert_eq!(Money::parse(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_again(micros in -i64::MAX..i64::MAX) {
            prop_assert_eq!(Money::parse(&Money(micros).to_string()), Some(Money(micros)));
        }

        #[test]
        fn nothing_panics(text: String) {
            let _ = Money::parse(&text);
        }
    }
}
