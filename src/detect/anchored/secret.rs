//! Passwords, keys and tokens of access by the words, labels and schemes before them.

use std::sync::LazyLock;

use super::words::{Words, is_in};
use super::{Anchor, Anchored, LABELS, PROSE, found};
use crate::detect::matchers::Match;
use crate::record::Class;

/// `my password is hunter2`, `kata sandi saya: rahasia1`.
pub(super) const AFTER: Anchored = Anchored {
    name: "secret_after",
    doc: "the word behind the anchor and `is`, `er`, `adalah`, `=` or `:`",
    needs: PROSE,
    at_labels: false,
    find: after,
};

/// `pass hunter22`, `the api key is 9f86d081`.
pub(super) const TOLD: Anchored = Anchored {
    name: "secret_told",
    doc: "the word behind the anchor and `is`, `er`, `adalah`, `=` or `:`, when it is no word of a language",
    needs: PROSE,
    at_labels: false,
    find: |anchor, out| {
        let from = out.len();
        after(anchor, out);
        if out.len() > from && !is_random(&anchor.text[out[from].span.range()]) {
            out.truncate(from);
        }
    },
};

/// `Bearer eyJ…`, `Basic dXNlcjpwYXNz`.
pub(super) const SCHEME: Anchored = Anchored {
    name: "secret_scheme",
    doc: "a token of 8 characters or more behind the name of an HTTP scheme",
    needs: &[Class::LETTER, Class::SPACE.with(Class::PERCENT)],
    at_labels: false,
    find: scheme,
};

/// `password=hunter2`, `"api_key":"…"`.
pub(super) const LABELLED: Anchored = Anchored {
    name: "secret_labelled",
    doc: "the word or the quoted text behind a label",
    needs: LABELS,
    at_labels: true,
    find: |anchor, out| {
        // `PublicKeyToken=b03f5f7f11d50a3a` names who made an assembly.
        let label = anchor.text[anchor.at.range()].as_bytes();
        if !label.get(..9).is_some_and(|head| head.eq_ignore_ascii_case(b"publickey")) {
            out.extend(value(anchor.text, anchor.behind).map(|(start, end)| found(start, end)));
        }
    },
};

/// `token=9f86d081884c7d65`, and not `token: USDT`.
pub(super) const KEYED: Anchored = Anchored {
    name: "secret_keyed",
    doc: "the word behind a label, when it looks like a key: 12 characters or more, letters and digits",
    needs: LABELS,
    at_labels: true,
    find: |anchor, out| {
        // Its beginning tells.
        const TELLING: usize = 256;
        let rest = anchor.rest();
        let signs = |most: usize| {
            let len = rest.bytes().take(most).take_while(|&b| is_key_sign(b)).count();
            rest[..len].trim_end_matches(['.', ':'])
        };
        let head = signs(TELLING);
        // In a link it is a secret that is let in with, however short: `/reset-password?token=abc123XYZ`.
        if is_key_like(head) || anchor.is_in_query() && head.len() >= 8 && is_random(head) {
            out.push(found(anchor.behind, anchor.behind + signs(rest.len()).len()));
        }
    },
};

/// `curl -u ann:hunter22`, `mysql -phunter22`, `sshpass -p hunter22`.
pub(super) const OPTION: Anchored = Anchored {
    name: "secret_option",
    doc: "what an option of the command gives it: the password behind `-p`, `-P`, `-a`, `-w`, `-k`, or behind `-u NAME:`",
    needs: PROSE,
    at_labels: false,
    find: option,
};

/// `passphrase: correct horse battery staple`.
pub(super) const PHRASE: Anchored = Anchored {
    name: "secret_phrase",
    doc: "four words or more, none of them of every sentence, behind the anchor and `:`, `=`, `is`, `er` or `adalah`",
    needs: PROSE,
    at_labels: false,
    find: phrase,
};

