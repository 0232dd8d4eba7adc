//! What time a line is of, and the salt of its day.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{CliError, note};
use crate::config::{Loaded, SaltStore};
use crate::pipeline::keeper::{Keeper, KeeperError};
use crate::pipeline::{Plan, clock, salts};
use crate::pseudonymize::{DAY_MS, day_of};

/// Before any day: such a line gets redacted values where tokens are daily.
const UNKNOWN_MS: i64 = -1;

/// Where lines come from.
#[derive(clap::Args, Debug, Default)]
pub struct OriginArgs {
    /// The day (UTC) that the lines are of, such as 2026-01-31: it decides key and daily salt. Default: the time of the
    /// run.
    #[arg(long, value_name = "DATE", conflicts_with = "time")]
    pub day: Option<jiff::civil::Date>,
    /// Path of the field with each event's time (RFC 3339, or seconds or milliseconds since 1970), in place of --day.
    #[arg(long, value_name = "FIELD")]
    pub time: Option<String>,
    /// Input topic that the lines are of, where tenant or scope are bound to it.
    #[arg(long, value_name = "TOPIC", default_value = "")]
    pub topic: String,
}

/// Tells the times of lines.
pub struct Times {
    from: From,
    /// Keeps the salts; none are needed without.
    keeper: Option<Keeper>,
    /// Whether a salt is minted only for who asks for it: what is written stays, so none is for nothing.
    lazy: bool,
    /// The day for which the keeper has looked at its salts last.
    day: Option<u32>,
    /// Lines without a time in the field that should say it.
    pub timeless: u64,
}

enum From {
    Clock,
    Fixed(i64),
    Field(Vec<String>),
}

impl Times {
    /// Times as the arguments say. The salts go into `plan`: those of the file `salts`, or of the place that the config
    /// has for them.
    pub fn new(args: &OriginArgs, salts: Option<&PathBuf>, loaded: &Loaded, plan: &Plan) -> Result<Times, CliError> {
        let place = loaded.settings.pseudonyms.salts.as_ref().map(|place| match (salts, place) {
            (Some(path), _) => Some(SaltStore::File(path.clone())),
            (None, SaltStore::File(path)) => Some(SaltStore::File(path.clone())),
            (None, SaltStore::Topic(_)) => None,
        });
        let keeper = place.map(|place| match place {
            Some(place) => salts::keeper(&place, &Arc::new(loaded.settings.clone()), plan),
            None => {
                note("no --salts file: a throw-away salt makes the daily tokens, and no other run makes the same");
                salts::throwaway(plan, Box::new(clock::now_ms))
            }
        });
        Times { from: from(args)?, keeper, lazy: true, day: None, timeless: 0 }.ready()
    }

    /// The same for looking at records: no token is shown, so a throw-away salt will do, and no file is touched.
    pub fn trying(args: &OriginArgs, loaded: &Loaded, plan: &Plan) -> Result<Times, CliError> {
        let daily = loaded.settings.pseudonyms.salts.is_some();
        let keeper = daily.then(|| salts::throwaway(plan, Box::new(clock::now_ms)));
        Times { from: from(args)?, keeper, lazy: false, day: None, timeless: 0 }.ready()
    }

    fn ready(mut self) -> Result<Times, CliError> {
        self.keep_salts()?;
        Ok(self)
    }

    /// The time of a line, ms since 1970.
    pub fn of(&mut self, line: &[u8]) -> Result<i64, CliError> {
        self.keep_salts()?;
        Ok(match &self.from {
            From::Clock => clock::now_ms(),
            From::Fixed(time_ms) => *time_ms,
            From::Field(path) => field_ms(line, path).unwrap_or_else(|| {
                self.timeless += 1;
                UNKNOWN_MS
            }),
        })
    }

    /// Makes sure of the salt for a line of this time that asks for a token of its day, and has none. True: now it is
    /// there. Minted is the salt of the wall clock's today, and no other.
    pub fn mint(&mut self, time_ms: i64) -> Result<bool, CliError> {
        let Some(keeper) = self.keeper.as_mut().filter(|_| day_of(time_ms) == day_of(clock::now_ms())) else {
            return Ok(false);
        };
        keeper.turn().map_err(failed).map(|_| true)
    }

    /// Takes over the salts that are there for the wall clock's today, and drops the dead.
    fn keep_salts(&mut self) -> Result<(), CliError> {
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        let today = day_of(clock::now_ms());
        if self.day != today {
            let kept = if self.lazy { keeper.open() } else { keeper.turn().map(|_| ()) };
            kept.map_err(failed)?;
            self.day = today;
        }
        Ok(())
    }
}

fn failed(error: KeeperError) -> CliError {
    CliError::Failed(format!("daily salts: {error}"))
}

fn from(args: &OriginArgs) -> Result<From, CliError> {
    Ok(match (args.day, &args.time) {
        (Some(date), _) => {
            let start = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|e| CliError::Usage(format!("--day: {e}")))?;
            From::Fixed(start.timestamp().as_millisecond() + DAY_MS / 2)
        }
        (None, Some(path)) => From::Field(path.split('.').map(str::to_owned).collect()),
        (None, None) => From::Clock,
    })
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
