//! `sluice scrub`: the engine on files or standard input, one record a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use zeroize::Zeroizing;

use super::args::{KeyArgs, LineFormat};
use super::look::basis_name;
use super::times::{OriginArgs, Times};
use super::{CliError, note};
use crate::config::{self, Format, Loaded, Secrets};
use crate::pipeline::audit::{Audit, What};
use crate::pipeline::binding::Purpose;
use crate::pipeline::payload::Payload;
use crate::pipeline::{LocalSignals, Objections, Plan, Scrubber, SignalPlan};
use crate::pseudonymize::{SharedRing, day_of};
use crate::record::{Record, Reject};
use crate::signals::mapping::Unmapped;
use crate::signals::{Coordinates, Signal};
use crate::source::lines::{Line, Lines};

/// Arguments of `sluice scrub`.
#[derive(clap::Args, Debug)]
#[command(after_help = "One output line per accepted input line, in order. Rejected lines go only to --quarantine; \
                        their number is printed to standard error.")]
pub struct Args {
    /// The config: a file, or `profile:<name>`.
    #[arg(short, long, value_name = "FILE", default_value = "profile:gaming")]
    pub config: PathBuf,
    /// What the lines are.
    #[arg(long, value_enum, default_value_t = LineFormat::Json)]
    pub format: LineFormat,
    /// Write what was found to this file, one JSON object a finding, without values.
    #[arg(long, value_name = "FILE")]
    pub findings: Option<PathBuf>,
    /// Write the signals of the config's rules to this file, one JSON object a signal.
    #[arg(long, value_name = "FILE")]
    pub signals: Option<PathBuf>,
    /// Write line number and reason of rejected lines to this file, one JSON object a line; their content only sealed
    /// to `quarantine.recipients` of the config.
    #[arg(long, value_name = "FILE")]
    pub quarantine: Option<PathBuf>,
    /// Where the lines come from.
    #[command(flatten)]
    pub origin: OriginArgs,
    /// File of daily salts, in place of the config's place; made if it is missing.
    #[arg(long, value_name = "FILE")]
    pub salts: Option<PathBuf>,
    /// Which keys make the tokens. Without any: a throw-away key.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Files to read, in this order; none, or `-`: standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Scrubs every line.
pub fn run(args: &Args) -> Result<(), CliError> {
    files_are_apart(args)?;
    let loaded = config::load(&args.config, Secrets::Skip)?;
    let ring = Arc::new(SharedRing::fixed(args.keys.ring_or_throwaway(loaded.settings.keys.as_ref())?));
    let plan = Arc::new(Plan::compile(&loaded, ring).map_err(|error| CliError::Config(error.to_string()))?);
    let times = Times::new(&args.origin, args.salts.as_ref(), &loaded, &plan)?;
    let mut scrub = Scrub::new(args, plan, &loaded, times)?;
    if let Some(path) = &args.signals {
        scrub.signals = Some(Signals::new(path, &loaded, &args.keys, &mut scrub.scrubber)?);
    }
    let stdin = PathBuf::from("-");
    let files = if args.files.is_empty() { std::slice::from_ref(&stdin) } else { &args.files };
    for file in files {
        scrub.file(file)?;
    }
    scrub.finish()
}

/// A file that is written is emptied first: it must be none of those that are read, and no other that is written.
fn files_are_apart(args: &Args) -> Result<(), CliError> {
    let written = [("--findings", &args.findings), ("--signals", &args.signals), ("--quarantine", &args.quarantine)];
    let mut taken: Vec<PathBuf> =
        args.files.iter().chain([&args.config]).filter_map(|f| f.canonicalize().ok()).collect();
    for (option, path) in written {
        let Some(path) = path else { continue };
        // What is not there yet is told apart by its name; devices such as /dev/null take anything.
        let place = path.canonicalize().unwrap_or_else(|_| path.clone());
        if taken.contains(&place) && !place.starts_with("/dev") {
            let text = format!("{option} {}: the file is read, or written by another option", path.display());
            return Err(CliError::Usage(text));
        }
        taken.push(place);
    }
    Ok(())
}

/// One run over all inputs.
struct Scrub {
    plan: Arc<Plan>,
    scrubber: Scrubber,
    objections: Objections,
    format: Format,
    max_bytes: usize,
    out: BufWriter<io::StdoutLock<'static>>,
    findings: Option<(PathBuf, BufWriter<File>)>,
    quarantine: Option<(PathBuf, BufWriter<File>)>,
    signals: Option<Signals>,
    accepted: u64,
    rejected: u64,
    /// Rejected lines that are no JSON.
    unparsed: u64,
    suppressed: u64,
    /// Lines of a day without a salt, whose daily tokens are placeholders.
    saltless: u64,
    /// Whether the line at hand is of any day.
    dated: bool,
    line: Vec<u8>,
    times: Times,
    topic: String,
    audit: Audit,
}

/// The signals of a run, and where they go.
struct Signals {
    local: LocalSignals,
    to: (PathBuf, BufWriter<File>),
}

impl Signals {
    fn new(path: &Path, loaded: &Loaded, keys: &KeyArgs, scrubber: &mut Scrubber) -> Result<Signals, CliError> {
        let key = Arc::new(keys.state_key_or_throwaway(loaded.spec.signals.as_ref())?);
        let plan = SignalPlan::compile(loaded, key)?;
        let plan = plan.ok_or_else(|| {
            CliError::Config(format!(
                "{}: has no `signals`; `profile:gaming` shows how they are set up",
                loaded.origin()
            ))
        })?;
        let local = LocalSignals::new(Arc::new(plan), scrubber);
        Ok(Signals { local, to: create(path)? })
    }