/// `https://hooks.slack.com/services/T0/B0/XXXX`.
pub(super) const PATH: Anchored = Anchored {
    name: "secret_path",
    doc: "the rest of a link behind the host, from `/services/`, `/webhooks/` or `/bot` on: who has it may write there",
    needs: &[Class::LETTER, Class::DOT, Class::OTHER],
    at_labels: false,
    find: |anchor, out| {
        let rest = anchor.rest();
        let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b':');
        let path = &rest[..rest.bytes().take_while(|b| part(b)).count()];
        let hook = ["/services/", "/webhooks/", "/bot"].iter().find_map(|hook| Some(path.find(hook)? + hook.len()));
        if let Some(from) = hook.filter(|&from| path.len() >= from + 16) {
            out.push(found(anchor.behind + from, anchor.behind + path.len()));
        }
    },
};

/// `GET /oauth/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0i`: whoever has it gets the token of access.
pub(super) const GRANT: Anchored = Anchored {
    name: "secret_grant",
    doc: "what looks like a key behind a label in a query that has a `state`, or behind a path of OAuth",
    needs: LABELS,
    at_labels: true,
    find: |anchor, out| {
        /// Longest query that is looked at, in bytes.
        const QUERY_BYTES_MAX: usize = 512;
        if !anchor.is_in_query() {
            return;
        }
        let head = &anchor.text.as_bytes()[(anchor.at.start as usize).saturating_sub(96)..anchor.at.start as usize];
        let query = anchor.rest().bytes().take(QUERY_BYTES_MAX).take_while(u8::is_ascii_graphic).count();
        let rest = anchor.rest()[..query].split('"').next().unwrap_or("");
        let code = rest.split('&').next().unwrap_or("");
        let speaks = |text: &[u8]| {
            [&b"state="[..], b"oauth", b"callback"].iter().any(|word| memchr::memmem::find(text, word).is_some())
        };
        if is_key_like(code) && (speaks(rest.as_bytes()) || speaks(head)) {
            out.push(found(anchor.behind, anchor.behind + code.len()));
        }
    },
};

/// `Cookie: a=b; session=c`.
pub(super) const LINE: Anchored = Anchored {
    name: "secret_line",
    doc: "the rest of the line, or the quoted text, behind a label",
    needs: LABELS,
    at_labels: true,
    find: line,
};

/// Words that stand between the anchor and the secret.
static BETWEEN: LazyLock<Words> = LazyLock::new(|| {
    "is was er adalah ialah yaitu saya ku nya anda baru lama my mit min new old current currently still stadig nu \
        sekarang masih it its den det temporary sementara midlertidige nye gamle for account akun sy gw gue aku now i \
        use used jeg bruger pakai altid tetap"
        .split(' ')
        .collect()
});
/// Those of them that say that a secret follows.
const COPULAS: &[&str] = &["is", "was", "er", "adalah", "ialah", "yaitu"];

/// What people say of passwords, and what systems print in place of them.
const NO_SECRETS: &[&str] = &[
    "a",
    "an",
    "the",
    "wrong",
    "incorrect",
    "correct",
    "invalid",
    "valid",
    "not",
    "required",
    "expired",
    "too",
    "being",
    "reset",
    "changed",
    "weak",
    "strong",
    "missing",
    "empty",
    "same",
    "different",
    "longer",
    "now",
    "set",
    "optional",
    "null",
    "none",
    "true",
    "false",
    "nil",
    "undefined",
    "yes",
    "no",
    "ok",
    "unknown",
    "forgotten",
    "lost",
    "stored",
    "saved",
    "updated",
    "sent",
    "blocked",
    "locked",
    "accepted",
    "rejected",
    "failed",
    "hidden",
    "masked",
    "redacted",
    "filtered",
    "encrypted",
    "hashed",
    "forkert",
    "forkerte",
    "ikke",
    "udløbet",
    "glemt",
    "ugyldig",
    "ændret",
    "nulstillet",
    "for",
    "blevet",
    "korrekt",
    "rigtig",
    "salah",
    "tidak",
    "lupa",
    "benar",
    "kosong",
    "sudah",
    "belum",
    "bukan",
    "kadaluarsa",
    "wajib",
    "terlalu",
    "yang",
    "bearer",
    "basic",
    "digest",
    "in",
    "at",
    "on",
    "to",
    "by",
    "please",
    "tolong",
    "must",
    "should",
    "hvad",
    "what",
    "apa",
    "en",
    "et",
    "det",
    "den",
    "this",
    "that",
    "something",
    "gå",
    "Gå",
    "klik",
    "click",
    "tryk",
    "buka",
    "pilih",
    "vælg",
    "is",
    "er",
    "adalah",
    "and",
    "og",
    "dan",
    "or",
    "eller",
    "atau",
];

