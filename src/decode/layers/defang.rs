//! Signs in brackets, as people write addresses so that nobody follows them: `203.0.113[.]7`, `ann[@]example[.]com`.

use crate::decode::Writer;

/// What is written, and the sign that is meant.
const SIGNS: [(&str, &str); 6] = [("[.]", "."), ("[@]", "@"), ("[:]", ":"), ("[dot]", "."), ("{.}", "."), ("{@}", "@")];

/// Whether [`decode`] finds anything.
pub fn is_defanged(text: &str) -> bool {
    next(text, 0).is_some()
}

/// Writes `text` with the signs out of their brackets.
pub fn decode(text: &str, writer: &mut Writer<'_>) -> bool {
    let mut kept = 0;
    while let Some((at, written, sign)) = next(text, kept) {
        writer.keep(kept..at);
        writer.put(at..at + written.len(), sign);
        kept = at + written.len();
    }
    writer.keep(kept..text.len());
    kept > 0
}

/// The first sign in brackets at or behind `from`: where, and what.
fn next(text: &str, from: usize) -> Option<(usize, &'static str, &'static str)> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'[', b'{', &bytes[from..]).map(|at| from + at).find_map(|at| {
        let fits = |(written, _): &&(&str, &str)| bytes[at..].starts_with(written.as_bytes());
        SIGNS.iter().find(fits).map(|&(written, sign)| (at, written, sign))
    })
}

#[cfg(test)]
mod tests {
    use crate::decode::View;

    #[test]
    fn signs_come_out_of_their_brackets() {
        for (raw, plain) in [
            ("203.0.113[.]7 x", "203.0.113.7 x"),
            ("1[.]2[dot]3{.}4", "1.2.3.4"),
            ("ann[@]example[.]com", "ann@example.com"),
            ("hxxp[:]//a[.]b", "hxxp://a.b"),
            ("a[0].b[1] [] [..] {x}", "a[0].b[1] [] [..] {x}"),
        ] {
            assert_eq!(View::through(raw, super::decode), plain);
            assert_eq!(super::is_defanged(raw), raw != plain, "{raw}");
        }
    }
}