    /// Judges the line `raw`, whose scrubbed form is `out`, and tells why it gave no event, if it gave none. A line has no
    /// Kafka timestamp: it is as old as the run.
    fn line(
        &mut self,
        (file, line): (&str, u64),
        raw: &[u8],
        scrubber: &mut Scrubber,
        out: &mut Vec<u8>,
    ) -> Result<Option<Unmapped>, CliError> {
        let at = Coordinates { topic: file.to_owned(), partition: 0, offset: i64::try_from(line).unwrap_or(i64::MAX) };
        let signals = self.local.line(raw, now_ms(), &at, scrubber, (0, out));
        write_signals(&mut self.to, signals)?;
        Ok(self.local.unmapped())
    }

    fn finish(&mut self) -> Result<(), CliError> {
        write_signals(&mut self.to, self.local.finish())?;
        for (reason, n) in Unmapped::LABELS.iter().zip(self.local.take_unmapped()) {
            if n > 0 {
                note(&format!("{n} lines gave no event: {reason}"));
            }
        }
        let (path, file) = &mut self.to;
        file.flush().map_err(|error| cannot_write(path, &error))
    }
}

fn write_signals((path, file): &mut (PathBuf, BufWriter<File>), signals: &[Signal]) -> Result<(), CliError> {
    let mut text = String::new();
    for signal in signals {
        signal.write_json(&mut text);
        text.push('\n');
    }
    file.write_all(text.as_bytes()).map_err(|error| cannot_write(path, &error))
}

#[derive(Serialize)]
struct FindingLine<'a> {
    file: &'a str,
    line: u64,
    path: &'a str,
    entity: &'a str,
    action: &'a str,
    basis: &'a str,
    /// Bytes of the input line that went: first, and one past the last.
    start: u32,
    end: u32,
}

#[derive(Serialize)]
struct RejectedLine<'a> {
    file: &'a str,
    line: u64,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

impl Scrub {
    fn new(args: &Args, plan: Arc<Plan>, loaded: &Loaded, times: Times) -> Result<Scrub, CliError> {
        let mut scrubber = Scrubber::new(Arc::clone(&plan));
        if args.findings.is_some() {
            scrubber.trace();
        }
        Ok(Scrub {
            objections: Objections::new(&plan),
            plan,
            scrubber,
            format: args.format.into(),
            max_bytes: loaded.settings.limits.record_bytes,
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            findings: args.findings.as_deref().map(create).transpose()?,
            quarantine: args.quarantine.as_deref().map(create).transpose()?,
            signals: None,
            accepted: 0,
            rejected: 0,
            unparsed: 0,
            suppressed: 0,
            saltless: 0,
            dated: false,
            line: Vec::new(),
            times,
            topic: args.origin.topic.clone(),
            audit: Audit::new(loaded.settings.audit.clone()),
        })
    }

    fn file(&mut self, path: &Path) -> Result<(), CliError> {
        let name = path.display().to_string();
        let failed = |error: io::Error| CliError::Failed(format!("{name}: cannot read: {error}"));
        if name == "-" {
            return self.lines("-", io::stdin().lock(), failed);
        }
        let file = File::open(path).map_err(failed)?;
        let bar = progress(file.metadata().map_or(0, |m| m.len()), &name);
        self.lines(&name, BufReader::with_capacity(1 << 16, bar.wrap_read(file)), failed)?;
        bar.finish_and_clear();
        Ok(())
    }