fn after(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let mut at = anchor.behind;
    // An option of a command is followed by its value: `--password hunter2`.
    let mut told = text[..anchor.at.start as usize].ends_with("--");
    for _ in 0..4 {
        let signs = text[at..].bytes().take(4).take_while(|b| b" :=\"'`->(".contains(b));
        let from = at;
        at += signs.count();
        told |= text[from..at].contains([':', '=']) || text[from..at].contains("->");
        if at == from && at > anchor.behind {
            break;
        }
        let word = text[at..].split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
        let goes_on = text[at + word.len()..].starts_with([' ', ':']);
        if !goes_on || !is_in(&BETWEEN, word) {
            break;
        }
        told |= COPULAS.iter().any(|w| w.eq_ignore_ascii_case(word));
        at += word.len();
    }
    // `kata sandi: <code>Kx9-merapi-22</code>`
    at += if told { tags(&text[at..]) } else { 0 };
    // Without a sign or a verb only what no word of a language looks like: `kata sandi saya rahasia123`.
    let sure = |&(start, end): &(usize, usize)| told || is_no_word(&text[start..end]);
    let from = out.len();
    if at > anchor.behind {
        out.extend(value(text, at).filter(sure).map(|(start, end)| found(start, end)));
    }
    if out.len() == from {
        told_later(text, anchor.behind, out);
    }
    if out.len() == from {
        out.extend(told_below(text, anchor.behind));
    }
}

/// `Your temporary password:`, and `Xk29-Qm4L` alone in the line below.
fn told_below(text: &str, behind: usize) -> Option<Match> {
    let (line, below) = text[behind..].split_once('\n')?;
    let line = line.trim();
    let told = line.strip_suffix(':').unwrap_or(line).trim_end();
    let asked = line.ends_with(':') && told.is_empty();
    if !asked && !COPULAS.contains(&told) {
        return None;
    }
    let value = below.trim_start();
    let start = text.len() - value.len();
    let word = value.split(char::is_whitespace).next()?.trim_end_matches(['.', ',']);
    is_random(word).then(|| found(start, start + word.len()))
}

/// Bytes of the opening tags that a text begins with.
fn tags(text: &str) -> usize {
    const BYTES_MAX: usize = 48;
    let mut at = 0;
    while let Some(tag) = text[at..].strip_prefix('<').filter(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic()))
    {
        let Some(close) = tag.bytes().take(BYTES_MAX).position(|b| b == b'>' || b == b'\n') else { break };
        if tag.as_bytes()[close] != b'>' {
            break;
        }
        at += close + 2;
        at += text[at..].len() - text[at..].trim_start_matches([' ', '"']).len();
    }
    at
}

/// Words before a secret that is told some words later in the sentence.
const BEFORE: &[&str] = &[
    "is",
    "was",
    "er",
    "adalah",
    "yaitu",
    "itu",
    "from",
    "to",
    "fra",
    "til",
    "dari",
    "ke",
    "jadi",
    "as",
    "its",
    "currently",
];

/// `my password for the portal is Sommer99`, `password wifi: melati123`, `changed my password from Winter98! to Sommer99`:
/// what no word of a language looks like, behind a verb or a colon in the same sentence.
fn told_later(text: &str, behind: usize, out: &mut Vec<Match>) {
    const REACH: usize = 64;
    // `can you reset my password? its currently "Tr0mbone_88"`
    let is_asked = |start: usize, word: &str| start == behind && word.bytes().all(|b| b == b'?');
    let mut before = "";
    let mut at = behind;
    for word in text[behind..].split_inclusive(char::is_whitespace) {
        let start = at;
        at += word.len();
        if start > behind + REACH {
            return;
        }
        let bare = word.trim();
        let told = before.ends_with(':') || BEFORE.iter().any(|known| known.eq_ignore_ascii_case(before));
        let quotes = tags(bare);
        let quotes = quotes + bare[quotes..].len() - bare[quotes..].trim_start_matches(['\'', '"', '`', '(']).len();
        if let Some(quoted) = quoted_at(text, start).filter(|_| told) {
            return out.push(quoted);
        }
        let secret = bare[quotes..].split([',', ';', '=', '&', '<', '|', '"', '\'', '`']).next().unwrap_or("");
        let secret = secret.trim_end_matches(['.', ')']);
        if told && is_no_word(secret) {
            let from = start + (word.len() - word.trim_start().len()) + quotes;
            out.push(found(from, from + secret.len()));
        } else if bare.ends_with(['.', '?', '!']) && !is_asked(start, bare) || word.ends_with('\n') {
            return;
        }
        before = bare;
    }
}

