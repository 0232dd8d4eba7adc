//! What every match of a regular expression holds, read off its syntax: a text without it is not searched. So one's own
//! `\bC-\d{7}\b` costs nothing but a look into a table where no dash stands, or fewer than seven digits.

use regex_syntax::hir::{Class as CharClass, Hir, HirKind};

use crate::record::Class;

/// Most demands that are kept: each is one comparison per class when the table is made.
const CLAUSES_MAX: usize = 8;

/// The least that a text must have. Of texts beyond ASCII it says nothing: there, other signs may stand for these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// At least one bit of each.
    clauses: Vec<Class>,
    /// So many digits.
    pub digits: u8,
}

impl Needs {
    /// What the matches of `regex` hold, and one of `literals` if there are any (they count in any case).
    pub(super) fn of(regex: &str, literals: &[String]) -> Needs {
        let mut needs = regex_syntax::parse(regex).map_or_else(|_| Needs::default(), |hir| of_hir(&hir));
        let literals = literals.iter().map(|literal| of_bytes(literal.as_bytes())).reduce(Needs::or);
        let literals = literals.unwrap_or_default();
        // The literal may be a part of the match: its digits are not further ones.
        let digits = needs.digits.max(literals.digits);
        needs.and(literals);
        Needs { digits, ..needs }
    }

    /// Whether a text of this class and so many digits can hold a match.
    pub(super) fn allow(&self, class: Class, digits: u8) -> bool {
        class.has(Class::NON_ASCII) || (digits >= self.digits && self.clauses.iter().all(|&clause| class.has(clause)))
    }

    fn and(&mut self, other: Needs) {
        self.digits = self.digits.saturating_add(other.digits);
        for clause in other.clauses {
            self.demand(clause);
        }
    }

    fn or(self, other: Needs) -> Needs {
        let mut either = Needs { clauses: Vec::new(), digits: self.digits.min(other.digits) };
        for &a in &self.clauses {
            for &b in &other.clauses {
                either.demand(a.with(b));
            }
        }
        either
    }

    /// Leaving a demand out only makes the sieve coarser.
    fn demand(&mut self, clause: Class) {
        if self.clauses.len() < CLAUSES_MAX && !self.clauses.contains(&clause) {
            self.clauses.push(clause);
        }
    }
}

fn of_hir(hir: &Hir) -> Needs {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Needs::default(),
        HirKind::Literal(literal) => of_bytes(&literal.0),
        HirKind::Class(class) => of_class(class),
        HirKind::Capture(capture) => of_hir(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min == 0 => Needs::default(),
        HirKind::Repetition(repetition) => {
            let mut needs = of_hir(&repetition.sub);
            needs.digits = u8::try_from(u32::from(needs.digits).saturating_mul(repetition.min)).unwrap_or(u8::MAX);
            needs
        }
        HirKind::Concat(parts) => parts.iter().fold(Needs::default(), |mut all, part| {
            all.and(of_hir(part));
            all
        }),
        HirKind::Alternation(parts) => parts.iter().map(of_hir).reduce(Needs::or).unwrap_or_default(),
    }
}

fn of_bytes(bytes: &[u8]) -> Needs {
    let mut needs = Needs::default();
    for &byte in bytes {
        needs.demand(Class::of(byte));
        needs.digits = needs.digits.saturating_add(u8::from(byte.is_ascii_digit()));
    }
    needs
}

/// One character of a set. Only its ASCII part counts: see [`Needs`].
fn of_class(class: &CharClass) -> Needs {
    let holds: Box<dyn Fn(u8) -> bool> = match class {
        CharClass::Unicode(set) => {
            Box::new(|b| set.ranges().iter().any(|r| (r.start()..=r.end()).contains(&char::from(b))))
        }
        CharClass::Bytes(set) => Box::new(|b| set.ranges().iter().any(|r| (r.start()..=r.end()).contains(&b))),
    };
    let (mut clause, mut all_digits) = (Class::default(), true);
    for byte in (0..0x80).filter(|&b| holds(b)) {
        clause = clause.with(Class::of(byte));
        all_digits &= byte.is_ascii_digit();
    }
    if clause == Class::default() {
        clause = Class::NON_ASCII;
        all_digits = false;
    }
    Needs { clauses: vec![clause], digits: u8::from(all_digits) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REGEXES: [&str; 9] = [
        r"\bC-\d{7}\b",
        r"(?i)\bpass(word|wd)?[ =:]+\S{3,}",
        r"[a-f0-9]{4}(:[a-f0-9]{2})*",
        r"x*|\d{3}",
        r"(?:k|\.)\d",
        r"[ø@]\w+",
        r"[[:^alpha:]]{2}",
        r"(?-u:[0-9])+%",
        r"ø\d{2}",
    ];

    #[test]
    fn a_text_without_what_a_match_holds_is_dismissed() {
        let allow = |regex: &str, text: &str| {
            let (class, digits) = Class::of_text(text.as_bytes());
            Needs::of(regex, &[]).allow(class, digits)
        };
        assert!(allow(REGEXES[0], "C-1234567") && !allow(REGEXES[0], "C-123456") && !allow(REGEXES[0], "C1234567"));
        assert!(allow(REGEXES[1], "a b") && !allow(REGEXES[1], "Padang"));
        assert!(allow(REGEXES[3], "") && !allow(REGEXES[4], "kk"));
        assert!(!allow(REGEXES[8], "12") && allow(REGEXES[8], "ø"));
        let literals = ["iban:".to_owned(), "konto=".to_owned()];
        assert_eq!(Needs::of(r"C-1\d{3}", &["c-1".to_owned()]).digits, 4, "a literal's digits are those of the match");
        let needs = Needs::of(r"\S+", &literals);
        assert!(!needs.allow(Class::LETTER, 0) && needs.allow(Class::LETTER.with(Class::EQUALS), 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_matches_is_never_dismissed(text in "[aAckx0-9C@ø%:. =-]{0,14}|(pass|PassWord)[ =:]{1,3}\\PC{3,5}") {
            let (class, digits) = Class::of_text(text.as_bytes());
            for source in REGEXES {
                if regex::Regex::new(source).expect("compiles").is_match(&text) {
                    prop_assert!(Needs::of(source, &[]).allow(class, digits), "{source}");
                }
            }
        }
    }
}
