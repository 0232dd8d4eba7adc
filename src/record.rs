//! The words that every stage shares: spans, paths, scalars, findings, edits and the reasons of a rejection.
//!
//! A leaf: it imports no sibling. Offsets are bytes in the raw payload unless a name says `decoded`.

use std::fmt;

use hashbrown::HashTable;

mod blocks;
mod word;

pub use blocks::{
    Bits, Blocks, Edition, Marks, any_long_run, any_run, any_word_start, digit_runs, letter_runs, places_of,
    up_to_eight,
};
pub use word::Word;

/// A half-open range of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `start..end`. Payloads are limited to far less than 4 GiB, so `u32` holds any offset.
    pub const fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The span as a range for slicing.
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Length in bytes.
    pub const fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the span holds no byte.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// What a scalar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A JSON string, or a piece of plain text: the span is the content without quotes.
    String,
    /// An object key: the span is the content without quotes. Keys that were searched before and hold nothing
    /// ([`Paths::set_clean`]) are left out.
    Key,
    /// A JSON number as it is written.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// A whole object, braces included. Stands before its members.
    Object,
    /// A whole array, brackets included. Stands before its elements.
    Array,
}

/// What bytes a value is made of, gathered while the value is scanned: most values are dismissed by this alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Class(pub u16);

impl Class {
    /// A backslash: the raw bytes are not the decoded value.
    pub const ESCAPE: Class = Class(1);
    /// A byte ≥ 0x80.
    pub const NON_ASCII: Class = Class(1 << 1);
    /// `@`.
    pub const AT: Class = Class(1 << 2);
    /// An ASCII digit.
    pub const DIGIT: Class = Class(1 << 3);
    /// `.`.
    pub const DOT: Class = Class(1 << 4);
    /// `:`.
    pub const COLON: Class = Class(1 << 5);
    /// An ASCII letter.
    pub const LETTER: Class = Class(1 << 6);
    /// A space, tab or line break (also as the second letter of an escape).
    pub const SPACE: Class = Class(1 << 7);
    /// `%`.
    pub const PERCENT: Class = Class(1 << 8);
    /// `&`.
    pub const AMPERSAND: Class = Class(1 << 9);
    /// `=`.
    pub const EQUALS: Class = Class(1 << 10);
    /// `{`, `[`, `"` (which can only come escaped), `<` or `>`: perhaps JSON or elements inside a string.
    pub const BRACE: Class = Class(1 << 11);
    /// `_`, `-`, `/`, `+` and the other ASCII punctuation.
    pub const OTHER: Class = Class(1 << 12);

    /// Whether any bit of `other` is set.
    pub const fn has(self, other: Class) -> bool {
        self.0 & other.0 != 0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }

    /// The class of one byte.
    pub const fn of(byte: u8) -> Class {
        CLASS_OF[byte as usize]
    }

    /// The class and the number of ASCII digits (saturating at 255) of a text.
    pub fn of_text(text: &[u8]) -> (Class, u8) {
        let (mut class, mut digits) = (0u16, 0u32);
        let (blocks, rest) = text.as_chunks::<32>();
        for block in blocks {
            // Two loops: the second one becomes a few vector instructions.
            class = block.iter().fold(class, |class, &b| class | CLASS_OF[b as usize].0);
            digits += u32::from(block.iter().fold(0u8, |digits, b| digits + u8::from(b.is_ascii_digit())));
        }
        for &b in rest {
            class |= CLASS_OF[b as usize].0;
            digits += u32::from(b.is_ascii_digit());
        }
        (Class(class), digits.min(255) as u8)
    }
}