/// What stands in quotes from `at` on, when no word of a language does: `'p@ss w0rd'`.
fn quoted_at(text: &str, at: usize) -> Option<Match> {
    const BYTES_MAX: usize = 48;
    let quote = text[at..].chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let inner = text[at + 1..].split(['\n', quote]).next()?;
    let closed = text[at + 1 + inner.len()..].starts_with(quote);
    let drawn = inner.bytes().any(|b| b.is_ascii_digit()) && inner.bytes().any(|b| b.is_ascii_alphabetic());
    let held = (6..=BYTES_MAX).contains(&inner.len()) && !is_no_secret(inner);
    (closed && drawn && held).then(|| found(at + 1, at + 1 + inner.len()))
}

fn phrase(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    /// Words of sentences, which hardly stand in a phrase that was drawn.
    const PROSE_WORDS: &str = "required missing no longer valid invalid changed expired wrong incorrect set too has have be been when \
        from simpan harus skal these them down keep write please you we is are was not the a an it in on of to \
        for and or this your must at with er ikke og det en til yang dan tidak untuk";
    const WORD_BYTES_MAX: usize = 12;
    let rest = anchor.rest();
    let signs = rest.len() - rest.trim_start_matches([' ', ':', '=', '"', '\'']).len();
    let copula =
        COPULAS.iter().find(|word| rest[signs..].strip_prefix(**word).is_some_and(|r| r.starts_with([' ', ':'])));
    let start = signs + copula.map_or(0, |word| word.len());
    let start = start + rest[start..].len() - rest[start..].trim_start_matches([' ', ':', '"', '\'']).len();
    if copula.is_none() && !rest[..signs].contains([':', '=']) {
        return;
    }
    let word = |word: &str| {
        let prose = PROSE_WORDS.split(' ').any(|known| known.eq_ignore_ascii_case(word));
        (2..=WORD_BYTES_MAX).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric()) && !prose
    };
    let line = rest[start..].split(|c: char| !c.is_ascii_alphanumeric() && c != ' ').next().unwrap_or("");
    let (count, len) =
        line.split(' ').take_while(|part| word(part)).fold((0, 0), |(n, len), word| (n + 1, len + word.len() + 1));
    if count >= 4 {
        out.push(found(anchor.behind + start, anchor.behind + start + len - 1));
    }
}

/// What no word of a language looks like, and no number: letters and digits together, or capitals inside.
fn is_random(text: &str) -> bool {
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    let letters = text.bytes().any(|b| b.is_ascii_alphabetic());
    text.len() >= 6 && letters && (digits || text.len() >= 8 && is_mixed(text)) && !text.contains(['(', '/'])
}

/// Letters and digits together.
pub(in crate::detect) fn is_no_word(text: &str) -> bool {
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    // `new_value_2` and `DB_PASSWORD_2` are names of things, `Mangga_muda99` is not.
    let has = |is: fn(&u8) -> bool| text.bytes().any(|b| is(&b));
    let snake = text.contains('_') && !(has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase));
    text.len() >= 6 && digits && text.starts_with(char::is_alphabetic) && !text.contains(['(', '/']) && !snake
}

