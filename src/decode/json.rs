//! The span scanner: JSON bytes in, a tape of spans out. No tree, no copies, one pass.
//!
//! The bytes of strings are most of a record, so the loop over them does all at once: it finds the end, refuses control
//! characters, and gathers class and digits, with one table look-up a byte.

use crate::decode::Limits;
use crate::decode::escape::{BadEscape, decode_escape};
use crate::record::{CLASS_OF, Class, Kind, PathId, Paths, Reject, Scalar, Span};

/// Scans JSON records; keeps its buffers from record to record.
#[derive(Debug)]
pub struct Scanner {
    limits: Limits,
    /// Containers around the innermost open one.
    outer: Vec<Open>,
    /// A decoded key.
    name: Vec<u8>,
}

impl Scanner {
    /// A scanner that rejects what is over `limits`.
    pub fn new(limits: Limits) -> Scanner {
        Scanner { limits, outer: Vec::new(), name: Vec::new() }
    }

    /// Fills `tape` (cleared first) with keys, scalars and containers in document order: for each member the key, then
    /// its value; a container before its members. The record's value has the path [`PathId::ROOT`].
    ///
    /// Returns the record as text: that it is UTF-8 had to be checked anyway.
    ///
    /// Takes and refuses what `serde_json` does (`Value`, `arbitrary_precision`), within the limits.
    ///
    /// # Errors
    /// The reason of the rejection; the tape is then incomplete and of no use.
    pub fn scan<'r>(&mut self, raw: &'r [u8], paths: &mut Paths, tape: &mut Vec<Scalar>) -> Result<&'r str, Reject> {
        self.scan_at(raw, PathId::ROOT, paths, tape)
    }

    /// [`Scanner::scan`] with another path for the outermost value: the one of the string that this JSON stood in.
    ///
    /// # Errors
    /// As [`Scanner::scan`].
    pub fn scan_at<'r>(
        &mut self,
        raw: &'r [u8],
        root: PathId,
        paths: &mut Paths,
        tape: &mut Vec<Scalar>,
    ) -> Result<&'r str, Reject> {
        tape.clear();
        self.outer.clear();
        if self.limits.exceeded_by(raw.len()) {
            return Err(Reject::TooLarge);
        }
        let text = simdutf8::basic::from_utf8(raw).map_err(|_| Reject::InvalidUtf8)?;
        let top = Open { tape: 0, path: root, previous: root, kind: Frame::Root };
        let mut pass = Pass {
            raw,
            at: 0,
            path: root,
            member_start: 0,
            top,
            outer: &mut self.outer,
            name: &mut self.name,
            tape,
            paths,
        };
        if pass.skip_space().is_none() {
            return Err(Reject::Empty);
        }
        pass.member_start = pass.at as u32;
        pass.run(self.limits.depth)?;
        Ok(text)
    }
}

/// A container whose end is not yet met.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Its entry of the tape.
    tape: u32,
    /// Path of its members' parent; for an array that of its elements.
    path: PathId,
    /// Path of the member before, for [`Paths::child`].
    previous: PathId,
    kind: Frame,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// Around the record's value.
    Root,
    Object,
    Array,
}

/// One pass over one record.
struct Pass<'a> {
    raw: &'a [u8],
    at: usize,
    /// Path of the value that comes next.
    path: PathId,
    /// Start of the member that the value belongs to.
    member_start: u32,
    top: Open,
    outer: &'a mut Vec<Open>,
    name: &'a mut Vec<u8>,
    tape: &'a mut Vec<Scalar>,
    paths: &'a mut Paths,
}

