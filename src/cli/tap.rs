//! `sluice tap`: shows some of what a running instance sends, as it sends it: scrubbed records and signals.
//!
//! What comes here was taken from the outgoing batch, after the engine, so it is what consumers of the outputs see. The
//! instance shows nothing unless its config says so (`admin.tap`), and never more a second than that.

use std::fmt::Write as _;
use std::thread::sleep;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::CliError;
use super::output::{Output, print};
use super::port::Port;

/// Pause between two questions.
const INTERVAL: Duration = Duration::from_millis(500);

/// Options of `sluice tap`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Address of the admin port (`kubectl port-forward` brings one here).
    #[arg(value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    pub address: String,
    /// End after so many samples. Default: go on until interrupted.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Show samples of this output topic only.
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// `json`: one object a line, as the instance gives it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// Prints samples until there were enough, or nobody reads them any more.
pub fn run(args: &Args) -> Result<(), CliError> {
    let port = Port::new(&args.address, "tap");
    let (mut after, mut left) = (0, args.count.unwrap_or(u64::MAX));
    loop {
        for line in ask(&port, after)?.lines() {
            let sample: Value = serde_json::from_str(line)
                .map_err(|_| CliError::Failed(format!("{}/tap answers in words that are not known", port.base())))?;
            after = sample["number"].as_u64().unwrap_or(after).max(after);
            if args.topic.as_ref().is_some_and(|topic| sample["topic"] != **topic) {
                continue;
            }
            print(match args.output {
                Output::Json => format!("{line}\n"),
                Output::Text => text(&sample),
            })?;
            left -= 1;
            if left == 0 {
                return Ok(());
            }
        }
        sleep(INTERVAL);
    }
}

fn ask(port: &Port, after: u64) -> Result<String, CliError> {
    match port.get(&format!("/tap?after={after}"))? {
        (404, answer) if answer.starts_with("off: ") => {
            Err(CliError::Failed(format!("{}/tap is {}", port.base(), answer.trim_end())))
        }
        (200, text) => Ok(text),
        (status, _) => {
            Err(CliError::Failed(format!("{}/tap answers {status}: is it the admin port of Sluice?", port.base())))
        }
    }
}

/// A line that says where and when, with key and headers, and the value below.
fn text(sample: &Value) -> String {
    let time = sample["timestamp_ms"].as_i64().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let mut out = format!(
        "{}/{} {} key {}",
        sample["topic"].as_str().unwrap_or("?"),
        sample["partition"],
        time.map_or("-".to_owned(), |time| time.to_string()),
        part(&sample["key"])
    );
    for header in sample["headers"].as_array().into_iter().flatten() {
        let _ = write!(out, " {}={}", part(&header[0]), part(&header[1]));
    }
    format!("{out}\n  {}\n", part(&sample["value"]))
}

fn part(part: &Value) -> String {
    match (part, &part["omitted_bytes"]) {
        // Control characters could move the cursor, or worse.
        (Value::String(text), _) => text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        (Value::Null, _) => "(null)".to_owned(),
        (_, Value::Number(bytes)) => format!("({bytes} bytes)"),
        _ => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sample_for_people_is_a_line_of_coordinates_and_one_with_the_value() {
        let sample = json!({
            "number": 7, "topic": "t.scrubbed", "partition": 2, "timestamp_ms": 1_700_000_000_123_i64, "key": "u\u{1b}1",
            "headers": [["trace", "x"], ["n", null]], "value": "{\"a\":\n1}",
        });
        let shown = text(&sample);
        assert_eq!(shown, "t.scrubbed/2 2023-11-14T22:13:20.123Z key u 1 trace=x n=(null)\n  {\"a\": 1}\n");
        let large = json!({"topic": "t", "partition": 0, "key": null, "value": {"omitted_bytes": 20_000}});
        assert_eq!(text(&large), "t/0 - key (null)\n  (20000 bytes)\n");
    }
}