/// Class of every byte.
pub static CLASS_OF: [Class; 256] = {
    let mut table = [Class(0); 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        table[i] = match b {
            0x80.. => Class::NON_ASCII,
            b'\\' => Class::ESCAPE,
            b'@' => Class::AT,
            b'0'..=b'9' => Class::DIGIT,
            b'.' => Class::DOT,
            b':' => Class::COLON,
            b'a'..=b'z' | b'A'..=b'Z' => Class::LETTER,
            b' ' | b'\t' | b'\n' | b'\r' => Class::SPACE,
            b'%' => Class::PERCENT,
            b'&' => Class::AMPERSAND,
            b'=' => Class::EQUALS,
            b'{' | b'[' | b'"' | b'<' | b'>' => Class::BRACE,
            _ => Class::OTHER,
        };
        i += 1;
    }
    table
};

/// One entry of the tape that `decode` makes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// Where it stands. A key has the path of the value it names.
    pub path: PathId,
    /// The content (see [`Kind`] for what is included).
    pub span: Span,
    /// Start of the whole member (its key's opening quote) or element: what `drop` removes begins here.
    pub member_start: u32,
    /// What bytes it is made of; empty for containers.
    pub class: Class,
    /// What it is.
    pub kind: Kind,
    /// Number of ASCII digits, saturating at 255.
    pub digits: u8,
}

impl Scalar {
    /// One past the last byte of the value, closing quote included.
    pub const fn outer_end(&self) -> u32 {
        match self.kind {
            Kind::String | Kind::Key => self.span.end + 1,
            _ => self.span.end,
        }
    }
}

/// An interned path of fields, such as `user.contacts[].email`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathId(pub u32);

impl PathId {
    /// The record's value itself (for text: the line).
    pub const ROOT: PathId = PathId(0);
    /// The Kafka key, written `@key` in rules.
    pub const KEY: PathId = PathId(1);
    /// The parent of all headers, written `@headers.<name>` in rules.
    pub const HEADERS: PathId = PathId(2);
}

/// The tree of paths a worker has met. Bounded: past [`Paths::MAX`] nodes, and for keys that hold data rather than a
/// name, every unknown key becomes the child `*`, so a hostile stream cannot grow it and no personal data stays in it.
#[derive(Debug)]
pub struct Paths {
    nodes: Vec<Node>,
    index: HashTable<u32>,
    hasher: foldhash::fast::FixedState,
}

#[derive(Debug)]
struct Node {
    parent: PathId,
    name: Box<[u8]>,
    /// The siblings that followed lately, the last one first: events of few shapes repeat, so a guess saves the hashing.
    next: Guesses,
    /// The children that came first lately.
    first: Guesses,
    /// Class and digits of the name, so that a key that was guessed need not be scanned.
    class: Class,
    digits: u8,
    /// Whether the name stands in JSON as it is: no escape is needed.
    plain: bool,
    /// The name and the closing quote, as far as they fit into 16 bytes, and which bits of these count: one comparison
    /// for nearly every key.
    head: u128,
    head_mask: u128,
    /// Whether the name was searched and holds nothing: see [`Paths::set_clean`].
    clean: std::cell::Cell<bool>,
}

/// What came at a place the last time, and the different thing before it: streams mix events of a few shapes.
type Guesses = [std::cell::Cell<u32>; 2];

impl Node {
    fn new(parent: PathId, name: &[u8]) -> Node {
        let (class, digits) = Class::of_text(name);
        let plain = !name.iter().any(|&b| b == b'"' || b == b'\\' || b < 0x20);
        let (next, first, clean) = Default::default();
        let (mut head, mut mask) = ([0; 16], [0; 16]);
        for (i, &b) in name.iter().chain(b"\"").take(16).enumerate() {
            (head[i], mask[i]) = (b, 0xff);
        }
        let (head, head_mask) = (u128::from_le_bytes(head), u128::from_le_bytes(mask));
        Node { parent, name: name.into(), next, first, class, digits, plain, head, head_mask, clean }
    }
}

impl Node {
    /// Whether `rest` begins with the name and the closing quote.
    #[inline]
    fn is_key_of(&self, rest: &[u8]) -> bool {
        let bytes = self.name.len();
        match rest.first_chunk::<16>() {
            Some(head) if bytes < 16 => (u128::from_le_bytes(*head) ^ self.head) & self.head_mask == 0,
            _ => rest.get(bytes) == Some(&b'"') && rest[..bytes] == *self.name,
        }
    }
}