impl Pass<'_> {
    /// Value after value; `at` stands at the first byte of the first.
    fn run(&mut self, depth_max: usize) -> Result<(), Reject> {
        loop {
            let start = self.at;
            match self.raw.get(start) {
                Some(b'"') => self.value_string()?,
                Some(b'{') => {
                    if self.outer.len() >= depth_max {
                        return Err(Reject::TooDeep);
                    }
                    if self.open_object()? {
                        continue;
                    }
                }
                Some(b'[') => {
                    if self.outer.len() >= depth_max {
                        return Err(Reject::TooDeep);
                    }
                    if self.open_array()? {
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => {
                    let content = self.number()?;
                    self.push(Kind::Number, content);
                }
                Some(b't') => self.literal(b"true", Kind::Bool)?,
                Some(b'f') => self.literal(b"false", Kind::Bool)?,
                Some(b'n') => self.literal(b"null", Kind::Null)?,
                Some(_) => return Err(malformed(start)),
                None => return Err(Reject::Truncated),
            }
            if !self.next_value()? {
                return Ok(());
            }
        }
    }

    /// Goes on after a value: closes what ends here, and stands at the next value. False at the end of the record.
    #[inline(always)]
    fn next_value(&mut self) -> Result<bool, Reject> {
        loop {
            let next = self.skip_space();
            match (self.top.kind, next) {
                (Frame::Object, Some(b',')) => {
                    self.at += 1;
                    self.skip_space();
                    self.key()?;
                    return Ok(true);
                }
                (Frame::Array, Some(b',')) => {
                    self.at += 1;
                    self.skip_space();
                    self.element();
                    return Ok(true);
                }
                (Frame::Object, Some(b'}')) | (Frame::Array, Some(b']')) => self.close(),
                (Frame::Root, None) => return Ok(false),
                (_, Some(_)) => return Err(malformed(self.at)),
                (_, None) => return Err(Reject::Truncated),
            }
        }
    }

    /// Opens the object at `at`. True: the value of its first member comes next; false: it was empty and is closed.
    fn open_object(&mut self) -> Result<bool, Reject> {
        self.open(Kind::Object);
        self.top = Open { tape: self.tape.len() as u32 - 1, path: self.path, previous: self.path, kind: Frame::Object };
        if self.skip_space() == Some(b'}') {
            self.close();
            return Ok(false);
        }
        self.key()?;
        Ok(true)
    }

    /// Opens the array at `at`; returns as [`Pass::open_object`].
    fn open_array(&mut self) -> Result<bool, Reject> {
        self.open(Kind::Array);
        let tape = self.tape.len() as u32 - 1;
        if self.skip_space() == Some(b']') {
            self.top = Open { tape, path: self.path, previous: self.path, kind: Frame::Array };
            self.close();
            return Ok(false);
        }
        let path = self.paths.element(self.path);
        self.top = Open { tape, path, previous: path, kind: Frame::Array };
        self.element();
        Ok(true)
    }

    fn open(&mut self, kind: Kind) {
        let span = Span::new(self.at as u32, self.at as u32);
        self.push(kind, Content { span, class: Class::default(), digits: 0 });
        self.outer.push(self.top);
        self.at += 1;
    }

    /// Steps over the closing bracket of the innermost container.
    fn close(&mut self) {
        self.at += 1;
        self.tape[self.top.tape as usize].span.end = self.at as u32;
        self.top = self.outer.pop().expect("invariant: only an open container is closed");
    }

    /// The next value is an element of the array that is open.
    fn element(&mut self) {
        self.path = self.top.path;
        self.member_start = self.at as u32;
    }

    /// Reads a key and its colon, and stands at the value.
    #[inline(always)]
    fn key(&mut self) -> Result<(), Reject> {
        self.member_start = self.at as u32;
        match self.raw.get(self.at) {
            Some(b'"') => {}
            Some(_) => return Err(malformed(self.at)),
            None => return Err(Reject::Truncated),
        }
        let start = self.at + 1;
        match self.paths.follow(self.top.path, self.top.previous, &self.raw[start..]) {
            Some(known) => {
                self.path = known.path;
                self.at = start + known.bytes + 1;
                if !known.clean {
                    let span = Span::new(start as u32, (start + known.bytes) as u32);
                    self.push(Kind::Key, Content { span, class: known.class, digits: known.digits });
                }
            }
            None => self.unknown_key()?,
        }
        self.top.previous = self.path;
        match self.skip_space() {
            Some(b':') => self.at += 1,
            Some(_) => return Err(malformed(self.at)),
            None => return Err(Reject::Truncated),
        }
        self.skip_space();
        Ok(())
    }

    /// Scans the key at `at` and interns its path.
    #[cold]
    fn unknown_key(&mut self) -> Result<(), Reject> {
        let content = self.string()?;
        let mut name = &self.raw[content.span.range()];
        if content.class.has(Class::ESCAPE) {
            decode_name(name, self.name);
            name = self.name;
        }
        self.path = self.paths.child(self.top.path, self.top.previous, name);
        if !self.paths.is_clean(self.path, &self.raw[content.span.range()]) {
            self.push(Kind::Key, content);
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, content: Content) {
        let Content { span, class, digits } = content;
        self.tape.push(Scalar { path: self.path, span, member_start: self.member_start, class, kind, digits });
    }

    /// Steps over white space; the byte that follows.
    #[inline(always)]
    fn skip_space(&mut self) -> Option<u8> {
        match self.raw.get(self.at).copied() {
            // One comparison where there is no space, as machines write it.
            Some(next) if next > b' ' => Some(next),
            _ => self.skip_spaces(),
        }
    }

    #[inline(never)]
    fn skip_spaces(&mut self) -> Option<u8> {
        loop {
            let next = self.raw.get(self.at).copied();
            match next {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                _ => return next,
            }
        }
    }

    /// Reads the string whose opening quote stands at `at`, as a value.
    #[inline(always)]
    fn value_string(&mut self) -> Result<(), Reject> {
        // Pushed in two places: what both put into one would go through memory, and be waited for.
        match self.plain_string() {
            Plain::Whole(content) => self.push(Kind::String, content),
            Plain::Until { start, at, seen, digits } => {
                let content = self.string_with_escapes(start, at, seen, digits)?;
                self.push(Kind::String, content);
            }
        }
        Ok(())
    }

    /// Reads the string whose opening quote stands at `at`.
    fn string(&mut self) -> Result<Content, Reject> {
        match self.plain_string() {
            Plain::Whole(content) => Ok(content),
            Plain::Until { start, at, seen, digits } => self.string_with_escapes(start, at, seen, digits),
        }
    }

    /// Reads the string whose opening quote stands at `at` up to its end, or to what is not plain.
    #[inline(always)]
    fn plain_string(&mut self) -> Plain {
        let start = self.at + 1;
        let (mut seen, mut digits) = (0u32, 0u32);
        let rest = &self.raw[start..];
        let mut whole = 0;
        // Four at a time: their classes cannot carry into the digits, and the loop's own work is shared.
        for four in rest.as_chunks::<4>().0 {
            let [a, b, c, d] = four.map(|byte| FACTS_OF[usize::from(byte)]);
            let any = a | b | c | d;
            if any & STOP != 0 {
                break;
            }
            seen |= any;
            digits += (a + b + c + d) >> DIGIT_SHIFT;
            whole += 4;
        }
        let mut at = start + whole;
        while let Some(&b) = self.raw.get(at) {
            let facts = FACTS_OF[usize::from(b)];
            if facts & STOP == 0 {
                seen |= facts;
                digits += facts >> DIGIT_SHIFT;
                at += 1;
                continue;
            }
            if b == b'"' {
                self.at = at + 1;
                return Plain::Whole(Content::new(start, at, seen, digits));
            }
            break;
        }
        Plain::Until { start, at, seen, digits }
    }

    /// Goes on with [`Pass::plain_string`] from `at`, the first byte that is not plain.
    #[cold]
    fn string_with_escapes(
        &mut self,
        start: usize,
        mut at: usize,
        mut seen: u32,
        mut digits: u32,
    ) -> Result<Content, Reject> {
        loop {
            let Some(&b) = self.raw.get(at) else {
                return Err(Reject::Truncated);
            };
            let facts = FACTS_OF[usize::from(b)];
            if facts & STOP == 0 {
                seen |= facts;
                digits += facts >> DIGIT_SHIFT;
                at += 1;
                continue;
            }
            match b {
                b'"' => break,
                b'\\' => {
                    let length = check_escape(&self.raw[at..]).map_err(|bad| reject_escape(bad, at))?;
                    let (class, in_escape) = escape_facts(&self.raw[at..at + length]);
                    seen |= u32::from(class.0);
                    digits += in_escape;
                    at += length;
                }
                _ => return Err(malformed(at)),
            }
        }
        self.at = at + 1;
        Ok(Content::new(start, at, seen, digits))
    }

    /// Reads the number at `at` as the JSON grammar has it: any precision, any exponent.
    fn number(&mut self) -> Result<Content, Reject> {
        let start = self.at;
        let mut class = Class::DIGIT;
        if self.raw[start] == b'-' {
            class = class.with(Class::OTHER);
            self.at += 1;
        }
        let mut digits = match self.raw.get(self.at) {
            Some(b'0') => {
                self.at += 1;
                1
            }
            _ => self.digits()?,
        };
        if let Some(b'0'..=b'9') = self.raw.get(self.at) {
            return Err(malformed(self.at));
        }
        if let Some(b'.') = self.raw.get(self.at) {
            class = class.with(Class::DOT);
            self.at += 1;
            digits += self.digits()?;
        }
        if let Some(b'e' | b'E') = self.raw.get(self.at) {
            class = class.with(Class::LETTER);
            self.at += 1;
            if let Some(b'+' | b'-') = self.raw.get(self.at) {
                class = class.with(Class::OTHER);
                self.at += 1;
            }
            digits += self.digits()?;
        }
        Ok(Content::new(start, self.at, u32::from(class.0), digits))
    }

    /// Steps over one digit or more; how many.
    fn digits(&mut self) -> Result<u32, Reject> {
        let start = self.at;
        loop {
            match self.raw.get(self.at) {
                Some(b'0'..=b'9') => self.at += 1,
                _ if self.at > start => return Ok((self.at - start) as u32),
                Some(_) => return Err(malformed(self.at)),
                None => return Err(Reject::Truncated),
            }
        }
    }

    /// Reads `word` at `at`.
    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<(), Reject> {
        let start = self.at;
        for (i, expected) in word.iter().enumerate() {
            match self.raw.get(start + i) {
                Some(b) if b == expected => {}
                Some(_) => return Err(malformed(start + i)),
                None => return Err(Reject::Truncated),
            }
        }
        self.at = start + word.len();
        self.push(kind, Content::new(start, self.at, u32::from(Class::LETTER.0), 0));
        Ok(())
    }
}

/// What was read of a string without escapes.
enum Plain {
    /// All of it.
    Whole(Content),
    /// What stands before `at`, where an escape, a fault or the end of the record is.
    Until { start: usize, at: usize, seen: u32, digits: u32 },
}

/// What was read of a string or number.
struct Content {
    span: Span,
    class: Class,
    digits: u8,
}

impl Content {
    fn new(start: usize, end: usize, seen: u32, digits: u32) -> Content {
        let span = Span::new(start as u32, end as u32);
        Content { span, class: Class(seen as u16), digits: digits.min(255) as u8 }
    }
}

/// Ends the run of plain bytes in a string: `"`, `\` and control characters.
const STOP: u32 = 1 << 16;
/// From here on: how many digits the byte is.
const DIGIT_SHIFT: u32 = 24;

/// All that the string loop asks of a byte: its class, whether it stops the loop, whether it is a digit.
static FACTS_OF: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        table[i] = CLASS_OF[i].0 as u32;
        if b == b'"' || b == b'\\' || b < 0x20 {
            table[i] |= STOP;
        }
        if b.is_ascii_digit() {
            table[i] |= 1 << DIGIT_SHIFT;
        }
        i += 1;
    }
    table
};