fn scheme(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let rest = anchor.rest();
    let gap = if rest.starts_with("%20") { 3 } else { rest.bytes().take(2).take_while(|b| b" +".contains(b)).count() };
    let token = &rest[gap..];
    let len = token.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"-._~+/=:".contains(b)).count();
    let token = token[..len].trim_end_matches(['.', ':']);
    let marked = token.bytes().any(|b| b.is_ascii_digit() || b"=_~+".contains(&b)) || is_mixed(token);
    // `Authorization: Bearer opensesame`: nothing else stands there.
    let head = anchor.text[..anchor.at.start as usize].trim_end_matches([' ', ':', '=', '"', '\'', '\\', '[']);
    let header = head.len().checked_sub("authorization".len()).and_then(|at| head.get(at..));
    let told = header.is_some_and(|name| name.eq_ignore_ascii_case("authorization"));
    // The whole value: `["Authorization", "Bearer opensesame"]`.
    let bearer = anchor.text[anchor.at.range()].eq_ignore_ascii_case("bearer");
    let told = told || bearer && len >= 12 && anchor.at.start == 0 && anchor.text.len() == anchor.behind + gap + len;
    if gap > 0 && (told && token.len() >= 6 || marked && token.len() >= 8) {
        out.push(found(anchor.behind + gap, anchor.behind + gap + token.len()));
    }
}

/// Whether random bytes may have been written so: long, without spaces, letters and digits or capitals inside.
pub(in crate::detect) fn is_key_like(text: &str) -> bool {
    let letters = text.bytes().any(|b| b.is_ascii_alphabetic());
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text.bytes().all(is_key_sign);
    text.len() >= 12 && plain && letters && (digits >= 2 || is_mixed(text) && !is_camel_case(text))
}

/// `InvalidSignatureException`: words, each with its capital.
fn is_camel_case(text: &str) -> bool {
    let bytes = text.as_bytes();
    let alone = |w: &[u8]| !w[0].is_ascii_uppercase() || w[1].is_ascii_lowercase();
    bytes.iter().all(u8::is_ascii_alphabetic)
        && bytes.windows(2).all(alone)
        && bytes.last().is_some_and(u8::is_ascii_lowercase)
}

fn is_key_sign(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~+/=%:|".contains(&b)
}

/// Capitals behind small letters: no word of a language.
fn is_mixed(token: &str) -> bool {
    token.as_bytes().windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
}

/// The secret at `at`: quoted text, or all up to white space or a sign that ends a value.
fn value(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = text.get(at..)?;
    let quote = text[..at].chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'));
    let end = match quote {
        Some(quote) => rest.find([quote, '\n'])?,
        None => rest.char_indices().find(|&(i, c)| ends_value(rest, i, c)).map_or(rest.len(), |(i, _)| i),
    };
    let mut secret = &rest[..end];
    if quote.is_none() {
        secret = secret.trim_end_matches(['.', ',', ')', '\'', '}', ']', '\\', '`']);
        // `!` and `?` end many passwords, and more sentences: they stay only where something of a password is before.
        let bare = secret.trim_end_matches(['!', '?']);
        secret = if bare.bytes().all(|b| b.is_ascii_alphabetic()) { bare } else { secret };
    } else {
        secret = secret.trim_end_matches('\\');
    }
    let end = at + secret.len();
    (secret.chars().nth(1).is_some() && !is_no_secret(secret)).then_some((at, end))
}

/// Whether the sign at `at` ends a value that no quotes end. Passwords have any sign, so those between the pairs of forms and
/// strings of connections end one only where another pair or nothing follows: `a&b9X!`, but `hunter2&x=1`, `Abc123;User Id=sa`.
fn ends_value(text: &str, at: usize, sign: char) -> bool {
    const NAME_BYTES_MAX: usize = 40;
    let behind = &text[at + sign.len_utf8()..];
    match sign {
        '"' | '\0' => true,
        '<' => {
            let tag = behind.bytes().take_while(u8::is_ascii_alphanumeric);
            let drawn = at == 0 && tag.clone().any(|b| b.is_ascii_digit()) && tag.count() > 2;
            !drawn && behind.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'))
        }
        '>' => !text.starts_with('<') || behind.is_empty(),
        '&' | ';' | '|' => {
            let name = behind.trim_start().bytes().take(NAME_BYTES_MAX);
            let name = name.take_while(|b| b.is_ascii_alphanumeric() || b" _-.[]".contains(b)).count();
            let pair = name > 0 && behind.trim_start()[name..].starts_with(['=', ':']);
            behind.is_empty() || behind.starts_with(char::is_whitespace) || pair
        }
        _ => sign.is_whitespace(),
    }
}

