//! Bad entity files and rules that contradict each other: `validate` and every start refuse them with file and line.

use std::fs;

use tempfile::TempDir;

use crate::support::command::{sluice, sluice_with_input};

/// A sound entity; its lines are counted below.
const GOOD: &str = "\
# Customer numbers.
entity: customer_no
token: cus
form: text
patterns:
  - regex: '\\bC-[0-9]{7}\\b'
    keywords: {words: [customer], required: false}
examples:
  - C-1234567
counter_examples:
  - C-123
";

struct Bed {
    dir: TempDir,
    config: String,
}

impl Bed {
    /// A config that could run, with one entity file.
    fn new(entity: &str) -> Bed {
        let dir = TempDir::new().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        fs::create_dir(path("patterns")).unwrap();
        fs::write(path("patterns/own.yaml"), entity).unwrap();
        sluice(&["keys", "new", "--dir", &path("keys")]).ok();
        let yaml = format!(
            "kafka: {{brokers: ['127.0.0.1:1']}}\ninput: {{topics: [{{name: logins}}]}}\nkeys: {{directory: {:?}}}\n\
             patterns: {{directories: [{:?}]}}\n",
            path("keys"),
            path("patterns"),
        );
        fs::write(path("sluice.yaml"), yaml).unwrap();
        let config = path("sluice.yaml");
        Bed { dir, config }
    }

    /// Every command that takes the config refuses it in these words.
    fn refused(&self, line: u64, words: &str) {
        let place = format!("{}:{line}: ", self.dir.path().join("patterns/own.yaml").display());
        for command in ["validate", "run", "scrub", "explain", "token"] {
            let mut args = vec![command, "-c", &self.config];
            args.extend(["--type", "email"].iter().filter(|_| command == "token"));
            let error = sluice_with_input(&args, b"{}\n").failed(78);
            assert!(error.contains(&place) && error.contains(words), "{command}: {place} {words}: {error}");
        }
    }
}

#[test]
fn the_entity_that_the_others_are_made_of_is_sound() {
    let bed = Bed::new(GOOD);
    sluice(&["validate", "-c", &bed.config]).ok();
    let out = sluice_with_input(&["scrub", "-c", &bed.config], b"{\"n\":\"C-1234567\"}\n").ok();
    assert!(out.starts_with("{\"n\":\"cus_1k1_"), "{out}");
}

#[test]
fn an_unknown_key_is_refused() {
    Bed::new(&GOOD.replace("token: cus", "token: cus\ntokens: cus")).refused(4, "unknown field `tokens`");
    Bed::new(&GOOD.replace("    keywords", "    keyword")).refused(7, "unknown field `keyword`");
}

#[test]
fn a_regex_that_can_match_nothing_is_refused() {
    for regex in ["[0-9]*", "\\\\b", "^|C-[0-9]+", "(?:C-[0-9]+)?$"] {
        let regex = regex.replace("\\\\", "\\");
        Bed::new(&GOOD.replace("\\bC-[0-9]{7}\\b", &regex)).refused(6, "can match nothing at all");
    }
}

#[test]
fn a_regex_that_explodes_is_refused() {
    Bed::new(&GOOD.replace("[0-9]{7}", "(([0-9a-z]{99}){99}){99}")).refused(6, "does not compile");
    Bed::new(&GOOD.replace("[0-9]{7}", "[0-9")).refused(6, "does not compile");
}

#[test]
fn keywords_without_a_pattern_are_refused() {
    let entity = GOOD.replace("  - regex: '\\bC-[0-9]{7}\\b'\n    keywords", "  - keywords");
    Bed::new(&entity).refused(6, "stand there without a pattern");
    let none = GOOD.replace("words: [customer]", "words: []");
    Bed::new(&none).refused(6, "has no words");
}

#[test]
fn an_example_that_is_missed_and_a_counter_example_that_is_hit_are_refused() {
    Bed::new(&GOOD.replace("  - C-1234567", "  - C-123456")).refused(9, "is not found by the patterns");
    Bed::new(&GOOD.replace("  - C-123\n", "  - C-7654321\n")).refused(11, "is found by the patterns");
}

#[test]
fn an_action_that_does_not_exist_is_refused() {
    let bed = Bed::new(&GOOD.replace("form: text", "form: text\naction: tokn"));
    bed.refused(5, "`tokn`");
}

#[test]
fn rules_that_contradict_each_other_are_refused_with_the_line_of_the_second() {
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("sluice.yaml");
    for (rules, line, words) in [
        ("fields:\n- {name: nick, action: redact}\n- {name: Nick, action: drop}\n", 3, "one field, two rules"),
        ("patterns:\n  disable: [email]\n  states: {email: on}\n", 3, "contradicts `patterns.disable`"),
        (
            "patterns:\n  actions: {payment_card: token}\nfields:\n- {name: pan, action: 'mask:last4'}\n",
            2,
            "can be joined",
        ),
        ("fields:\n- {name: cvv, action: token}\n", 2, "may neither pass nor be linked"),
        ("patterns:\n  disable:\n  - card_track\n", 3, "always looked for"),
        ("fields:\n- {name: x, entity: email, action: scan}\n", 2, "remove one"),
        ("default_deny: true\nerase:\n  field: event\n  equals: erase\n", 3, "would be dropped"),
    ] {
        fs::write(&config, rules).unwrap();
        let config = config.to_str().unwrap();
        for command in ["validate", "scrub"] {
            let error = sluice_with_input(&[command, "-c", config], b"{}\n").failed(78);
            assert!(error.contains(&format!("{config}:{line}:")) && error.contains(words), "{rules}: {error}");
        }
    }
}

#[test]
fn a_folder_without_any_entity_file_is_refused_with_its_name_and_the_fix() {
    let dir = TempDir::new().unwrap();
    let (folder, config) = (dir.path().join("patterns"), dir.path().join("sluice.yaml"));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("notes.txt"), GOOD).unwrap();
    fs::write(&config, format!("patterns: {{directories: [{folder:?}]}}\n")).unwrap();
    for command in ["validate", "scrub", "explain"] {
        let error = sluice_with_input(&[command, "-c", config.to_str().unwrap()], b"{}\n").failed(78);
        assert!(
            error.contains(folder.to_str().unwrap()) && error.contains("holds no entity file"),
            "{command}: {error}"
        );
        assert!(error.contains("remove it from `patterns.directories`"), "{command}: {error}");
    }
}

/// An entity of one's own takes no field from what may never pass, by its exact name or by a wildcard.
#[test]
fn fields_of_what_may_never_pass_cannot_be_claimed() {
    let entity =
        "entity: my_note\ntoken: mn\nform: text\naction: keep\nfields: [kode_cvv, '*_pin', otp_code, remark]\n";
    let bed = Bed::new(entity);
    let event = r#"{"kode_cvv":"123","my_pin":"4711","otp_code":"482913","remark":"hello there"}"#;
    let out = sluice_with_input(&["scrub", "-c", &bed.config], event.as_bytes()).ok();
    assert!(["123", "4711", "482913"].iter().all(|code| !out.contains(code)) && out.contains("hello there"), "{out}");
}
