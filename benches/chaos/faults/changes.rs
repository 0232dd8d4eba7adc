//! What an operator changes under load.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::field::Field;
use crate::{RULE, rule};

/// A key begins so long after it was distributed: longer than any process is frozen.
const AHEAD: Duration = Duration::from_secs(25);
/// Until changed rules are taken over or refused.
const TAKEN: Duration = Duration::from_secs(20);
const RELOADS: &str = "sluice_config_reloads_total";

pub fn key(field: &mut Field) -> String {
    field.generation += 1;
    let id = format!("k{}", field.generation + 1);
    let begins = jiff::Timestamp::try_from(SystemTime::now() + AHEAD).expect("a time that can be written");
    let material: String = (0..32).map(|_| format!("{:02x}", field.rng.u8(..))).collect();
    let (unfinished, file) = (field.keys.join(format!(".{id}")), field.keys.join(format!("{id}.yaml")));
    fs::write(&unfinished, format!("id: {id}\nkey: {material}\nnot_before: {begins}\n")).expect("write a key");
    fs::rename(unfinished, file).expect("rename a key");
    id
}

pub fn rules(field: &mut Field) -> String {
    let old = rule(field.generation);
    field.generation += 1;
    let new = rule(field.generation);
    // Those that start from now on start with them.
    for member in &mut field.fleet.members {
        member.setup.more = member.setup.more.replace(&old, &new);
    }
    let taken = change(field, "done", |text| replace_rule(text, &new));
    let refused = change(field, "failed", |text| text.replace(&new, "{name: [chaos], action: no_such_action}"));
    change(field, "done", |text| text.replace("{name: [chaos], action: no_such_action}", &new));
    format!("taken over by {taken}, a bad one refused by {refused}")
}

/// Puts `new` in place of whatever rule of this kind is there.
fn replace_rule(text: &str, new: &str) -> String {
    let (before, rest) = text.split_once(RULE).expect("the rule is there");
    let (_, after) = rest.split_once('}').expect("it ends");
    format!("{before}{new}{after}")
}

/// Changes the config of every instance, and waits until those that live have said what they think of it. How many did.
fn change(field: &mut Field, result: &str, edit: impl Fn(&str) -> String) -> usize {
    let told = |field: &Field| -> Vec<f64> {
        let of = |process: &crate::support::service::Sluice| process.metric(RELOADS, &[("result", result)]);
        field.fleet.members.iter().map(|member| member.process.as_ref().map_or(0.0, of)).collect()
    };
    let before = told(field);
    for process in field.fleet.members.iter().filter_map(|member| member.process.as_ref()) {
        let file = process.config_file();
        let text = edit(&fs::read_to_string(&file).expect("read the config"));
        fs::write(file.with_extension("new"), text).expect("write the config");
        fs::rename(file.with_extension("new"), file).expect("rename the config");
    }
    let more = |now: &[f64]| now.iter().zip(&before).filter(|(now, before)| now > before).count();
    field.wait_until(TAKEN, |field| more(&told(field)) == before.len());
    more(&told(field))
}