/// A key that was recognised by [`Paths::follow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// The path of the value that it names.
    pub path: PathId,
    /// Its length in bytes.
    pub bytes: usize,
    /// Its class.
    pub class: Class,
    /// Its digits, saturating at 255.
    pub digits: u8,
    /// Whether it need not be searched any more.
    pub clean: bool,
}

impl Default for Paths {
    fn default() -> Self {
        Paths::new()
    }
}

impl Paths {
    /// Most nodes that are kept.
    pub const MAX: usize = 16_384;
    /// Longest key that is kept as a name, in bytes.
    pub const MAX_NAME_BYTES: usize = 128;
    /// The name of array elements.
    pub const ELEMENT: &'static [u8] = b"[]";
    /// The name of keys that are data.
    pub const ANY: &'static [u8] = b"*";

    /// A tree with the three roots.
    pub fn new() -> Paths {
        let mut paths =
            Paths { nodes: Vec::new(), index: HashTable::new(), hasher: foldhash::fast::FixedState::default() };
        for name in [&b""[..], b"@key", b"@headers"] {
            paths.nodes.push(Node::new(PathId::ROOT, name));
        }
        paths
    }

    /// Number of paths.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never true: the roots are always there.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The child of `parent` named `name` (decoded key bytes). `previous` is the sibling that stood before it (or the
    /// parent itself for the first member): the same shape comes again and again, and then no hash is computed.
    pub fn child(&mut self, parent: PathId, previous: PathId, name: &[u8]) -> PathId {
        for guess in self.guesses(parent, previous) {
            let node = &self.nodes[guess.get() as usize];
            if guess.get() != 0 && node.parent == parent && *node.name == *name {
                return PathId(guess.get());
            }
        }
        let id = self.lookup(parent, name);
        let [last, before] = self.guesses(parent, previous);
        before.set(last.replace(id.0));
        id
    }

    /// The child that followed `previous` lately, if `rest` (raw JSON behind a key's opening quote) begins with its name
    /// and the closing quote.
    #[inline]
    pub fn follow(&self, parent: PathId, previous: PathId, rest: &[u8]) -> Option<KnownKey> {
        let [last, before] = self.guesses(parent, previous);
        match self.follow_guess(parent, last.get(), rest) {
            None => self.follow_guess(parent, before.get(), rest),
            known => known,
        }
    }

    #[inline]
    fn follow_guess(&self, parent: PathId, guess: u32, rest: &[u8]) -> Option<KnownKey> {
        let node = &self.nodes[guess as usize];
        let known = node.plain && guess != 0 && node.parent == parent && node.is_key_of(rest);
        known.then_some(KnownKey {
            path: PathId(guess),
            bytes: node.name.len(),
            class: node.class,
            digits: node.digits,
            clean: node.clean.get(),
        })
    }

    /// Remembers that `key`, as it stands in JSON between its quotes, was searched at `path` and holds nothing: the same
    /// key is on no later tape. Ignored for keys that are not the path's own name (data, or written with escapes).
    pub fn set_clean(&self, path: PathId, key: &[u8]) {
        let node = &self.nodes[path.0 as usize];
        if node.plain && *node.name == *key {
            node.clean.set(true);
        }
    }

    /// Whether `key`, as it stands in JSON between its quotes, was searched at `path` before and holds nothing.
    pub fn is_clean(&self, path: PathId, key: &[u8]) -> bool {
        let node = &self.nodes[path.0 as usize];
        node.clean.get() && *node.name == *key
    }

    /// Where the children of `parent` that came after `previous` are remembered.
    #[inline]
    fn guesses(&self, parent: PathId, previous: PathId) -> &Guesses {
        let node = &self.nodes[previous.0 as usize];
        if previous == parent { &node.first } else { &node.next }
    }

