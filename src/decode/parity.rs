//! The scanner against its oracle, `serde_json`, over generated, mutated and random JSON; and what must hold of tapes.

use proptest::prelude::*;
use serde_json::Value;

use crate::decode::{Limits, Scanner};
use crate::record::{Class, Kind, PathId, Paths, Reject, Scalar};

/// `serde_json` refuses what is nested 128 deep.
const ORACLE_DEPTH: usize = 127;

fn scan(raw: &[u8]) -> Result<Vec<Scalar>, Reject> {
    scan_after(b"", raw)
}

/// Scans `raw` with the paths that `earlier` left, so that its keys are guessed; and once more, with its own.
fn scan_after(earlier: &[u8], raw: &[u8]) -> Result<Vec<Scalar>, Reject> {
    let limits = Limits { depth: ORACLE_DEPTH, ..Limits::default() };
    let (mut scanner, mut paths) = (Scanner::new(limits), Paths::new());
    let (mut tape, mut again) = (Vec::new(), Vec::new());
    let _ = scanner.scan(earlier, &mut paths, &mut tape);
    let first = scanner.scan(raw, &mut paths, &mut tape);
    assert_eq!(scanner.scan(raw, &mut paths, &mut again), first);
    assert!(first.is_err() || tape == again, "known keys give another tape");
    first.map(|_| tape)
}

fn assert_parity(raw: &[u8]) {
    assert_parity_after(b"", raw);
}

fn assert_parity_after(earlier: &[u8], raw: &[u8]) {
    // A private key by which serde_json passes numbers to itself.
    if raw.windows(8).any(|w| w == b"$serde_j") {
        return;
    }
    let oracle = serde_json::from_slice::<Value>(raw);
    match (scan_after(earlier, raw), &oracle) {
        (Ok(tape), Ok(value)) => {
            assert_tape(raw, &tape);
            let mut at = 0;
            assert_eq!(&rebuild(raw, &tape, &mut at), value, "the tape says something else");
            assert_eq!(at, tape.len());
        }
        (Err(_), Err(_)) => {}
        (ours, _) => panic!("{:?}: {ours:?}, the oracle {oracle:?}", String::from_utf8_lossy(raw)),
    }
}

/// What a tape promises, whatever the record.
fn assert_tape(raw: &[u8], tape: &[Scalar]) {
    let mut last_start = 0;
    for (i, scalar) in tape.iter().enumerate() {
        let text = &raw[scalar.span.range()];
        assert!(scalar.member_start <= scalar.span.start && scalar.outer_end() as usize <= raw.len());
        assert!(scalar.member_start >= last_start, "document order");
        last_start = scalar.member_start;
        let quoted = matches!(scalar.kind, Kind::String | Kind::Key);
        if quoted {
            assert_eq!((raw[scalar.span.start as usize - 1], raw[scalar.span.end as usize]), (b'"', b'"'));
        }
        match scalar.kind {
            Kind::Key => {
                assert_eq!(tape[i + 1].path, scalar.path, "a key has the path of its value");
                assert_eq!(tape[i + 1].member_start, scalar.member_start);
                assert_eq!(scalar.member_start + 1, scalar.span.start);
            }
            Kind::Object => assert!(text.starts_with(b"{") && text.ends_with(b"}")),
            Kind::Array => assert!(text.starts_with(b"[") && text.ends_with(b"]")),
            Kind::Bool | Kind::Null | Kind::Number | Kind::String => {}
        }
        if quoted || scalar.kind == Kind::Number {
            let (class, digits) = Class::of_text(text);
            assert_eq!(scalar.digits, digits);
            assert_eq!(scalar.class.0 & !Class::SPACE.0, class.0 & !Class::SPACE.0);
            let spaced = class.has(Class::SPACE) || [&b"\\n"[..], b"\\t", b"\\r"].iter().any(|e| holds_escape(text, e));
            assert_eq!(scalar.class.has(Class::SPACE), spaced);
        }
    }
}

fn holds_escape(text: &[u8], escape: &[u8]) -> bool {
    let mut at = 0;
    while at + 1 < text.len() {
        if text[at] == b'\\' {
            if text[at..at + 2] == *escape {
                return true;
            }
            at += 1;
        }
        at += 1;
    }
    false
}

/// The value that a tape describes, made with the oracle's parser for each scalar.
fn rebuild(raw: &[u8], tape: &[Scalar], at: &mut usize) -> Value {
    let scalar = tape[*at];
    *at += 1;
    let parse = |span: std::ops::Range<usize>| serde_json::from_slice::<Value>(&raw[span]).expect("a scalar is JSON");
    match scalar.kind {
        Kind::String => parse(scalar.span.start as usize - 1..scalar.span.end as usize + 1),
        Kind::Number | Kind::Bool | Kind::Null => parse(scalar.span.range()),
        Kind::Array => {
            let mut elements = Vec::new();
            while *at < tape.len() && tape[*at].span.start < scalar.span.end {
                elements.push(rebuild(raw, tape, at));
            }
            Value::Array(elements)
        }
        Kind::Object => {
            let mut members = serde_json::Map::new();
            while *at < tape.len() && tape[*at].span.start < scalar.span.end {
                let key = tape[*at];
                assert_eq!(key.kind, Kind::Key);
                *at += 1;
                let Value::String(name) = parse(key.span.start as usize - 1..key.span.end as usize + 1) else {
                    panic!("a key is a string")
                };
                members.insert(name, rebuild(raw, tape, at));
            }
            Value::Object(members)
        }
        Kind::Key => panic!("a key where a value is due"),
    }
}

