//! HTML entities: `&#64;`, `&#x40;`, `&commat;`, the old ones without their semicolon.

use crate::decode::Writer;

/// Writes `text` with its entities decoded.
pub fn decode(text: &str, writer: &mut Writer<'_>) -> bool {
    let bytes = text.as_bytes();
    let (mut kept, mut changed) = (0, false);
    for at in memchr::memchr_iter(b'&', bytes) {
        let Some((c, length)) = entity_at(&bytes[at..]) else {
            continue;
        };
        writer.keep(kept..at);
        writer.put(at..at + length, c.encode_utf8(&mut [0; 4]));
        kept = at + length;
        changed = true;
    }
    if changed {
        writer.keep(kept..text.len());
    }
    changed
}

/// The character of the entity that `rest` begins with, and its length in bytes.
fn entity_at(rest: &[u8]) -> Option<(char, usize)> {
    if rest.get(1) == Some(&b'#') {
        return numeric(rest);
    }
    let name = &rest[1..];
    let name = &name[..name.iter().take(LONGEST + 1).take_while(|b| b.is_ascii_alphanumeric()).count()];
    let closed = rest.get(1 + name.len()) == Some(&b';');
    if closed {
        return NAMED.iter().find(|(known, _)| known.as_bytes() == name).map(|&(_, c)| (c, name.len() + 2));
    }
    // Without a semicolon an old name counts, but not in `&amp=1`, which is a parameter.
    let letters = name.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let parameter = rest.get(1 + name.len()) == Some(&b'=');
    OLD.iter().find(|(known, _)| !parameter && known.as_bytes() == &name[..letters]).map(|&(_, c)| (c, letters + 1))
}

/// `&#64;`, `&#x40;`, with or without the semicolon.
fn numeric(rest: &[u8]) -> Option<(char, usize)> {
    let (radix, start) = if matches!(rest.get(2), Some(b'x' | b'X')) { (16, 3) } else { (10, 2) };
    let digits = rest[start..].iter().take_while(|b| char::from(**b).is_digit(radix)).count();
    // Zeros may lead, in any number.
    let value = rest[start..start + digits]
        .iter()
        .try_fold(0u32, |value, b| value.checked_mul(radix)?.checked_add(char::from(*b).to_digit(radix)?))?;
    let end = start + digits;
    let c = char::from_u32(value).filter(|_| digits > 0)?;
    Some((c, end + usize::from(rest.get(end) == Some(&b';'))))
}

/// Bytes of the longest name.
const LONGEST: usize = 22;

/// Names that browsers take without a semicolon.
static OLD: [(&str, char); 8] = [
    ("amp", '&'),
    ("AMP", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("QUOT", '"'),
    ("nbsp", '\u{a0}'),
    ("shy", '\u{ad}'),
];

/// Names of what stands in addresses, numbers and the names of people. Source: HTML, 13.5 Named character references.
static NAMED: [(&str, char); 121] = [
    ("commat", '@'),
    ("period", '.'),
    ("lowbar", '_'),
    ("UnderBar", '_'),
    ("hyphen", '-'),
    ("dash", '-'),
    ("plus", '+'),
    ("minus", '-'),
    ("num", '#'),
    ("percnt", '%'),
    ("amp", '&'),
    ("AMP", '&'),
    ("lt", '<'),
    ("LT", '<'),
    ("gt", '>'),
    ("GT", '>'),
    ("quot", '"'),
    ("QUOT", '"'),
    ("apos", '\''),
    ("colon", ':'),
    ("semi", ';'),
    ("comma", ','),
    ("sol", '/'),
    ("bsol", '\\'),
    ("lpar", '('),
    ("rpar", ')'),
    ("lsqb", '['),
    ("lbrack", '['),
    ("rsqb", ']'),
    ("rbrack", ']'),
    ("lcub", '{'),
    ("lbrace", '{'),
    ("rcub", '}'),
    ("rbrace", '}'),
    ("equals", '='),
    ("quest", '?'),
    ("excl", '!'),
    ("ast", '*'),
    ("midast", '*'),
    ("dollar", '$'),
    ("grave", '`'),
    ("Hat", '^'),
    ("vert", '|'),
    ("verbar", '|'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("nbsp", '\u{a0}'),
    ("NonBreakingSpace", '\u{a0}'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("emsp13", '\u{2004}'),
    ("emsp14", '\u{2005}'),
    ("numsp", '\u{2007}'),
    ("puncsp", '\u{2008}'),
    ("thinsp", '\u{2009}'),
    ("ThinSpace", '\u{2009}'),
    ("hairsp", '\u{200a}'),
    ("MediumSpace", '\u{205f}'),
    ("ZeroWidthSpace", '\u{200b}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
    ("NoBreak", '\u{2060}'),
    ("shy", '\u{ad}'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("horbar", '―'),
    ("middot", '·'),
    ("sup1", '¹'),
    ("sup2", '²'),
    ("sup3", '³'),
    ("Agrave", 'À'),
    ("Aacute", 'Á'),
    ("Auml", 'Ä'),
    ("Aring", 'Å'),
    ("AElig", 'Æ'),
    ("Ccedil", 'Ç'),
    ("Eacute", 'É'),
    ("Iacute", 'Í'),
    ("Ntilde", 'Ñ'),
    ("Oacute", 'Ó'),
    ("Ouml", 'Ö'),
    ("Oslash", 'Ø'),
    ("Uacute", 'Ú'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("atilde", 'ã'),
    ("auml", 'ä'),
    ("aring", 'å'),
    ("aelig", 'æ'),
    ("ccedil", 'ç'),
    ("egrave", 'è'),
    ("eacute", 'é'),
    ("ecirc", 'ê'),
    ("euml", 'ë'),
    ("igrave", 'ì'),
    ("iacute", 'í'),
    ("icirc", 'î'),
    ("iuml", 'ï'),
    ("eth", 'ð'),
    ("ntilde", 'ñ'),
    ("ograve", 'ò'),
    ("oacute", 'ó'),
    ("ocirc", 'ô'),
    ("otilde", 'õ'),
    ("ouml", 'ö'),
    ("oslash", 'ø'),
    ("ugrave", 'ù'),
    ("uacute", 'ú'),
    ("ucirc", 'û'),
    ("uuml", 'ü'),
    ("yacute", 'ý'),
    ("thorn", 'þ'),
    ("yuml", 'ÿ'),
    ("THORN", 'Þ'),
    ("ETH", 'Ð'),
    ("Yacute", 'Ý'),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::View;

    fn decoded(raw: &str) -> String {
        View::through(raw, decode)
    }

    #[test]
    fn entities_are_decoded_in_every_spelling() {
        assert_eq!(decoded("a&#64;b &#x40; &#X40 &#00064; &commat; &#64b"), "a@b @ @ @ @ @b");
        assert_eq!(decoded("S&oslash;ren&nbsp;&lt;x&gt; &amp;#64; &lt4111"), "Søren\u{a0}<x> &#64; <4111");
        assert_eq!(decoded("a &amp b&nbsp4"), "a & b\u{a0}4");
    }

    #[test]
    fn parameters_and_signs_stay() {
        for text in ["a&b", "?x=1&copy=2&amp=3&lt=4", "R&D;", "&", "&#", "&#x", "&#;", "&#1114112;", "&#99999999999;"] {
            assert_eq!(decoded(text), text);
        }
    }

    #[test]
    fn no_name_is_longer_than_is_looked_at() {
        assert!(NAMED.iter().all(|(name, _)| name.len() <= LONGEST));
    }
}