    /// The path of the elements of `parent`, an array.
    pub fn element(&mut self, parent: PathId) -> PathId {
        self.child(parent, parent, Paths::ELEMENT)
    }

    fn lookup(&mut self, parent: PathId, name: &[u8]) -> PathId {
        let hash = self.hash(parent, name);
        let found = self.index.find(hash, |&i| {
            let node = &self.nodes[i as usize];
            node.parent == parent && *node.name == *name
        });
        if let Some(&i) = found {
            return PathId(i);
        }
        let data = name.len() > Paths::MAX_NAME_BYTES || self.nodes.len() >= Paths::MAX || looks_like_data(name);
        if data && name != Paths::ANY && name != Paths::ELEMENT {
            return self.lookup(parent, Paths::ANY);
        }
        if self.nodes.len() >= Paths::MAX + 64 {
            // Even `*` has no room: the parent's own rule decides.
            return parent;
        }
        let id = self.nodes.len() as u32;
        self.nodes.push(Node::new(parent, name));
        let (nodes, hasher) = (&self.nodes, &self.hasher);
        self.index.insert_unique(hash, id, |&i| {
            let node = &nodes[i as usize];
            hash_of(hasher, node.parent, &node.name)
        });
        PathId(id)
    }

    fn hash(&self, parent: PathId, name: &[u8]) -> u64 {
        hash_of(&self.hasher, parent, name)
    }

    /// The parent of a path; a root is its own parent's child `ROOT`.
    pub fn parent(&self, path: PathId) -> PathId {
        self.nodes[path.0 as usize].parent
    }

    /// The last segment: a key, `[]` or `*`.
    pub fn name(&self, path: PathId) -> &[u8] {
        &self.nodes[path.0 as usize].name
    }

    /// Segments from the root to `path`.
    pub fn segments(&self, path: PathId) -> Vec<&[u8]> {
        let (mut at, mut out) = (path, Vec::new());
        while at != PathId::ROOT {
            out.push(self.name(at));
            at = self.parent(at);
        }
        out.reverse();
        out
    }

    /// The path as rules write it: `user.contacts[].email`, `@key`, `@headers.x-user`.
    pub fn display(&self, path: PathId) -> String {
        let mut out = String::new();
        for segment in self.segments(path) {
            if !out.is_empty() && segment != Paths::ELEMENT {
                out.push('.');
            }
            out.push_str(&String::from_utf8_lossy(segment));
        }
        out
    }
}

fn hash_of(hasher: &foldhash::fast::FixedState, parent: PathId, name: &[u8]) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut h = hasher.build_hasher();
    h.write_u32(parent.0);
    h.write(name);
    h.finish()
}

/// A key that holds an `@`, six digits and more, digits of another script, or digits without a letter or beside a `:`
/// (an address) is data (`{"a@b.c": …}`), not a field's name.
fn looks_like_data(name: &[u8]) -> bool {
    let (class, digits) = Class::of_text(name);
    let at = class.has(Class::AT) && !name.starts_with(b"@");
    let address = digits >= 1 && (class.has(Class::COLON) || !class.has(Class::LETTER) && name.len() >= 3);
    at || address || digits >= 6 || class.has(Class::NON_ASCII) && has_disguise(name)
}

/// Whether it holds digits or signs of another script, as only values do.
fn has_disguise(name: &[u8]) -> bool {
    String::from_utf8_lossy(name).chars().any(|c| !c.is_ascii() && !c.is_alphabetic())
}

/// An entity of the catalog, by its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(pub u16);

/// An action of the compiled config, by its place in the table of actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionId(pub u16);

/// Why a finding was made. Ordered: of overlapping findings the greatest gives the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Basis {
    /// The bytes look like it.
    Pattern,
    /// A check sum or a table agrees.
    Checksum,
    /// A keyword stands near.
    Keyword,
    /// The config says what the field is.
    Field,
}

