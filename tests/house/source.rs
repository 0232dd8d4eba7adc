//! Reads Rust as far as the rules of the house need it: tokens with their lines, without comments, literals and tests.

/// An identifier, `::`, or a single sign, with its line (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

/// The code of a file that ships.
#[derive(Debug)]
pub struct Source {
    pub tokens: Vec<Token>,
    /// Modules of the file that are compiled for tests only and stand in files of their own.
    pub test_modules: Vec<String>,
}

/// Reads a file.
pub fn read(text: &str) -> Source {
    let mut source = Source { tokens: Vec::new(), test_modules: Vec::new() };
    let tokens = tokens(text);
    let mut at = 0;
    while at < tokens.len() {
        if !starts(&tokens[at..], &["#", "[", "cfg", "(", "test", ")", "]"]) {
            source.tokens.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += 7;
        let end = end_of_item(&tokens, at);
        if let [keyword, name, semicolon] = &tokens[at..end]
            && keyword.text == "mod"
            && semicolon.text == ";"
        {
            source.test_modules.push(name.text.clone());
        }
        at = end;
    }
    source
}

/// Whether the tokens begin with these texts.
pub fn starts(tokens: &[Token], texts: &[&str]) -> bool {
    tokens.len() >= texts.len() && tokens.iter().zip(texts).all(|(token, text)| token.text == *text)
}

/// One past the item that begins at `at`: its closing brace, or its semicolon.
pub fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0usize;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token.text == "}" {
                    break;
                }
            }
            ";" if depth == 0 => break,
            _ => {}
        }
    }
    at
}

fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while at < bytes.len() {
        let from = at;
        let rest = &text[at..];
        if bytes[at].is_ascii_whitespace() {
            at += 1;
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if let Some(length) = literal(rest) {
            at += length;
        } else {
            at += word(rest);
            tokens.push(Token { text: text[from..at].to_owned(), line });
        }
        line += bytes[from..at].iter().filter(|&&b| b == b'\n').count();
    }
    tokens
}

/// Length of the identifier, `::` or sign that `rest` begins with.
fn word(rest: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    match rest.find(|c| !is_word(c)) {
        None => rest.len(),
        Some(0) if rest.starts_with("::") => 2,
        Some(0) => rest.chars().next().map_or(1, char::len_utf8),
        Some(length) => length,
    }
}

/// Length of the string or character that `rest` begins with; `None`: it begins with something else.
fn literal(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).unwrap_or("");
        let raw = prefix.ends_with('r');
        after.starts_with('"') || (raw && after.trim_start_matches('#').starts_with('"') && after.starts_with('#'))
    });
    if let Some(prefix) = prefix {
        let body = &rest[prefix.len()..];
        if prefix.ends_with('r') {
            let hashes = body.len() - body.trim_start_matches('#').len();
            let end = format!("\"{}", "#".repeat(hashes));
            let start = prefix.len() + hashes + 1;
            return Some(start + rest[start..].find(&end)? + end.len());
        }
        return Some(prefix.len() + quoted(body, b'"'));
    }
    let body = rest.strip_prefix('b').unwrap_or(rest);
    let mut chars = body.strip_prefix('\'')?.chars();
    // `'a` without a closing quote is a lifetime.
    let (first, second) = (chars.next()?, chars.next());
    (first == '\\' || second == Some('\'')).then(|| rest.len() - body.len() + quoted(body, b'\''))
}

/// Length of what stands between two quotes, both included.
fn quoted(body: &str, quote: u8) -> usize {
    let bytes = body.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

fn words(text: &str) -> Vec<String> {
    read(text).tokens.into_iter().map(|token| token.text).collect()
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "a /* unsafe */ // unsafe\n/// unsafe\n\"unsafe \\\" unsafe\" r#\"un\"safe\"# b\"unsafe\" br\"unsafe\" '\"' b'\\'' b::c";
    assert_eq!(words(text), ["a", "b", "::", "c"]);
    assert_eq!(words("fn f<'a>(x: &'a str) { rest('x') }").len(), 19);
}

#[test]
fn a_token_knows_its_line() {
    let tokens = read("a\n\"\n\"\n/*\n*/ b").tokens;
    assert_eq!(tokens.iter().map(|token| token.line).collect::<Vec<_>>(), [1, 5]);
}

#[test]
fn tests_do_not_ship() {
    let source =
        read("a\n#[cfg(test)]\nmod tests { use x; fn f() { {} } }\n#[cfg(test)]\nmod parity;\n#[cfg(test)]\nuse y;\nb");
    assert_eq!(source.tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(source.test_modules, ["parity"]);
}
