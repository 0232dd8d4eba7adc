//! Keys and tokens whose issuers gave them a prefix, JSON web tokens, and private keys in PEM.

use super::{Input, Match, Matcher};
use crate::record::{Blocks, Class, Span, Word, any_word_start};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "secret",
    doc: "access keys and tokens with a known prefix, JSON web tokens, private keys in PEM",
    // No class tells: see [`may_hold`], which does.
    wants: |_, _| false,
    find,
};

/// A kind of secret: its prefix, least length behind it, and which signs it has besides letters and digits.
struct Shape {
    prefix: &'static str,
    least: usize,
    signs: &'static [u8],
}

impl Shape {
    fn takes(&self, b: u8) -> bool {
        b.is_ascii_alphanumeric() || self.signs.contains(&b)
    }
}

const fn shape(prefix: &'static str, least: usize, signs: &'static [u8]) -> Shape {
    Shape { prefix, least, signs }
}

/// Prefixes from the issuers' documentation (AWS, GitHub, GitLab, Stripe, Slack, Google, OpenAI, Anthropic, SendGrid, npm,
/// PyPI, Hugging Face, Shopify, DigitalOcean, Midtrans, Xendit); the lengths are below theirs, so that a cut key goes, too.
static SHAPES: [Shape; 47] = [
    shape("AKIA", 12, b""),
    shape("ASIA", 12, b""),
    shape("ghp_", 20, b""),
    shape("gho_", 20, b""),
    shape("ghu_", 20, b""),
    shape("ghs_", 20, b""),
    shape("ghr_", 20, b""),
    shape("github_pat_", 20, b"_"),
    shape("glpat-", 16, b"-_"),
    shape("sk_live_", 8, b"_"),
    shape("sk_test_", 8, b"_"),
    shape("rk_live_", 8, b"_"),
    shape("rk_test_", 8, b"_"),
    shape("pk_live_", 8, b"_"),
    shape("pk_test_", 8, b"_"),
    shape("whsec_", 16, b"+/="),
    shape("xoxb-", 8, b"-"),
    shape("xoxp-", 8, b"-"),
    shape("xoxa-", 8, b"-"),
    shape("xoxr-", 8, b"-"),
    shape("xoxs-", 8, b"-"),
    shape("xapp-", 8, b"-"),
    shape("AIza", 30, b"-_"),
    shape("ya29.", 16, b"-_"),
    shape("sk-ant-", 16, b"-_"),
    shape("sk-proj-", 16, b"-_"),
    shape("SG.", 20, b"-_."),
    shape("npm_", 30, b""),
    shape("pypi-", 30, b"-_"),
    shape("hf_", 24, b""),
    shape("shpat_", 24, b""),
    shape("dop_v1_", 24, b""),
    shape("Mid-server-", 12, b"-_"),
    shape("xnd_production_", 12, b"_"),
    shape("xnd_development_", 12, b"_"),
    // Hashes of passwords, as bcrypt, argon2, scrypt and web frameworks write them: what was hashed can be guessed.
    shape("$2a$", 22, b"$./"),
    shape("$2b$", 22, b"$./"),
    shape("$2y$", 22, b"$./"),
    shape("$1$", 24, b"$./"),
    shape("$5$", 24, b"$./"),
    shape("$6$", 24, b"$./"),
    shape("$argon2", 24, b"$./+=,-"),
    shape("$scrypt$", 24, b"$./+=,-"),
    shape("$pbkdf2", 24, b"$./+=,-"),
    shape("pbkdf2_sha", 24, b"$./+="),
    shape(JWT, 17, b"-_.="),
    shape(PEM, 16, b""),
];

/// The words of prefixes that begin with a sign.
const BEHIND_SIGNS: [&str; 10] = ["BEGIN", "1$", "5$", "6$", "2a$", "2b$", "2y$", "argon2", "scrypt$", "pbkdf2"];
const JWT: &str = "eyJ";
const PEM: &str = "-----BEGIN ";

/// Whether a text, which has these blocks, may hold a secret: asked of nearly every value, so only the beginnings of its
/// words are looked at.
pub(in crate::detect) fn may_hold(text: &[u8], blocks: &(impl Blocks + ?Sized), class: Class) -> bool {
    text.len() >= LEAST_BYTES && class.has(Class::LETTER) && any_word_start(blocks, |at| begins_prefix_at(text, at))
}

/// [`may_hold`] of a word, whose beginnings are known.
pub(in crate::detect) fn may_begin(text: &[u8], word: Word) -> bool {
    text.len() >= LEAST_BYTES && word.starts().any(|at| begins_prefix_at(text, at))
}

fn begins_prefix_at(text: &[u8], at: usize) -> bool {
    let rest = &text[at..];
    rest.first_chunk().is_some_and(|three| begins_prefix(three, SIEVE[0][usize::from(three[0])])) && is_prefix(rest)
}

/// Whether it is one after all: `script` and `argument` begin as `scrypt$` and `argon2` do.
#[cold]
fn is_prefix(rest: &[u8]) -> bool {
    let prefixes = SHAPES.iter().map(|shape| shape.prefix).chain(BEHIND_SIGNS);
    prefixes.into_iter().any(|prefix| rest.starts_with(prefix.as_bytes()))
}

