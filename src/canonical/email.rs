//! E-mail addresses, and mailboxes: the address without what does not change where mail arrives.

use std::borrow::Cow;

use super::text::lowered;

/// Appends the canonical form of an e-mail address; false, and nothing appended, when `text` is none.
///
/// NFKC without format characters, in lower case, without the domain's trailing dot, the domain as A-label (IDNA,
/// UTS 46): `BJØRN@rødgrød.dk.` → `bjørn@xn--rdgrd-vuad.dk`. ASCII addresses, nearly all, cost one pass.
pub fn write(text: &str, out: &mut Vec<u8>) -> bool {
    if !text.is_ascii() {
        return write_unicode(text, out);
    }
    let Some((local, domain)) = as_it_stands(text) else {
        return unspell(text).or_else(|| unspaced(text)).is_some_and(|address| write_plain(&address, out));
    };
    append(local, domain, out);
    true
}

/// Local part and domain of what is an address as it stands: only what is none is looked at for words and slips of the pen.
fn as_it_stands(text: &str) -> Option<(&str, &str)> {
    split(text.trim()).filter(|(_, domain)| !domain.contains(','))
}

/// How people write a dot so that no machine reads it; in Indonesian, Danish and English.
pub const DOTS: &[&str] = &["dot", "titik", "punktum", "prik"];
/// How they write the `@`.
const ATS: &[&str] = &["@", "at", "snabel-a", "snabela", "snabel", "et", "keong", "arroba", "a"];
/// Longest address in words.
const SPELLED_BYTES_MAX: usize = 320;

/// The address that is written in words: `john dot doe at example dot com`, `ann (at) firma.dk`, `ann[snabel-a]firma dot dk`.
/// `None` when it is none: there must be one `@` in words, and a dot behind it.
pub fn unspell(text: &str) -> Option<String> {
    if text.len() > SPELLED_BYTES_MAX {
        return None;
    }
    // `ann@example dot com`: only a dot is in words.
    let apart = text.contains('@').then(|| text.replace('@', " @ "));
    let text = apart.as_deref().unwrap_or(text);
    let is = |list: &[&str], word: &str| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    let mut address = String::with_capacity(text.len());
    let (mut at, mut joined, mut spelled) = (None, true, false);
    for word in text.split([' ', '\t', '(', ')', '[', ']', '{', '}', '<', '>']).filter(|word| !word.is_empty()) {
        let sign = match word {
            word if is(DOTS, word) => Some('.'),
            word if at.is_none() && is(ATS, word) && !address.is_empty() => Some('@'),
            // `snabel a`
            "a" | "A" if address.ends_with('@') => continue,
            _ => None,
        };
        spelled |= sign == Some('.');
        match sign {
            Some(sign) if !joined => {
                at = at.or((sign == '@').then_some(address.len()));
                address.push(sign);
                joined = true;
            }
            None if joined => {
                address.push_str(word);
                joined = false;
            }
            _ => return None,
        }
    }
    let (local, domain) = (&address[..at?], &address[at? + 1..]);
    let (name, top) = domain.rsplit_once('.')?;
    let fits = (apart.is_none() || spelled)
        && is_plain(local)
        && !domain.contains(',')
        && !name.is_empty()
        && top.chars().nth(1).is_some()
        && top.chars().all(char::is_alphabetic);
    fits.then_some(address)
}

/// The address with spaces beside its `@`, or a slip of the pen in its domain: `john.doe @ example.com`, `ann@gmail . com`,
/// `ann@gmail,com`. `None` when there are none.
fn unspaced(text: &str) -> Option<String> {
    let at = memchr::memrchr(b'@', text.as_bytes())?;
    let (local, domain) = (text[..at].trim(), text[at + 1..].trim());
    let dots = domain.bytes().filter(|b| matches!(b, b'.' | b',')).count();
    let plain: String = domain.replace(',', ".").split(' ').collect();
    // Of two words with a dot in one of them the other is none of the domain.
    let one = plain.len() == domain.len() || dots == 1;
    let changed = local.len() + plain.len() + 1 < text.len() || plain != domain;
    (changed && one).then(|| format!("{local}@{plain}"))
}

