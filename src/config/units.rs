//! Durations and sizes as people write them: `100ms`, `1m30s`, `16MiB`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time: whole numbers with the units `ms`, `s`, `m`, `h`, largest first, such as `1m30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(pub Duration);

/// A number of bytes: a whole number with one of the units `B`, `KiB`, `MiB`, `GiB` (powers of 1024) or `kB`, `MB`,
/// `GB` (powers of 1000). Without a unit: bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// Why a text is no duration or size: a sentence for the user that also shows what is right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnitError(String);

impl HumanDuration {
    /// `n` seconds.
    pub const fn secs(n: u64) -> HumanDuration {
        HumanDuration(Duration::from_secs(n))
    }

    /// `n` milliseconds.
    pub const fn millis(n: u64) -> HumanDuration {
        HumanDuration(Duration::from_millis(n))
    }
}

/// Milliseconds of each unit, in the order in which they may follow each other.
const TIME_UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Bytes of each unit, the one that is written first.
const SIZE_UNITS: [(&str, u64); 8] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("KB", 1_000),
    ("B", 1),
];

impl FromStr for HumanDuration {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let fault = |what: &str| UnitError(format!("`{text}` {what}; write it like `100ms`, `10s` or `1m30s`"));
        let (mut rest, mut total_ms, mut next_unit) = (text.trim(), 0u64, 0);
        if rest.is_empty() {
            return Err(fault("is no duration"));
        }
        while !rest.is_empty() {
            let (number, unit, after) = number_and_unit(rest).ok_or_else(|| fault("is no duration"))?;
            if unit.is_empty() {
                return Err(fault("has no unit"));
            }
            let place = TIME_UNITS
                .iter()
                .position(|(name, _)| *name == unit)
                .ok_or_else(|| fault(&format!("has the unknown unit `{unit}`")))?;
            if place < next_unit {
                return Err(fault("has its units in the wrong order"));
            }
            next_unit = place + 1;
            total_ms = number
                .checked_mul(TIME_UNITS[place].1)
                .and_then(|ms| ms.checked_add(total_ms))
                .ok_or_else(|| fault("is too long"))?;
            rest = after;
        }
        Ok(HumanDuration(Duration::from_millis(total_ms)))
    }
}

impl FromStr for ByteSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let fault = |what: &str| UnitError(format!("`{text}` {what}; write it like `512KiB`, `16MiB` or `1GiB`"));
        let (number, unit, rest) = number_and_unit(text.trim()).ok_or_else(|| fault("is no size"))?;
        if !rest.is_empty() {
            return Err(fault("is no size"));
        }
        let (_, scale) = match unit {
            "" => ("B", 1),
            unit => *SIZE_UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .ok_or_else(|| fault(&format!("has the unknown unit `{unit}`")))?,
        };
        number.checked_mul(scale).map(ByteSize).ok_or_else(|| fault("is too large"))
    }
}

/// Splits `12ms34…` into 12, `ms` and `34…`; `None` when no number stands at the start, or it does not fit.
fn number_and_unit(text: &str) -> Option<(u64, &str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok()?;
    let after_number = text[digits..].trim_start();
    let unit_end = after_number.find(|c: char| c.is_ascii_digit()).unwrap_or(after_number.len());
    Some((number, after_number[..unit_end].trim_end(), &after_number[unit_end..]))
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        // One unit is enough: what is no whole number of seconds is written in milliseconds.
        let (unit, scale) = TIME_UNITS
            .into_iter()
            .find(|&(_, scale)| ms > 0 && ms.is_multiple_of(u128::from(scale)))
            .unwrap_or(("ms", 1));
        write!(f, "{}{unit}", ms / u128::from(scale))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = SIZE_UNITS[..3].iter().find(|&&(_, scale)| self.0 > 0 && self.0.is_multiple_of(scale));
        match binary {
            Some((unit, scale)) => write!(f, "{}{unit}", self.0 / scale),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// Both types are read from and written as their text.
macro_rules! as_text {
    ($type:ty) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

as_text!(HumanDuration);
as_text!(ByteSize);

impl JsonSchema for HumanDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^(\d+ ?h)?(\d+ ?m)?(\d+ ?s)?(\d+ ?ms)?$",
            "minLength": 2,
            "description": "A length of time: whole numbers with the units ms, s, m, h, such as 1m30s.",
            "examples": ["100ms", "10s", "1m30s"],
        })
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "integer"],
            "pattern": r"^\d+ ?(B|KiB|MiB|GiB|kB|KB|MB|GB)?$",
            "minimum": 0,
            "description": "A number of bytes: B, KiB, MiB, GiB (powers of 1024) or kB, MB, GB (powers of 1000).",
            "examples": ["512KiB", "16MiB"],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, ms) in
            [("100ms", 100), ("10s", 10_000), ("1m30s", 90_000), ("2h", 7_200_000), (" 5 s ", 5_000), ("0ms", 0)]
        {
            assert_eq!(text.parse(), Ok(HumanDuration::millis(ms)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "is no duration"),
            ("fast", "is no duration"),
            ("-1s", "is no duration"),
            ("1.5s", "has the unknown unit `.`"),
            ("10", "has no unit"),
            ("10 days", "has the unknown unit `days`"),
            ("30s1m", "has its units in the wrong order"),
            ("1s1s", "has its units in the wrong order"),
            ("18446744073709551615h", "is too long"),
            ("99999999999999999999s", "is no duration"),
        ] {
            let error = text.parse::<HumanDuration>().expect_err(text).to_string();
            assert_eq!(error, format!("`{text}` {reason}; write it like `100ms`, `10s` or `1m30s`"));
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("17B", 17),
            ("2KiB", 2048),
            ("16 MiB", 16 << 20),
            ("1GiB", 1 << 30),
            ("3kB", 3000),
            ("1GB", 1_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "is no size"),
            ("big", "is no size"),
            ("16Mib", "has the unknown unit `Mib`"),
            ("1GiB2", "is no size"),
            ("18446744073709551615KiB", "is too large"),
        ] {
            let error = text.parse::<ByteSize>().expect_err(text).to_string();
            assert_eq!(error, format!("`{text}` {reason}; write it like `512KiB`, `16MiB` or `1GiB`"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_back(n in any::<u32>(), size in any::<u64>()) {
            let duration = HumanDuration::millis(u64::from(n));
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
            prop_assert_eq!(ByteSize(size).to_string().parse(), Ok(ByteSize(size)));
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in ".*") {
            let _ = text.parse::<HumanDuration>();
            let _ = text.parse::<ByteSize>();
        }
    }
}