/// Whether these three bytes, the first of which has `first` in the sieve, begin as a prefix does.
fn begins_prefix(three: &[u8; 3], first: u32) -> bool {
    first & SIEVE[1][usize::from(three[1])] & SIEVE[2][usize::from(three[2])] & !WORD != 0
}

/// Where words begin as prefixes do.
fn beginnings(text: &[u8]) -> impl Iterator<Item = usize> {
    let mut inside = 0;
    text.array_windows().enumerate().filter_map(move |(at, three)| {
        let first = SIEVE[0][usize::from(three[0])];
        let begins = inside == 0 && begins_prefix(three, first);
        inside = first & WORD;
        begins.then_some(at)
    })
}

/// Bytes of the shortest secret.
pub(in crate::detect) const LEAST_BYTES: usize = 13;

/// In the first table of the sieve: the byte is a letter or a digit, so that no word begins behind it.
const WORD: u32 = 1 << 31;

/// For the first three bytes of prefixes, in which of them a byte stands there. The bits go by first byte: prefixes that
/// share it share one.
static SIEVE: [[u32; 256]; 3] = {
    let mut sieve = [[0; 256]; 3];
    let mut b = 0;
    while b < 256 {
        sieve[0][b] = if (b as u8).is_ascii_alphanumeric() { WORD } else { 0 };
        b += 1;
    }
    let (mut i, mut bit) = (0, 1);
    while i < SHAPES.len() + BEHIND_SIGNS.len() {
        let prefix = if i < SHAPES.len() { SHAPES[i].prefix } else { BEHIND_SIGNS[i - SHAPES.len()] }.as_bytes();
        let known = sieve[0][prefix[0] as usize] & !WORD;
        let mine = if known == 0 { bit } else { known };
        if known == 0 {
            bit <<= 1;
        }
        let mut at = 0;
        while at < 3 {
            // Of a prefix of two bytes the third one may be any.
            let mut any = if at < prefix.len() { 255 } else { 0 };
            while any < 256 {
                let byte = if at < prefix.len() { prefix[at] as usize } else { any };
                sieve[at][byte] |= mine;
                any += 1;
            }
            at += 1;
        }
        i += 1;
    }
    assert!(bit < WORD, "more first bytes than bits");
    sieve
};

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let bytes = input.text.as_bytes();
    let mut floor = 0;
    // By shape: up to where nothing of it can begin any more.
    let mut refused = [0; SHAPES.len()];
    for start in beginnings(bytes) {
        if start < floor || start > 0 && bytes[start - 1] == b'_' {
            continue;
        }
        let is_here = |shape: &Shape| bytes[start..].starts_with(shape.prefix.as_bytes());
        let Some((kind, shape)) = SHAPES.iter().enumerate().find(|(_, shape)| is_here(shape)) else {
            continue;
        };
        if start < refused[kind] {
            continue;
        }
        let body = start + shape.prefix.len();
        let end = if shape.prefix == PEM {
            pem_end(input.text, body)
        } else {
            let run = body + bytes[body..].iter().take_while(|b| shape.takes(**b)).count();
            // What begins later in the same run is a part of what is refused here, and lacks the same.
            refused[kind] = run;
            token_end(bytes, body, run, shape)
        };
        if let Some(end) = end {
            let span = Span::new(start as u32, end as u32);
            out.push(Match { span, value: span });
            floor = end;
        }
    }
}

/// One past the token whose body begins at `from`, of a run of its signs that ends at `run`.
fn token_end(bytes: &[u8], from: usize, run: usize, shape: &Shape) -> Option<usize> {
    let mut end = run;
    // Commas are in the parameters of a hash, before its last `$`, and not in the hash itself.
    let hash = bytes[from..end].iter().rposition(|&b| b == b'$').map_or(from, |at| from + at);
    end = bytes[hash..end].iter().position(|&b| b == b',').map_or(end, |at| hash + at);
    while end > from && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    let body = &bytes[from..end];
    // Random letters and digits, and no name of a thing such as `sk_test_environment`.
    let random = body.iter().any(u8::is_ascii_digit) || body.iter().any(u8::is_ascii_uppercase);
    // A JSON web token has three parts; without a dot it is JSON in base64, whose content says what it is.
    let whole = shape.prefix != JWT || body.contains(&b'.');
    (body.len() >= shape.least && random && whole).then_some(end)
}

/// One past `-----END … KEY-----`; a key that was cut off goes to the end of the text.
fn pem_end(text: &str, from: usize) -> Option<usize> {
    let head = text[from..].split("-----").next()?;
    if !head.contains("PRIVATE KEY") && !head.contains("PGP MESSAGE") {
        return None;
    }
    let body = from + head.len();
    let end = text[body..].find("-----END ").map(|at| body + at + "-----END ".len());
    let close = end.and_then(|at| text[at..].find("-----").map(|len| at + len + 5));
    Some(close.unwrap_or(text.len()))
}