/// The canonical form of an address with its `@`.
fn write_plain(address: &str, out: &mut Vec<u8>) -> bool {
    if !address.is_ascii() {
        return write_unicode(address, out);
    }
    split(address).inspect(|(local, domain)| append(local, domain, out)).is_some()
}

fn append(local: &str, domain: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(local.as_bytes());
    out.push(b'@');
    out.extend_from_slice(domain.as_bytes());
    out[start..].make_ascii_lowercase();
}

/// Appends the mailbox of an e-mail address: its canonical form without plus-tag and, at Gmail, without dots and with
/// one of its two domains. False, and nothing appended, when `text` is no address.
pub fn write_mailbox(text: &str, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    if !write(text, out) {
        return false;
    }
    // In quotes a plus is a sign like any other.
    if out[start] == b'"' {
        return true;
    }
    let mut at = start + memchr::memrchr(b'@', &out[start..]).expect("a canonical address holds an @");
    if let Some(plus) = memchr::memchr(b'+', &out[start..at]).filter(|&plus| plus > 0) {
        out.drain(start + plus..at);
        at = start + plus;
    }
    if matches!(&out[at + 1..], b"gmail.com" | b"googlemail.com") {
        let mut end = start;
        for i in start..at {
            if out[i] != b'.' {
                out[end] = out[i];
                end += 1;
            }
        }
        out.truncate(end);
        out.extend_from_slice(b"@gmail.com");
    }
    true
}

/// Local part and domain (without trailing dots) of an address: neither is empty, no white space but in quotes.
fn split(address: &str) -> Option<(&str, &str)> {
    let at = memchr::memrchr(b'@', address.as_bytes())?;
    let (local, domain) = (&address[..at], &address[at + 1..]);
    let domain = domain.trim_end_matches('.');
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let fits = !local.is_empty() && !domain.is_empty() && (quoted || is_plain(local)) && is_plain(domain);
    fits.then(|| (if quoted { unquoted(local) } else { local }, domain))
}

/// Without `@`, white space and control characters. Looks at every byte, which the compiler does many at a time.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, b| plain & (b > b' ') & (b != b'@'))
}

fn write_unicode(text: &str, out: &mut Vec<u8>) -> bool {
    let mut lower = lowered(text);
    if as_it_stands(&lower).is_none()
        && let Some(address) = unspell(&lower).or_else(|| unspaced(&lower))
    {
        lower = address;
    }
    let Some((local, domain)) = split(lower.trim()) else {
        return false;
    };
    // Where a line ends elsewhere (U+2028), no address goes on: what stands around it would depend on a tag that goes.
    if domain.contains(char::is_whitespace) || !local.starts_with('"') && local.contains(char::is_whitespace) {
        return false;
    }
    // No registry takes a name in which two alphabets are mixed: a mixed word is a disguise, of domains as of mailboxes.
    let (local, domain) = (in_latin(local), in_latin(domain));
    // In Latin it may need no quotes any more.
    let local = unquoted(&local);
    // An ASCII domain is taken as it is, as in the fast way: a disguise in the local part must not change it.
    let ascii = if domain.is_ascii() {
        domain
    } else {
        match idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::EMPTY) {
            Ok(ascii) => ascii,
            Err(_) => return false,
        }
    };
    let ascii = ascii.trim_end_matches('.');
    if ascii.is_empty() {
        return false;
    }
    out.extend_from_slice(local.as_bytes());
    out.push(b'@');
    out.extend_from_slice(ascii.as_bytes());
    true
}

/// Small letters of Cyrillic and Greek that look like Latin ones, each before the one it looks like.
const LOOKALIKES: &str = "аaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwӏlοoαaνvιiκkρpυuτtχx";