    fn lines(
        &mut self,
        name: &str,
        input: impl BufRead,
        failed: impl Fn(io::Error) -> CliError,
    ) -> Result<(), CliError> {
        let mut lines = Lines::new(input, self.max_bytes);
        loop {
            let mut sealed = None;
            let number = lines.number() + 1;
            let (result, line_break) = match lines.next_line().map_err(&failed)? {
                None => return Ok(()),
                Some(Line::TooLong) => (Err(Reject::TooLarge), &b"\n"[..]),
                Some(Line::Whole(raw, line_break)) => {
                    let result = self.one(raw)?;
                    if result == Err(Reject::Internal) {
                        self.begin_anew();
                    }
                    if result == Ok(false) {
                        self.suppressed += 1;
                        drop(self.scrubber.traced());
                        continue;
                    }
                    match result {
                        Ok(_) => self.passes(name, number, raw)?,
                        Err(_) => sealed = self.seal(raw),
                    }
                    (result.map(|_| ()), line_break)
                }
            };
            match result {
                Ok(()) => {
                    self.accepted += 1;
                    self.line.extend_from_slice(line_break);
                    self.out.write_all(&self.line).map_err(|error| CliError::from_stdout(&error))?;
                }
                Err(reason) => self.reject(name, lines.number(), reason, sealed)?,
            }
            self.tell_findings(name, lines.number())?;
        }
    }

    /// Scrubs a line. One that passes and asks for a token of today, before anything else has, gets the salt for it.
    fn one(&mut self, raw: &[u8]) -> Result<Result<bool, Reject>, CliError> {
        let time_ms = self.times.of(raw)?;
        self.dated = day_of(time_ms).is_some();
        let result = self.scrub(raw, time_ms);
        let pseudonymizer = self.scrubber.pseudonymizer();
        // What a signal names is only known once it was judged, and no line is judged twice.
        let may_signal = self.signals.is_some() && self.format == Format::Json && !pseudonymizer.has_salt_of(time_ms);
        let asks = result == Ok(true) && (pseudonymizer.notes().saltless || may_signal);
        if !asks || !self.times.mint(time_ms)? {
            return Ok(result);
        }
        drop(self.scrubber.traced());
        Ok(self.scrub(raw, time_ms))
    }

    fn scrub(&mut self, raw: &[u8], time_ms: i64) -> Result<bool, Reject> {
        self.line.clear();
        let engine = (&mut self.scrubber, &mut self.objections);
        caught(|| scrub(engine, self.format, raw, (&self.topic, time_ms), &mut self.line))
    }

    /// Judges a line that goes on, and records what it asks for before it does.
    fn passes(&mut self, name: &str, number: u64, raw: &[u8]) -> Result<(), CliError> {
        let mut unmapped = None;
        if let (Some(signals), Format::Json) = (&mut self.signals, self.format) {
            unmapped = signals.line((name, number), raw, &mut self.scrubber, &mut self.line)?;
        }
        self.saltless += u64::from(self.dated && self.scrubber.pseudonymizer().notes().saltless);
        if self.scrubber.purpose() == Purpose::Erase { self.audit(name, number, unmapped) } else { Ok(()) }
    }

    /// Records an erasure, and whose account could not be read: then nothing (0) was forgotten, and why.
    fn audit(&mut self, file: &str, line: u64, unmapped: Option<Unmapped>) -> Result<(), CliError> {
        let number = line.to_string();
        let why = unmapped.map(Unmapped::no_erasure);
        let of = [("file", file), ("line", number.as_str())];
        let failed = |error| CliError::Failed(format!("{file}: line {line}: no audit record, so no erasure: {error}"));
        self.audit.write_tried(What::Erase, &of, why.as_deref()).map_err(failed)
    }

    /// Behind a fault nothing that the scrubber has begun is trusted.
    fn begin_anew(&mut self) {
        self.scrubber = Scrubber::new(Arc::clone(&self.plan));
        self.objections = Objections::new(&self.plan);
        if self.findings.is_some() {
            self.scrubber.trace();
        }
        if let Some(signals) = &mut self.signals {
            signals.local.renew(&mut self.scrubber);
        }
    }

    /// The line as it came, sealed to the recipients of the quarantine, if there are any and somebody will get it.
    fn seal(&self, raw: &[u8]) -> Option<String> {
        let sealer = self.plan.quarantine_sealer.as_ref().filter(|_| self.quarantine.is_some())?;
        let record = Record { key: None, value: Some(raw), headers: &[], timestamp_ms: 0 };
        let payload = Zeroizing::new(Payload::of(&record).to_bytes());
        sealer.seal(&payload).map(|file| STANDARD.encode(file))
    }