/// Personal data found in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Bytes of the text that was searched (decoded offsets; the engine maps them back).
    pub span: Span,
    /// The part of `span` that is the value itself; the rest of `span` is scrubbed with it.
    pub value: Span,
    /// What it is.
    pub entity: EntityId,
    /// Why.
    pub basis: Basis,
}

/// One change of the payload: `span` is replaced by `replacement`, a range of the engine's buffer of replacements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Raw bytes that go.
    pub span: Span,
    /// Bytes that come, in the buffer of replacements.
    pub replacement: Span,
}

/// Why a record is quarantined. The text of [`Reject::label`] is a metric label and a header value: never a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reject {
    /// No bytes, or only white space, where a JSON value is expected.
    Empty,
    /// Not JSON, at this offset.
    Malformed {
        /// Byte offset of the fault.
        offset: u32,
    },
    /// The JSON ends before it is complete.
    Truncated,
    /// Nested deeper than the limit.
    TooDeep,
    /// Larger than the limit.
    TooLarge,
    /// Not UTF-8.
    InvalidUtf8,
    /// `\ud800`-like escape without its other half.
    LoneSurrogate,
    /// A header's name is not UTF-8.
    HeaderName,
    /// A Kafka key that is neither UTF-8 nor declared binary.
    KeyNotText,
    /// No key of the ring is valid at the record's time.
    NoKey,
    /// The record does not say whose it is (tenant or scope), or says it twice, and the config has no word for that.
    NoScope,
    /// The output is larger than the limit of the output topic.
    OutputTooLarge,
    /// A fault of our own that was contained (a panic in the engine): the record is kept out.
    Internal,
}

impl Reject {
    /// Every label, for metrics that exist from the start.
    pub const LABELS: [&'static str; 13] = [
        "empty",
        "malformed",
        "truncated",
        "too_deep",
        "too_large",
        "invalid_utf8",
        "lone_surrogate",
        "header_name",
        "key_not_text",
        "no_key",
        "output_too_large",
        "internal",
        "no_scope",
    ];

    /// The place in [`Reject::LABELS`].
    pub const fn index(self) -> usize {
        match self {
            Reject::Empty => 0,
            Reject::Malformed { .. } => 1,
            Reject::Truncated => 2,
            Reject::TooDeep => 3,
            Reject::TooLarge => 4,
            Reject::InvalidUtf8 => 5,
            Reject::LoneSurrogate => 6,
            Reject::HeaderName => 7,
            Reject::KeyNotText => 8,
            Reject::NoKey => 9,
            Reject::OutputTooLarge => 10,
            Reject::Internal => 11,
            Reject::NoScope => 12,
        }
    }

    /// The reason as a metric label.
    pub const fn label(self) -> &'static str {
        Reject::LABELS[self.index()]
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reject::Malformed { offset } => write!(f, "malformed at byte {offset}"),
            other => f.write_str(other.label()),
        }
    }
}

