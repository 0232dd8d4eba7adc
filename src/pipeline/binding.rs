//! Whose record it is, by what the record says: tenant and scope from a field, a header or the topic; and whether it asks
//! for its subject to be forgotten.

use crate::config::{Binding, Erase, Place, WORD_BYTES_MAX};
use crate::pseudonymize::Pseudonymizer;
use crate::record::{Kind, PathId, Paths, Reject, Scalar};

/// What a record is about, for stages that keep state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// An event like any other.
    #[default]
    Event,
    /// The subject of the record asks to be forgotten: state that is kept of its account goes, and the record itself is
    /// scrubbed and goes on, so that consumers can forget as well.
    Erase,
}

/// Reads words out of records. One per worker.
pub struct Binder {
    tenant: Word,
    scope: Word,
    erase: Option<(PathId, String)>,
    purpose: Purpose,
    /// Whether anything is said by records at all; else nothing is ever looked for.
    dynamic: bool,
    /// Paths of the fields that say any of it: tenant, scope, erase. `None`: no field does.
    said_by: Option<[PathId; 3]>,
}

/// A path that no field has.
const NOWHERE: PathId = PathId(u32::MAX);

struct Word {
    from: From,
    default: Option<String>,
    /// The word of the record at hand.
    found: Option<String>,
    /// It says two different ones.
    torn: bool,
}

enum From {
    Fixed,
    Field(PathId),
    Header(String),
    Topic,
}

impl Binder {
    /// A binder by the config; `paths` are those of the scanner that it looks behind.
    pub fn new(tenant: &Binding, scope: &Binding, erase: Option<&Erase>, paths: &mut Paths) -> Binder {
        let (tenant, scope) = (Word::new(tenant, paths), Word::new(scope, paths));
        let erase = erase.map(|erase| (path_of(&erase.field, paths), erase.equals.clone()));
        let of_word = |word: &Word| if let From::Field(path) = word.from { path } else { NOWHERE };
        let paths = [of_word(&tenant), of_word(&scope), erase.as_ref().map_or(NOWHERE, |(path, _)| *path)];
        let said_by = (paths != [NOWHERE; 3]).then_some(paths);
        let dynamic = [&tenant, &scope].iter().any(|word| !matches!(word.from, From::Fixed));
        Binder { tenant, scope, erase, purpose: Purpose::Event, dynamic, said_by }
    }

    /// Begins a record.
    pub fn begin(&mut self) {
        self.purpose = Purpose::Event;
        if self.dynamic {
            for word in [&mut self.tenant, &mut self.scope] {
                if !matches!(word.from, From::Fixed) {
                    (word.found, word.torn) = (None, false);
                }
            }
        }
    }

    /// What topic and headers say.
    pub fn origin(&mut self, topic: &str, headers: &[(&[u8], Option<&[u8]>)]) {
        if !self.dynamic {
            return;
        }
        for word in [&mut self.tenant, &mut self.scope] {
            match &word.from {
                From::Topic => word.say(topic),
                From::Header(name) => {
                    let name = name.clone();
                    let mine = headers.iter().filter(|(header, _)| *header == name.as_bytes());
                    for text in mine.filter_map(|(_, value)| std::str::from_utf8((*value)?).ok()) {
                        word.say(text);
                    }
                }
                From::Fixed | From::Field(_) => {}
            }
        }
    }

    /// What the fields of a JSON value say.
    pub fn fields(&mut self, text: &str, tape: &[Scalar]) {
        let Some([a, b, c]) = self.said_by else { return };
        // Most fields say none of it: one look at the path, before anything else is asked.
        let says = |path: PathId| (path == a) | (path == b) | (path == c);
        let values = tape.iter().filter(|scalar| says(scalar.path));
        for scalar in values.filter(|scalar| matches!(scalar.kind, Kind::String | Kind::Number)) {
            for word in [&mut self.tenant, &mut self.scope] {
                if matches!(word.from, From::Field(path) if path == scalar.path) {
                    word.say(&plain(text, scalar));
                }
            }
            if self.erase.as_ref().is_some_and(|(path, word)| *path == scalar.path && plain(text, scalar) == *word) {
                self.purpose = Purpose::Erase;
            }
        }
    }

    /// Whether tenant or scope are said by fields.
    pub fn by_field(&self) -> bool {
        [&self.tenant, &self.scope].iter().any(|word| matches!(word.from, From::Field(_)))
    }

    /// Binds the tokens of the record to what it said.
    ///
    /// # Errors
    /// [`Reject::NoScope`]: it says nothing, or two things, and the config has no word for that.
    pub fn bind(&self, pseudonymizer: &mut Pseudonymizer) -> Result<(), Reject> {
        if self.dynamic {
            pseudonymizer.bind(self.tenant.word()?, self.scope.word()?);
        }
        Ok(())
    }

    /// What the record at hand is about.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }
}

impl Word {
    fn new(binding: &Binding, paths: &mut Paths) -> Word {
        let (from, default, found) = match binding {
            Binding::Word(word) => (From::Fixed, None, Some(word.clone())),
            Binding::From { place, default } => {
                let from = match place {
                    Place::Field(names) => From::Field(path_of(names, paths)),
                    Place::Header(name) => From::Header(name.clone()),
                    Place::Topic => From::Topic,
                };
                (from, default.clone(), None)
            }
        };
        Word { from, default, found, torn: false }
    }

    fn say(&mut self, text: &str) {
        // An empty word, and one that no config could hold, says nothing.
        if text.is_empty() || text.len() > WORD_BYTES_MAX {
            return;
        }
        match &self.found {
            Some(before) if before != text => self.torn = true,
            Some(_) => {}
            None => self.found = Some(text.to_owned()),
        }
    }

    fn word(&self) -> Result<&str, Reject> {
        let word = self.found.as_deref().or(self.default.as_deref());
        word.filter(|_| !self.torn).ok_or(Reject::NoScope)
    }
}

fn path_of(names: &[String], paths: &mut Paths) -> PathId {
    names.iter().fold(PathId::ROOT, |parent, name| paths.child(parent, parent, name.as_bytes()))
}

/// A scalar as it is meant: a string without its escapes.
fn plain<'a>(text: &'a str, scalar: &Scalar) -> std::borrow::Cow<'a, str> {
    let raw = &text[scalar.span.range()];
    if scalar.kind != Kind::String || !raw.contains('\\') {
        return raw.into();
    }
    serde_json::from_str::<String>(&format!("\"{raw}\"")).map_or(raw.into(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::super::plan::Plan;
    use crate::config::{Secrets, from_str};
    use crate::pseudonymize::{KeyRing, SaltRecord, SharedRing, first_of_day};
    use std::sync::Arc;

    #[test]
    fn changed_rules_keep_salts_and_suppression() {
        let yaml = "pseudonyms: {epoch: daily}\n";
        let loaded = from_str(yaml, "f", Secrets::Skip).unwrap();
        let ring = || KeyRing::from_seed("k1", &"42".repeat(32)).unwrap();
        let plan = Plan::compile(&loaded, Arc::new(SharedRing::fixed(ring()))).unwrap();
        let record = SaltRecord::mint(&ring(), 0).unwrap();
        plan.salts.insert(first_of_day([&record], 0, &ring()).unwrap().unwrap());
        let renewed = plan.renewed(&loaded).unwrap();
        assert!(renewed.salts.holds(0) && Arc::ptr_eq(&plan.suppression, &renewed.suppression));
    }
}
