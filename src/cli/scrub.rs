//! `sluice scrub`: the engine on files or standard input, one record a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::args::{KeyArgs, LineFormat};
use super::look::basis_name;
use super::{CliError, note};
use crate::config::{self, Format, Secrets};
use crate::pipeline::{Plan, Scrubber};
use crate::pseudonymize::SharedRing;
use crate::record::Reject;
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
    /// Write line number and reason of rejected lines to this file, one JSON object a line, without their content.
    #[arg(long, value_name = "FILE")]
    pub quarantine: Option<PathBuf>,
    /// Which keys make the tokens. Without any: a throw-away key.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Files to read, in this order; none, or `-`: standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Scrubs every line.
pub fn run(args: &Args) -> Result<(), CliError> {
    let loaded = config::load(&args.config, Secrets::Skip)?;
    let ring = Arc::new(SharedRing::fixed(args.keys.ring_or_throwaway(loaded.settings.keys.as_ref())?));
    let plan = Arc::new(Plan::compile(&loaded, ring).map_err(|error| CliError::Config(error.to_string()))?);
    let mut scrub = Scrub::new(args, plan, loaded.settings.limits.record_bytes)?;
    let stdin = PathBuf::from("-");
    let files = if args.files.is_empty() { std::slice::from_ref(&stdin) } else { &args.files };
    for file in files {
        scrub.file(file)?;
    }
    scrub.finish()
}

/// One run over all inputs.
struct Scrub {
    plan: Arc<Plan>,
    scrubber: Scrubber,
    format: Format,
    max_bytes: usize,
    out: BufWriter<io::StdoutLock<'static>>,
    findings: Option<(PathBuf, BufWriter<File>)>,
    quarantine: Option<(PathBuf, BufWriter<File>)>,
    rejected: u64,
    line: Vec<u8>,
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
}

impl Scrub {
    fn new(args: &Args, plan: Arc<Plan>, max_bytes: usize) -> Result<Scrub, CliError> {
        let mut scrubber = Scrubber::new(Arc::clone(&plan));
        if args.findings.is_some() {
            scrubber.trace();
        }
        Ok(Scrub {
            plan,
            scrubber,
            format: args.format.into(),
            max_bytes,
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            findings: args.findings.as_deref().map(create).transpose()?,
            quarantine: args.quarantine.as_deref().map(create).transpose()?,
            rejected: 0,
            line: Vec::new(),
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
            let (result, line_break) = match lines.next_line().map_err(&failed)? {
                None => return Ok(()),
                Some(Line::TooLong) => (Err(Reject::TooLarge), &b"\n"[..]),
                Some(Line::Whole(raw, line_break)) => {
                    self.line.clear();
                    (scrub(&mut self.scrubber, self.format, raw, &mut self.line), line_break)
                }
            };
            match result {
                Ok(()) => {
                    self.line.extend_from_slice(line_break);
                    self.out.write_all(&self.line).map_err(|error| CliError::from_stdout(&error))?;
                }
                Err(reason) => self.reject(name, lines.number(), reason)?,
            }
            self.tell_findings(name, lines.number())?;
        }
    }

    fn reject(&mut self, file: &str, line: u64, reason: Reject) -> Result<(), CliError> {
        self.rejected += 1;
        match &mut self.quarantine {
            Some(to) => write_line(to, &RejectedLine { file, line, reason: reason.label() }),
            None => Ok(()),
        }
    }

    fn tell_findings(&mut self, file: &str, line: u64) -> Result<(), CliError> {
        let Some(to) = &mut self.findings else { return Ok(()) };
        for traced in self.scrubber.traced() {
            let finding = FindingLine {
                file,
                line,
                path: &self.scrubber.path_name(traced.path),
                entity: self.plan.entity_names()[usize::from(traced.entity.0)],
                action: &self.plan.action_names()[usize::from(traced.action.0)],
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
        for (path, file) in self.findings.iter_mut().chain(&mut self.quarantine) {
            file.flush().map_err(|error| cannot_write(path, &error))?;
        }
        if self.rejected > 0 {
            note(&format!("{} lines were rejected; --quarantine FILE tells which and why", self.rejected));
        }
        Ok(())
    }
}

/// One line through the engine. Keys are chosen by the time of the run: a line has no Kafka timestamp.
fn scrub(scrubber: &mut Scrubber, format: Format, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Reject> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    scrubber.begin(now.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))?;
    scrubber.value(format, raw, out)
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