#[test]
fn every_reason_of_a_rejection_is_told() {
    let at = |offset| Reject::Malformed { offset };
    for (raw, expected) in [
        (&b""[..], Reject::Empty),
        (b" \n\t", Reject::Empty),
        (b"{", Reject::Truncated),
        (b"{\"a\"", Reject::Truncated),
        (b"{\"a\":", Reject::Truncated),
        (b"{\"a\":1", Reject::Truncated),
        (b"{\"a\":1,", Reject::Truncated),
        (b"[1", Reject::Truncated),
        (b"\"abc", Reject::Truncated),
        (b"\"abc\\", Reject::Truncated),
        (b"tru", Reject::Truncated),
        (b"-", Reject::Truncated),
        (b"1.", Reject::Truncated),
        (b"1e+", Reject::Truncated),
        (b"{\"a\":1,}", at(7)),
        (b"[1,]", at(3)),
        (b"[1 2]", at(3)),
        (b"{1:2}", at(1)),
        (b"{\"a\" 1}", at(5)),
        (b"[}", at(1)),
        (b"01", at(1)),
        (b"1 2", at(2)),
        (b"trux", at(3)),
        (b"\"a\x01\"", at(2)),
        (b"\"\\x\"", at(2)),
        (b"\xef\xbb\xbf{}", at(0)),
        (b"\"\xff\"", Reject::InvalidUtf8),
        (b"\"\\ud800\"", Reject::LoneSurrogate),
        (b"{\"\\udc00\":1}", Reject::LoneSurrogate),
    ] {
        assert_eq!(scan(raw), Err(expected), "{:?}", String::from_utf8_lossy(raw));
        assert_parity(raw);
    }
}

#[test]
fn limits_reject_what_is_over_them_and_nothing_else() {
    let limits = Limits { depth: 2, record_bytes: 10 };
    let scan = |raw: &[u8]| Scanner::new(limits).scan(raw, &mut Paths::new(), &mut Vec::new()).map(drop);
    assert_eq!(scan(b"[{}]"), Ok(()));
    assert_eq!(scan(b"[{},[]]"), Ok(()));
    assert_eq!(scan(b"[{\"a\":[]}]"), Err(Reject::TooDeep));
    assert_eq!(scan(b"[[[]]]"), Err(Reject::TooDeep));
    assert_eq!(scan(b"[0,1,2,34]"), Ok(()));
    assert_eq!(scan(b"[0,1,2,345]"), Err(Reject::TooLarge));
    for depth in [ORACLE_DEPTH, ORACLE_DEPTH + 1] {
        assert_parity(("[".repeat(depth) + &"]".repeat(depth)).as_bytes());
    }
}