/// Class and digits of the raw bytes of one escape. `\n` counts as white space too.
fn escape_facts(escape: &[u8]) -> (Class, u32) {
    let (class, digits) = Class::of_text(escape);
    match escape {
        [_, b'n' | b'r' | b't'] => (class.with(Class::SPACE), 0),
        _ => (class, u32::from(digits)),
    }
}

/// The length of the escape that `rest` begins with.
fn check_escape(rest: &[u8]) -> Result<usize, BadEscape> {
    decode_escape(rest).map(|(_, length)| length)
}

fn reject_escape(bad: BadEscape, at: usize) -> Reject {
    match bad {
        BadEscape::Truncated => Reject::Truncated,
        BadEscape::Malformed(after) => malformed(at + after),
        BadEscape::LoneSurrogate => Reject::LoneSurrogate,
    }
}

/// Decodes a key that was checked before.
#[cold]
fn decode_name(raw: &[u8], name: &mut Vec<u8>) {
    name.clear();
    let mut at = 0;
    while let Some(&b) = raw.get(at) {
        if b == b'\\'
            && let Ok((c, length)) = decode_escape(&raw[at..])
        {
            name.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            at += length;
        } else {
            name.push(b);
            at += 1;
        }
    }
}

fn malformed(at: usize) -> Reject {
    Reject::Malformed { offset: at as u32 }
}