    fn reject(&mut self, file: &str, line: u64, reason: Reject, sealed: Option<String>) -> Result<(), CliError> {
        self.rejected += 1;
        self.unparsed += u64::from(matches!(reason, Reject::Malformed { .. } | Reject::Truncated | Reject::Empty));
        match &mut self.quarantine {
            Some(to) => write_line(to, &RejectedLine { file, line, reason: reason.label(), sealed }),
            None => Ok(()),
        }
    }

    fn tell_findings(&mut self, file: &str, line: u64) -> Result<(), CliError> {
        let Some(to) = &mut self.findings else { return Ok(()) };
        let saltless = self.scrubber.pseudonymizer().notes().saltless;
        for traced in self.scrubber.traced() {
            let redacted = saltless && self.plan.is_linked(traced.action) && self.plan.is_daily(traced.entity);
            let finding = FindingLine {
                file,
                line,
                path: &self.scrubber.path_name(traced.path),
                entity: self.plan.entity_names()[usize::from(traced.entity.0)],
                action: if redacted { "redact" } else { &self.plan.action_names()[usize::from(traced.action.0)] },
                basis: basis_name(traced.basis),
                start: traced.span.start,
                end: traced.span.end,
            };
            write_line(to, &finding)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), CliError> {
        self.out.flush().map_err(|error| CliError::from_stdout(&error))?;
        if let Some(signals) = &mut self.signals {
            signals.finish()?;
        }
        for (path, file) in self.findings.iter_mut().chain(&mut self.quarantine) {
            file.flush().map_err(|error| cannot_write(path, &error))?;
        }
        self.tell();
        Ok(())
    }
}

impl Scrub {
    /// Tells what did not go the way of the others.
    fn tell(&self) {
        if self.suppressed > 0 {
            note(&format!("{} dropped for a listed pseudonym", lines(self.suppressed)));
        }
        if self.times.timeless > 0 {
            let what = "without a time in the field of --time: of no day, so that daily tokens are redacted";
            note(&format!("{} {what}", lines(self.times.timeless)));
        }
        if self.saltless > 0 {
            note(&format!(
                "{} of a day without a salt: what should be a daily token is redacted",
                lines(self.saltless)
            ));
        }
        if self.rejected > 0 {
            let hint = match self.format {
                Format::Json if self.accepted == 0 && self.unparsed == self.rejected => {
                    "; is it text? then say --format text"
                }
                _ => "",
            };
            note(&format!("{} rejected; --quarantine FILE tells which and why{hint}", lines(self.rejected)));
        }
    }
}

fn lines(n: u64) -> String {
    if n == 1 { "1 line was".to_owned() } else { format!("{n} lines were") }
}

/// One line through the engine. `Ok(false)`: it carries a listed pseudonym, and is dropped.
fn scrub(
    (scrubber, objections): (&mut Scrubber, &mut Objections),
    format: Format,
    raw: &[u8],
    (topic, time_ms): (&str, i64),
    out: &mut Vec<u8>,
) -> Result<bool, Reject> {
    scrubber.refresh();
    objections.refresh();
    scrubber.begin(time_ms)?;
    scrubber.origin(topic, &[]);
    scrubber.value(format, raw, out)?;
    let erases = scrubber.purpose() == Purpose::Erase;
    let record = Record { key: None, value: Some(raw), headers: &[], timestamp_ms: time_ms };
    Ok(erases || !objections.are_in((topic, format, &record), scrubber, out))
}

/// A fault of ours costs the line that it came with, as it does in the stream.
fn caught(scrub: impl FnOnce() -> Result<bool, Reject>) -> Result<bool, Reject> {
    catch_unwind(AssertUnwindSafe(scrub)).unwrap_or(Err(Reject::Internal))
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

fn create(path: &Path) -> Result<(PathBuf, BufWriter<File>), CliError> {
    let file = File::create(path).map_err(|error| cannot_write(path, &error))?;
    Ok((path.to_owned(), BufWriter::new(file)))
}

fn write_line((path, file): &mut (PathBuf, BufWriter<File>), line: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(line).map_err(|error| CliError::Failed(error.to_string()))?;
    writeln!(file, "{text}").map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &io::Error) -> CliError {
    CliError::Failed(format!("{}: cannot write: {error}", path.display()))
}

/// A bar on a terminal; nothing elsewhere. Standard output must not be the same terminal, or the bar would tear it.
fn progress(bytes: u64, name: &str) -> ProgressBar {
    if !io::stderr().is_terminal() || io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes).with_message(name.to_owned());
    let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