fn is_no_secret(text: &str) -> bool {
    let stars = text.bytes().take_while(|b| matches!(b, b'*' | b'x' | b'X' | b'.')).count();
    // `No!way99` is more than its first word.
    let word = text.split([',', ')', '.']).next().unwrap_or("").trim_end_matches(['!', '?']);
    let placeholder = is_placeholder(word) || stars == text.len() || text.starts_with("***");
    placeholder || is_path(word) || NO_SECRETS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// `[password]`, `<password>`, `{{password}}`, `${PASSWORD}`, `$PASSWORD`; the end may be cut off by now. A word that begins
/// with such a sign and goes on otherwise is a secret: `$ommer7`, `[ab1#`.
fn is_placeholder(text: &str) -> bool {
    let inner = text.trim_start_matches(['[', '<', '{', '$', '(']);
    let inner = inner.trim_end_matches([']', '>', '}', ')']);
    let named = inner.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'.' | b' ' | b':'));
    let variable = !text.starts_with('$') || text.starts_with("${") || inner.bytes().all(|b| !b.is_ascii_lowercase());
    inner.len() < text.len() && text.starts_with(['[', '<', '{', '$']) && named && variable
}

/// `PWD=/home/ann`: a place in a file system.
fn is_path(text: &str) -> bool {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-');
    text.starts_with('/') && text.bytes().all(part) && text[1..].contains('/')
}

fn option(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    const REACH: usize = 200;
    const USERS: [&str; 2] = ["-u", "--user"];
    const PASSWORDS: [&str; 8] = ["-p", "-P", "-a", "-w", "-k", "-b", "--pass", "-passin"];
    let text = anchor.text;
    let mut before = "";
    let mut at = anchor.behind;
    for word in anchor.rest().split_inclusive([' ', '\n']) {
        let start = at;
        at += word.len();
        let quotes = word.len() - word.trim_start_matches(['\'', '"']).len();
        let bare = word[quotes..].trim_end().trim_end_matches(['\'', '"', ',']);
        if start > anchor.behind + REACH || matches!(bare, "|" | "&&" | ";") {
            return;
        }
        let from = start + quotes;
        let user = USERS.contains(&before).then(|| bare.find(':')).flatten().map(|colon| colon + 1);
        let glued = bare.strip_prefix("-p").filter(|rest| is_option_value(rest)).map(|_| 2);
        let printed = before == "-w" && is_printed(bare);
        let behind = (PASSWORDS.contains(&before) && !printed && is_option_value(bare)).then_some(0);
        if let Some(skip) = user.or(glued).or(behind).filter(|&skip| bare.len() >= skip + 4) {
            out.push(found(from + skip, from + bare.len()));
        }
        before = bare;
        if word.ends_with('\n') && !text[..at].ends_with("\\\n") {
            return;
        }
    }
}

/// `%{http_code}`: what `curl -w` is to print.
fn is_printed(text: &str) -> bool {
    let name = text.strip_prefix("%{").and_then(|text| text.strip_suffix('}'));
    name.is_some_and(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
}

/// A word of letters and more, no port, path, option or address of a page.
fn is_option_value(text: &str) -> bool {
    let letters = text.bytes().any(|b| b.is_ascii_alphabetic());
    let more = text.bytes().any(|b| !b.is_ascii_lowercase());
    letters && more && !text.starts_with(['-', '$', '<', '{', '[']) && !text.contains(['/', '='])
}

fn line(anchor: &Anchor<'_>, out: &mut Vec<Match>) {
    let text = anchor.text;
    let rest = anchor.rest();
    let quote = text[..anchor.behind].chars().next_back().filter(|c| matches!(c, '"' | '\''));
    let end = match quote {
        Some(quote) => rest.find([quote, '\n']),
        None => rest.find(['\n', '\r', '"', '\'', '\0']),
    };
    let end = rest[..end.unwrap_or(rest.len())].trim_end().len();
    // A cookie has a pair, or a value of some length; `cookie: enabled` has neither.
    let secret = &rest[..end];
    if secret.contains('=') || secret.len() >= 16 && !secret.contains(' ') && !is_no_secret(secret) {
        out.push(found(anchor.behind, anchor.behind + end));
    }
}