#[test]
fn members_have_their_paths_and_starts() {
    let raw = br#" {"user": {"mail":"a@b.c","n":-1.5e3}, "tags" :["x", {"id":12}], "\u0061":null} "#;
    let (mut paths, mut tape) = (Paths::new(), Vec::new());
    let mut scanner = Scanner::new(Limits::default());
    for _ in 0..2 {
        scanner.scan(raw, &mut paths, &mut tape).expect("is JSON");
        let seen: Vec<_> = tape
            .iter()
            .map(|s| (paths.display(s.path), s.kind, std::str::from_utf8(&raw[s.span.range()]).expect("is UTF-8")))
            .collect();
        let whole = std::str::from_utf8(raw).expect("is UTF-8").trim();
        let expected = [
            ("", Kind::Object, whole),
            ("user", Kind::Key, "user"),
            ("user", Kind::Object, r#"{"mail":"a@b.c","n":-1.5e3}"#),
            ("user.mail", Kind::Key, "mail"),
            ("user.mail", Kind::String, "a@b.c"),
            ("user.n", Kind::Key, "n"),
            ("user.n", Kind::Number, "-1.5e3"),
            ("tags", Kind::Key, "tags"),
            ("tags", Kind::Array, r#"["x", {"id":12}]"#),
            ("tags[]", Kind::String, "x"),
            ("tags[]", Kind::Object, r#"{"id":12}"#),
            ("tags[].id", Kind::Key, "id"),
            ("tags[].id", Kind::Number, "12"),
            ("a", Kind::Key, r"\u0061"),
            ("a", Kind::Null, "null"),
        ];
        assert_eq!(seen, expected.map(|(path, kind, text)| (path.to_owned(), kind, text)));
    }
    let member = |i: usize| &raw[tape[i].member_start as usize..tape[i].outer_end() as usize];
    assert_eq!(member(0), &raw[1..raw.len() - 1]);
    assert_eq!(member(4), br#""mail":"a@b.c""#);
    assert_eq!(member(9), br#""x""#);
    assert_eq!(member(10), br#"{"id":12}"#);
}

#[test]
fn nested_json_stands_below_the_path_of_its_string() {
    let (mut paths, mut tape) = (Paths::new(), Vec::new());
    let payload = paths.child(PathId::ROOT, PathId::ROOT, b"payload");
    Scanner::new(Limits::default()).scan_at(br#"{"a":[1]}"#, payload, &mut paths, &mut tape).expect("is JSON");
    assert_eq!(paths.display(tape[3].path), "payload.a[]");
}

#[test]
fn a_key_is_recognised_by_its_raw_bytes_only_where_they_are_its_name() {
    // The decoded names are `a"`, `a\\` and a line break: raw, they are no keys.
    for (earlier, raw) in [
        (&br#"{"a\"":1}"#[..], &br#"{"a"":1}"#[..]),
        (br#"{"a\\":1}"#, br#"{"a\":1}"#),
        (br#"{"\n":1}"#, b"{\"\n\":1}"),
        (br#"{"name":1}"#, br#"{"name\"":1}"#),
        (br#"{"name":1}"#, br#"{"names":1}"#),
        (br#"{"name":1}"#, br#"{"name"#),
        (br#"{"\u0061":1}"#, br#"{"a":1}"#),
        (br#"{"a":1,"b":2}"#, br#"{"a":{"b":2},"b":2}"#),
    ] {
        assert_parity_after(earlier, raw);
    }
}

#[test]
fn digits_saturate() {
    let raw = format!("\"{}\"", "7".repeat(1_000));
    assert_eq!(scan(raw.as_bytes()).expect("is JSON")[0].digits, 255);
}

/// JSON text with odd spacing, escapes, numbers of any form and duplicate keys.
fn json() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec!["", "", "", " ", "\n\t", " \r\n "]);
    let content = prop::collection::vec(
        prop_oneof![
            "[ -!#-\\[\\]-~]{0,8}",
            prop::sample::select(vec!["\\n", "\\\"", "\\\\", "\\/", "\\u0040", "\\ud83d\\ude00", "é", "😀", "\u{7f}"])
                .prop_map(str::to_owned),
        ],
        0..4,
    )
    .prop_map(|parts| format!("\"{}\"", parts.concat()));
    let leaf = prop_oneof![
        content.clone(),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,5})?",
        prop::sample::select(vec!["true", "false", "null"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let element = (space.clone(), inner.clone(), space.clone()).prop_map(|(a, v, b)| format!("{a}{v}{b}"));
        let key = prop_oneof![content.clone(), prop::sample::select(vec!["\"a\"", "\"b\""]).prop_map(str::to_owned)];
        let member =
            (space.clone(), key, space.clone(), element.clone()).prop_map(|(a, k, b, v)| format!("{a}{k}{b}:{v}"));
        prop_oneof![
            prop::collection::vec(element, 0..6).prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    })
}

/// Bytes that JSON is made of, so that random input gets somewhere.
fn json_like_bytes() -> impl Strategy<Value = Vec<u8>> {
    let alphabet = b"{}[]\",:\\/u0019aefnrtlsdD8cC-+.eE \n\t\x00\x1f\x7f\xc3\xa9\xff".to_vec();
    prop::collection::vec(prop::sample::select(alphabet), 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn json_is_taken_and_read_right(raw in json()) {
        prop_assert!(scan(raw.as_bytes()).is_ok());
        assert_parity(raw.as_bytes());
    }

    #[test]
    fn mutated_json_is_judged_as_the_oracle_does(
        raw in json(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0u8..3, json_like_bytes()), 1..3),
    ) {
        let original = raw.into_bytes();
        let mut raw = original.clone();
        for (at, how, bytes) in changes {
            let at = at.index(raw.len() + 1);
            match how {
                0 => raw.truncate(at),
                1 => { raw.splice(at..at, bytes); }
                _ => { raw.splice(at..(at + 1).min(raw.len()), bytes.into_iter().take(1)); }
            }
        }
        assert_parity_after(&original, &raw);
    }

    #[test]
    fn random_bytes_are_judged_as_the_oracle_does(
        raw in json_like_bytes(), noise in prop::collection::vec(any::<u8>(), 0..16),
    ) {
        assert_parity(&raw);
        assert_parity(&noise);
    }

    #[test]
    fn numbers_are_judged_as_the_oracle_does(raw in "[-+0-9.eE]{1,8}") {
        assert_parity(raw.as_bytes());
    }

    #[test]
    fn escapes_are_judged_as_the_oracle_does(
        raw in "\"(\\\\[\"\\\\/bfnrtux]|\\\\u[dD][89abcdefABCDEF][0-9a-f]{2}|\\\\u[0-9a-g]{4}|a){0,5}\"?",
    ) {
        assert_parity(raw.as_bytes());
    }
}
