//! What time a line is of, and the salt of its day.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::scrub::Args;
use super::{CliError, note};
use crate::config::{Loaded, SaltStore};
use crate::pipeline::keeper::Keeper;
use crate::pipeline::{Plan, clock, salts};
use crate::pseudonymize::{DAY_MS, day_of};

/// Before any day: such a line gets redacted values where tokens are daily.
const UNKNOWN_MS: i64 = -1;

/// Tells the times of lines.
pub struct Times {
    from: From,
    /// Keeps the salts; none are needed without.
    keeper: Option<Keeper>,
    /// The day whose salt the keeper was asked for last.
    day: Option<u32>,
}

enum From {
    Clock,
    Fixed(i64),
    Field(Vec<String>),
}

impl Times {
    /// Times as the arguments say; the salts go into `plan`.
    pub fn new(args: &Args, loaded: &Loaded, plan: &Plan) -> Result<Times, CliError> {
        let from = match (args.day, &args.time) {
            (Some(date), _) => {
                let start =
                    date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|e| CliError::Usage(format!("--day: {e}")))?;
                From::Fixed(start.timestamp().as_millisecond() + DAY_MS / 2)
            }
            (None, Some(path)) => From::Field(path.split('.').map(str::to_owned).collect()),
            (None, None) => From::Clock,
        };
        let place = loaded.settings.pseudonyms.salts.as_ref().map(|place| match (&args.salts, place) {
            (Some(path), _) => Some(SaltStore::File(path.clone())),
            (None, SaltStore::File(path)) => Some(SaltStore::File(path.clone())),
            (None, SaltStore::Topic(_)) => None,
        });
        let keeper = place.map(|place| match place {
            Some(place) => salts::keeper(&place, &Arc::new(loaded.settings.clone()), plan),
            None => {
                note("no --salts file: a throw-away salt makes the daily tokens, and no other run makes the same");
                salts::throwaway(plan)
            }
        });
        let mut times = Times { from, keeper, day: None };
        times.keep_salt()?;
        Ok(times)
    }

    /// The time of a line, ms since 1970.
    pub fn of(&mut self, line: &[u8]) -> Result<i64, CliError> {
        self.keep_salt()?;
        Ok(match &self.from {
            From::Clock => clock::now_ms(),
            From::Fixed(time_ms) => *time_ms,
            From::Field(path) => field_ms(line, path).unwrap_or(UNKNOWN_MS),
        })
    }

    /// Makes sure of the salt of the wall clock's today. No other is ever minted.
    fn keep_salt(&mut self) -> Result<(), CliError> {
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        let today = day_of(clock::now_ms());
        if self.day != today {
            keeper.turn().map_err(|error| CliError::Failed(format!("daily salts: {error}")))?;
            self.day = today;
        }
        Ok(())
    }
}

/// The time in a field: RFC 3339, or a number of seconds or milliseconds since 1970.
fn field_ms(line: &[u8], path: &[String]) -> Option<i64> {
    /// Seconds beyond this are milliseconds: the year 5138, and in milliseconds 1973.
    const SECONDS_MAX: f64 = 1e11;
    let value: Value = serde_json::from_slice(line).ok()?;
    let value = path.iter().try_fold(&value, |value, name| value.get(name))?;
    let number = |number: f64| if number < SECONDS_MAX { number * 1e3 } else { number };
    match value {
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(time) => Some(time.as_millisecond()),
            Err(_) => text.parse::<f64>().ok().map(number).map(|ms| ms as i64),
        },
        Value::Number(n) => n.as_f64().map(number).map(|ms| ms as i64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_all_its_spellings() {
        let path: Vec<String> = ["a", "t"].map(str::to_owned).into();
        for text in [
            r#"{"a":{"t":"2026-01-31T00:00:00Z"}}"#,
            r#"{"a":{"t":"2026-01-31T07:00:00+07:00"}}"#,
            r#"{"a":{"t":1769817600}}"#,
            r#"{"a":{"t":1769817600.000}}"#,
            r#"{"a":{"t":1769817600000}}"#,
            r#"{"a":{"t":"1769817600000"}}"#,
        ] {
            assert_eq!(field_ms(text.as_bytes(), &path), Some(1_769_817_600_000), "{text}");
        }
        for text in ["", "{}", r#"{"a":{"t":"yesterday"}}"#, r#"{"a":{"t":null}}"#, r#"{"a":7}"#] {
            assert_eq!(field_ms(text.as_bytes(), &path), None, "{text}");
        }
    }
}