/// A local part or domain in small letters, in which a few letters of another alphabet stand in for Latin ones so that no
/// machine knows it (`jоhn` with a Cyrillic `о`), in Latin. What is all of another alphabet is a word of its own, and
/// its domain somebody else's.
fn in_latin(part: &str) -> Cow<'_, str> {
    let latin = |c: char| {
        let mut pairs = LOOKALIKES.chars();
        while let (Some(other), Some(latin)) = (pairs.next(), pairs.next()) {
            if other == c {
                return Some(latin);
            }
        }
        None
    };
    let mixed = |word: &str| {
        let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let disguised = !word.is_ascii() && word.chars().all(|c| c.is_ascii() || latin(c).is_some());
        disguised && word.bytes().any(|b| b.is_ascii_alphabetic())
    };
    // Each word by itself: what becomes of one must not hang on a tag that goes.
    let words = || part.split_inclusive(|c: char| !c.is_alphanumeric());
    if !words().any(mixed) {
        return part.into();
    }
    let plain = |word: &str| word.chars().map(|c| latin(c).unwrap_or(c)).collect::<String>();
    let joined: String = words().map(|word| if mixed(word) { plain(word) } else { word.to_owned() }).collect();
    // A Latin letter joins an accent behind it that the other one did not: `ρ` and `´` are two signs, `ṕ` is one.
    lowered(&joined).into()
}