/// One record as it came: borrowed from its source. `Debug` prints coordinates and sizes, never bytes.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// The key, if any.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Headers in order; names are raw bytes, values may be null.
    pub headers: &'a [(&'a [u8], Option<&'a [u8]>)],
    /// Kafka timestamp, ms since 1970; decides the key and the day.
    pub timestamp_ms: i64,
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("key_bytes", &self.key.map(<[u8]>::len))
            .field("value_bytes", &self.value.map(<[u8]>::len))
            .field("headers", &self.headers.len())
            .field("timestamp_ms", &self.timestamp_ms)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_interned_once_and_shown_as_rules_write_it() {
        let mut paths = Paths::new();
        let user = paths.child(PathId::ROOT, PathId::ROOT, b"user");
        let contacts = paths.child(user, user, b"contacts");
        let element = paths.element(contacts);
        let email = paths.child(element, element, b"email");
        assert_eq!(paths.display(email), "user.contacts[].email");
        assert_eq!(paths.child(element, element, b"email"), email);
        assert_eq!(paths.child(element, user, b"email"), email, "another predecessor finds the same node");
        let header = paths.child(PathId::HEADERS, PathId::HEADERS, b"x-user");
        assert_eq!(paths.display(header), "@headers.x-user");
    }

    #[test]
    fn a_key_is_followed_to_its_first_child_and_its_next_sibling() {
        let mut paths = Paths::new();
        let geo = paths.child(PathId::ROOT, PathId::ROOT, b"geo");
        let city = paths.child(geo, geo, b"city");
        let asn = paths.child(PathId::ROOT, geo, b"asn12");
        let follow = |parent, previous, rest: &[u8]| paths.follow(parent, previous, rest).map(|known| known.path);
        assert_eq!(follow(geo, geo, b"city\":1"), Some(city));
        assert_eq!(follow(PathId::ROOT, geo, b"asn12\":1"), Some(asn));
        assert_eq!(paths.follow(PathId::ROOT, geo, b"asn12\"").map(|known| (known.bytes, known.digits)), Some((5, 2)));
        for rest in [&b"asn1"[..], b"asn12", b"asn123\"", b"city\"", b""] {
            assert_eq!(follow(PathId::ROOT, geo, rest), None);
        }
    }

    #[test]
    fn keys_that_are_data_are_not_kept() {
        let mut paths = Paths::new();
        let a = paths.child(PathId::ROOT, PathId::ROOT, b"a@example.com");
        let b = paths.child(PathId::ROOT, PathId::ROOT, b"081234567890");
        assert_eq!(a, b);
        assert_eq!(paths.display(a), "*");
    }

    #[test]
    fn a_key_of_any_length_is_followed_whatever_comes_behind() {
        for bytes in [1, 14, 15, 16, 17, 40] {
            let name = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[..bytes].to_owned();
            let mut paths = Paths::new();
            let path = paths.child(PathId::ROOT, PathId::ROOT, name.as_bytes());
            for behind in ["\"", "\":1", "\":\"a value of more than sixteen bytes\""] {
                let known = paths.follow(PathId::ROOT, PathId::ROOT, format!("{name}{behind}").as_bytes());
                assert_eq!(known.map(|known| (known.path, known.bytes)), Some((path, bytes)), "{bytes} {behind}");
            }
            for other in [name.clone(), format!("{name}x\":\"a value of more than sixteen bytes"), name[1..].to_owned()]
            {
                assert_eq!(paths.follow(PathId::ROOT, PathId::ROOT, other.as_bytes()), None, "{other}");
            }
        }
    }

    #[test]
    fn two_shapes_by_turns_are_followed_without_a_look_up() {
        let mut paths = Paths::new();
        let kind = paths.child(PathId::ROOT, PathId::ROOT, b"type");
        let ip = paths.child(PathId::ROOT, kind, b"ip");
        let amount = paths.child(PathId::ROOT, kind, b"amount");
        let follow = |rest: &[u8]| paths.follow(PathId::ROOT, kind, rest).map(|known| known.path);
        assert_eq!((follow(b"ip\":"), follow(b"amount\":"), follow(b"note\":")), (Some(ip), Some(amount), None));
    }

    #[test]
    fn a_block_of_bytes_has_the_class_of_its_bytes() {
        for byte in 0..=u8::MAX {
            for place in [0, 15, 31, 32, 40] {
                let mut text = [b'x'; 41];
                text[place] = byte;
                let expected = Class::of(byte).with(Class::LETTER);
                assert_eq!(Class::of_text(&text), (expected, u8::from(byte.is_ascii_digit())), "{byte} at {place}");
            }
        }
        assert_eq!(Class::of_text(&[b'7'; 300]), (Class::DIGIT, 255));
    }

    #[test]
    fn the_tree_is_bounded() {
        let mut paths = Paths::new();
        for i in 0..200_000u32 {
            let name: String = i.to_string().bytes().map(|b| (b - b'0' + b'a') as char).collect();
            paths.child(PathId::ROOT, PathId::ROOT, name.as_bytes());
        }
        assert!(paths.len() <= Paths::MAX + 64);
    }
}
