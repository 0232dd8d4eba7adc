//! Keys and tokens whose issuers gave them a prefix, JSON web tokens, and private keys in PEM.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{Input, Match, Matcher};
use crate::record::{Class, Span};

/// The finder.
pub(super) const MATCHER: Matcher = Matcher {
    name: "secret",
    doc: "access keys and tokens with a known prefix, JSON web tokens, private keys in PEM",
    wants: |class, _| class.has(Class::LETTER) && class.has(Class::SPACE.with(SIGNS)),
    find,
};

/// Signs beside which a secret stands in a text, or that are in it. What is nothing but letters and digits comes here
/// by another way, see [`may_hold`].
const SIGNS: Class = Class::EQUALS.with(Class::COLON).with(Class::AMPERSAND).with(Class::BRACE).with(Class::PERCENT);

/// A kind of secret: its prefix, least length behind it, and which signs it has besides letters and digits.
struct Shape {
    prefix: &'static str,
    least: usize,
    signs: &'static [u8],
}

const fn shape(prefix: &'static str, least: usize, signs: &'static [u8]) -> Shape {
    Shape { prefix, least, signs }
}

/// Prefixes from the issuers' documentation (AWS, GitHub, GitLab, Stripe, Slack, Google, OpenAI, Anthropic, SendGrid, npm,
/// PyPI, Hugging Face, Shopify, DigitalOcean, Midtrans, Xendit); the lengths are below theirs, so that a cut key goes, too.
static SHAPES: &[Shape] = &[
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
    shape(JWT, 17, b"-_.="),
    shape(PEM, 16, b""),
];

const JWT: &str = "eyJ";
const PEM: &str = "-----BEGIN ";

static PREFIXES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new(SHAPES.iter().map(|s| s.prefix)).expect("three dozen short literals fit into any automaton")
});

/// Whether a value may hold a secret that its class does not tell, because it is nothing but letters, digits and dashes:
/// a few looks at the first bytes of its words.
pub(in crate::detect) fn may_hold(text: &[u8], class: Class) -> bool {
    if text.len() < LEAST_BYTES || (MATCHER.wants)(class, 0) {
        return false;
    }
    let mut word = true;
    text[..text.len() - LEAST_BYTES + 1].iter().enumerate().any(|(at, &b)| {
        let begins = word && FIRST[usize::from(b)];
        word = !b.is_ascii_alphanumeric();
        // Two bytes are compared here: a call for each prefix would be most of the cost of an event.
        let begin = |prefix: &[u8]| prefix[..2] == [b, text[at + 1]] && text[at..].starts_with(prefix);
        begins && SHAPES.iter().any(|s| begin(s.prefix.as_bytes()))
    })
}

/// Bytes of the shortest secret.
const LEAST_BYTES: usize = 13;

/// The bytes that prefixes begin with.
static FIRST: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < SHAPES.len() {
        table[SHAPES[i].prefix.as_bytes()[0] as usize] = true;
        i += 1;
    }
    table
};

fn find(input: &Input<'_>, out: &mut Vec<Match>) {
    let bytes = input.text.as_bytes();
    let mut floor = 0;
    for hit in PREFIXES.find_iter(bytes) {
        let shape = &SHAPES[hit.pattern().as_usize()];
        let start = hit.start();
        let glued = start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == b'_');
        if start < floor || glued {
            continue;
        }
        let end = if shape.prefix == PEM { pem_end(input.text, hit.end()) } else { token_end(bytes, hit.end(), shape) };
        if let Some(end) = end {
            let span = Span::new(start as u32, end as u32);
            out.push(Match { span, value: span });
            floor = end;
        }
    }
}

fn token_end(bytes: &[u8], from: usize, shape: &Shape) -> Option<usize> {
    let taken = |b: &&u8| b.is_ascii_alphanumeric() || shape.signs.contains(b);
    let mut end = from + bytes[from..].iter().take_while(taken).count();
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