/// `"john"` without the quotes, where it needs none (RFC 5321 4.1.2: the same mailbox).
fn unquoted(local: &str) -> &str {
    let inner = local.strip_prefix('"').and_then(|local| local.strip_suffix('"')).unwrap_or(local);
    let atom = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    if inner.split('.').all(atom) { inner } else { local }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(text: &str) -> Option<String> {
        let mut out = b"x".to_vec();
        let is_one = write(text, &mut out);
        assert_eq!(out.len() > 1, is_one, "{text}");
        is_one.then(|| String::from_utf8(out[1..].to_vec()).expect("UTF-8"))
    }

    fn mailbox(text: &str) -> Option<String> {
        let mut out = b"x".to_vec();
        write_mailbox(text, &mut out).then(|| String::from_utf8(out[1..].to_vec()).expect("UTF-8"))
    }

    #[test]
    fn every_spelling_of_an_address_is_one_address() {
        for text in [
            "john.doe@example.com",
            "John.Doe@EXAMPLE.com.",
            "john.doe@example.com..",
            " john.doe@example.com\t",
            "john\u{ad}.doe@example.com",
            "john.doe＠example.com",
            "john.doe@exam\u{200b}ple.com",
            "ｊｏｈｎ.doe@example．com",
            "john.doe@example。com",
            "john dot doe at example dot com",
            "John.Doe (at) example [dot] com",
            "john punktum doe snabel-a example punktum com",
            "john.doe snabel a example.com",
            "john titik doe[at]example titik com",
            "john.doe @ example.com",
            "john.doe@ example.com",
            "john.doe (a) example.com",
            "john.doe@example dot com",
            "\"john.doe\"@example.com",
            "jоhn.dοe@example.com",
            "\"jоhn.dοe\"@example.com",
            "john.doe@examplе.com",
            "john.doe@EXАMPLE.cοm",
            "jоhn.doe@exаmple.com",
        ] {
            assert_eq!(address(text).as_deref(), Some("john.doe@example.com"), "{text}");
        }
        for text in ["bjørn@rødgrød.dk", "BJØRN@xn--rdgrd-vuad.dk", "Bjørn@RØDGRØD.DK.", "bjørn@rødgrød。dk"]
        {
            assert_eq!(address(text).as_deref(), Some("bjørn@xn--rdgrd-vuad.dk"), "{text}");
        }
        // All of another alphabet, or with a letter that looks like none: a name of its own.
        for (other, latin) in [("роса.k@example.com", "poca.k@example.com"), ("ann@роса.com", "ann@poca.com")] {
            assert_ne!(address(other).as_deref(), Some(latin));
        }
        assert_ne!(address("ann@exжmple.com"), address("ann@example.com"));
        // As machines write it, it is the name that it says.
        assert_ne!(address("ann@xn--exampl-9of.com"), address("ann@example.com"));
        assert_eq!(address("\"john doe\"@example.com").as_deref(), Some("\"john doe\"@example.com"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "i\u{2028}\u{2028}+tag@example.com",
            "i@example\u{2028}.com",
            "at",
            "a at b",
            "a dot at b dot dk",
            "at a dot dk",
            "a at b dot",
            "a b at c dot dk",
            "@",
            "a@",
            "@b",
            "a@.",
            "john",
            "a b@c.dk",
            "a b @ c.dk",
            "a@b c",
            "a@b@c",
            "ø",
            "ø@",
            "ø@\u{ad}",
            "a@xn--ø.dk",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    /// What libFuzzer found: brackets beside a real `@` are a part of what they stand in.
    #[test]
    fn an_address_with_a_sign_and_a_bracket_is_its_own_form() {
        for text in [".+Υ@11,,,ggg(,,,", "a@op,.m&,yΣ<A}\n\u{a0}\n\u{b}", "a@b.co(", "a@b.co(x)", "(a@b dot co)"] {
            let once = address(text);
            assert_eq!(once.as_deref().and_then(address), once, "{text}");
        }
        for text in ["yρ\u{301}@t.dk", "w!𐋐v>yρ\u{355}\u{301}\u{305}@t", "a@yρ\u{301}.dk"] {
            let once = address(text).expect("an address");
            assert_eq!(address(&once), Some(once), "{text}");
        }
        // Two slips of the pen, of which one hides the other.
        for text in ["ø(dot)b@dd a t.tt", "ø(dot)b@dd.tt", "b\u{200b}(dot)c@dd.tt", "ø(dot)b@ø,tt", "ø(dot)b@ø tt.dk"]
        {
            let once = address(text).expect("an address");
            assert_eq!(address(&once), Some(once), "{text}");
        }
        assert_eq!(address("b\u{200b}(dot)c@dd.tt"), address("b(dot)c@dd.tt"));
        let once = mailbox("fυallto+ҝ@x").expect("an address");
        assert_eq!(mailbox(&once), Some(once));
    }

    #[test]
    fn a_mailbox_has_no_tag_and_at_gmail_no_dots() {
        for text in
            ["John.Doe+Promo@GMAIL.com", "johndoe@googlemail.com", "j.o.h.n.doe@gmail.com", "johndoe+a+b@gmail.com"]
        {
            assert_eq!(mailbox(text).as_deref(), Some("johndoe@gmail.com"), "{text}");
        }
        assert_eq!(mailbox("j.doe+shop@example.com").as_deref(), Some("j.doe@example.com"));
        assert_eq!(mailbox("+45@example.com").as_deref(), Some("+45@example.com"));
        assert_eq!(mailbox("\"a b+c\"@gmail.com").as_deref(), Some("\"a b+c\"@gmail.com"));
        assert_eq!(mailbox("\"a.b+c\"@gmail.com").as_deref(), Some("ab@gmail.com"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_form_of_a_form_is_itself(text in "\\PC{0,8}@\\PC{0,8}") {
            if let Some(once) = address(&text) {
                prop_assert_eq!(address(&once), Some(once));
            }
        }

        #[test]
        fn the_form_of_a_form_is_itself_with_letters_of_other_alphabets(
            text in "[aаeеoоj.+ \"]{1,6}@[aаeеoоxхn.,-]{1,8}\\.[cсoожd]{1,3}",
        ) {
            if let Some(once) = address(&text) {
                prop_assert_eq!(address(&once), Some(once));
            }
        }

        #[test]
        fn a_disguise_changes_nothing(text in "[a-zA-Z0-9.+_-]{1,12}@(xn--)?[a-zA-Z0-9-]{1,12}\\.[a-z]{2,3}", at in 0usize..14) {
            let at = at.min(text.len());
            let disguised = format!("{}\u{200b}{}", &text[..at], &text[at..]);
            prop_assert!(address(&text).is_some());
            prop_assert_eq!(address(&disguised), address(&text));
        }
    }
}
