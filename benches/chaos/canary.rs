//! Looks for personal data in bytes, as it is and in the spellings in which it could hide.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem::Finder;

use crate::support::oracle::CANARY;

/// The spelling of the first piece of personal data in `bytes`.
pub fn find(bytes: &[u8]) -> Option<&'static str> {
    static NEEDLES: OnceLock<Vec<(&'static str, Finder<'static>)>> = OnceLock::new();
    let needles = NEEDLES
        .get_or_init(|| spellings().into_iter().map(|(name, text)| (name, Finder::new(&text).into_owned())).collect());
    needles.iter().find(|(_, finder)| finder.find(bytes).is_some()).map(|(name, _)| *name)
}

fn spellings() -> Vec<(&'static str, Vec<u8>)> {
    let every = |form: &dyn Fn(u8) -> String| CANARY.bytes().map(form).collect::<String>().into_bytes();
    let mut all = vec![
        ("raw", CANARY.as_bytes().to_vec()),
        ("raw, in capitals", CANARY.to_uppercase().into_bytes()),
        ("escaped", every(&|b| format!("\\u{b:04x}"))),
        ("escaped, in capitals", every(&|b| format!("\\u{b:04X}"))),
        ("percent", every(&|b| format!("%{b:02x}"))),
        ("percent, in capitals", every(&|b| format!("%{b:02X}"))),
        ("hexadecimal", every(&|b| format!("{b:02x}"))),
    ];
    // Base64 at each place within its groups of three bytes; the letters that the neighbours have a part in are left out.
    for shift in 0..3 {
        let text = STANDARD_NO_PAD.encode([&b"..."[..shift], CANARY.as_bytes()].concat());
        let whole = (shift + CANARY.len()) / 3 * 4;
        all.push(("base64", text.as_bytes()[(shift * 8).div_ceil(6)..whole].to_vec()));
    }
    all
}

/// The search finds what it is there to find; a search that finds nothing is no proof.
pub fn check() {
    for (name, text) in spellings() {
        assert_eq!(find(&[b"xx", &text[..], b"yy"].concat()).map(|_| name), Some(name), "the search for {name}");
    }
    for before in ["", "a", "ab"] {
        let hidden = STANDARD_NO_PAD.encode(format!("{before}{CANARY}@example.com"));
        assert_eq!(find(hidden.as_bytes()), Some("base64"), "behind {before:?}");
    }
    assert_eq!(find(b"a canary and a bird"), None);
}
