//! What is counted. A unit is an event, or a thousand bytes of text.

use std::hint::black_box;
use std::sync::Arc;

use sluice::config::Format;
use sluice::decode::{Limits, Scanner};
use sluice::pipeline::Scrubber;
use sluice::record::{Kind, Paths, Span};
use sluice::rewrite::Edits;
use sluice::signals::{self, Engine, Event, MemoryStore, Settings};

use crate::life;
use crate::support::{CORPUS, NOW_MS, config, redacting, scrubber, texts};

/// One case.
pub struct Case {
    pub name: &'static str,
    what: What,
}

enum What {
    /// The scanner alone, on the corpus.
    Decode,
    /// The splice alone: two replacements an event.
    Rewrite,
    /// From decode to rewrite on the corpus, everything found is redacted; the profile, if any.
    Events(Option<&'static str>),
    /// The same on generated log lines or mails.
    Text(fn(usize) -> Vec<String>, usize),
    /// The rules and their memory, on so many events of a thousand accounts.
    Signals(usize),
}

pub static ALL: &[Case] = &[
    Case { name: "decode", what: What::Decode },
    Case { name: "rewrite", what: What::Rewrite },
    Case { name: "events", what: What::Events(None) },
    Case { name: "events_gaming", what: What::Events(Some("gaming")) },
    Case { name: "events_support", what: What::Events(Some("support")) },
    Case { name: "logs", what: What::Text(texts::log_lines, 500) },
    Case { name: "mail", what: What::Text(texts::mails, 100) },
    Case { name: "hostile", what: What::Text(texts::hostile, 8_000) },
    Case { name: "signals", what: What::Signals(20_000) },
];

/// Units of work that [`run`] measures.
pub fn units(case: &Case) -> usize {
    match case.what {
        What::Text(make, size) => make(size).iter().map(String::len).sum::<usize>() / 1000,
        What::Signals(events) => events,
        _ => CORPUS.lines().count(),
    }
}

/// Runs the case once to warm up, and once inside of [`measured`].
pub fn run(case: &Case) {
    let events: Vec<&[u8]> = CORPUS.lines().map(str::as_bytes).collect();
    let mut out = Vec::with_capacity(4 << 20);
    match case.what {
        What::Decode => decode(&events),
        What::Rewrite => rewrite(&events, &mut out),
        What::Events(name) => {
            let mut scrubber = scrubber(&redacting(config(name)));
            twice(|| scrub(&mut scrubber, Format::Json, &events, &mut out));
        }
        What::Text(make, size) => {
            let lines = make(size);
            let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
            let mut scrubber = scrubber(&redacting(config(None)));
            twice(|| scrub(&mut scrubber, Format::Text, &lines, &mut out));
        }
        What::Signals(events) => signals(events),
    }
}

/// Valgrind counts while this function runs.
#[inline(never)]
pub fn measured(work: &mut dyn FnMut()) {
    work();
    black_box(());
}

fn twice(mut work: impl FnMut()) {
    work();
    measured(&mut work);
}

fn scrub(scrubber: &mut Scrubber, format: Format, lines: &[&[u8]], out: &mut Vec<u8>) {
    out.clear();
    for line in lines {
        scrubber.begin(NOW_MS).expect("the key has no window");
        scrubber.value(format, black_box(line), out).expect("the input is valid");
    }
}

/// Events of the second time come after those of the first, and a transaction ends with each thousandth.
fn signals(events: usize) {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut store = MemoryStore::new(signals::Limits { ttl_ms: 180 * 86_400_000, accounts: 2_000 });
    let (mut engine, mut out) = (Engine::new(Arc::new(Settings::default())), Vec::new());
    let made: Vec<Event> = (0..2 * events as u32)
        .map(|n| life::event(rng.u64(..1000), NOW_MS + i64::from(n) * 200, n + 1, &mut rng))
        .collect();
    let mut parts = made.chunks(events);
    twice(|| {
        for (i, event) in parts.next().expect("two parts").iter().enumerate() {
            out.clear();
            engine.on_event(black_box(event), &mut life::Somebody, &mut store, &mut out);
            if i % 1000 == 999 {
                store.commit();
            }
        }
    });
}

fn decode(events: &[&[u8]]) {
    let (mut scanner, mut paths, mut tape) = (Scanner::new(Limits::default()), Paths::new(), Vec::new());
    twice(|| {
        for event in events {
            black_box(scanner.scan(black_box(event), &mut paths, &mut tape)).expect("the corpus is valid");
        }
    });
}

fn rewrite(events: &[&[u8]], out: &mut Vec<u8>) {
    let (mut scanner, mut paths, mut tape) = (Scanner::new(Limits::default()), Paths::new(), Vec::new());
    let mut spans: Vec<[Span; 2]> = Vec::new();
    for event in events {
        scanner.scan(event, &mut paths, &mut tape).expect("the corpus is valid");
        let mut strings = tape.iter().filter(|scalar| scalar.kind == Kind::String).map(|scalar| scalar.span);
        spans.push([strings.next().expect("a string"), strings.next().expect("another")]);
    }
    let mut edits = Edits::new();
    twice(|| {
        out.clear();
        for (event, spans) in events.iter().zip(&spans) {
            edits.clear();
            for span in spans {
                edits.replace(*span, b"em_1k1_bcdfghjklmnpqrstbcdfghjk");
            }
            edits.splice(event, out);
        }
    });
}
