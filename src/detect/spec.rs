//! What an entity file says: the types that YAML is read into, before anything is compiled.

use serde::Deserialize;
use serde_saphyr::Spanned;

/// One file of `patterns/entities`: one kind of personal data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntitySpec {
    /// Its name, unique in the catalog: `payment_card`.
    pub entity: Spanned<String>,
    /// Type of its tokens: two to four lower-case letters.
    pub token: Spanned<String>,
    /// Canonical form that spellings are brought to before a token is made.
    pub form: Spanned<String>,
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
    /// What happens to it unless the config says otherwise; none: `token`.
    pub action: Option<Spanned<String>>,
    /// Names of fields that hold it, in snake case; `*_email` takes `customer_email`.
    #[serde(default)]
    pub fields: Vec<Spanned<String>>,
    /// Names of fields that are enough, whatever `field_shape` says of the value.
    #[serde(default)]
    pub sure_fields: Vec<Spanned<String>>,
    /// Names of fields that hold many things (`customer`): a value is one only where it looks like nothing else.
    #[serde(default)]
    pub maybe_fields: Vec<Spanned<String>>,
    /// What that looks like; needed with `maybe_fields`.
    pub maybe_shape: Option<Spanned<String>>,
    /// Members whose name says it and that are something else in objects of these names: `{"product": {"name": …}}`.
    pub not_of: Option<NotOfSpec>,
    /// Names that say nothing alone, and which do beside others: `{"bank": "BCA", "nomor": "7712340098"}`.
    pub fields_beside: Option<FieldsBesideSpec>,
    /// Names of lists of two numbers of degrees that are it: `{"position": [55.67612, 12.56834]}`.
    #[serde(default)]
    pub fields_of_pairs: Vec<Spanned<String>>,
    /// What a value of such a field looks like; what does not is searched as any text. None: the name is enough.
    pub field_shape: Option<Spanned<String>>,
    /// Whether it may neither pass nor become a token: PCI DSS says so of verification codes, reason of passwords.
    #[serde(default)]
    pub never_passes: bool,
    /// Whether the names of its fields say little: where all of the value is found to be something else, it is that.
    #[serde(default)]
    pub yields: bool,
    /// Whether the words of a value that was found are looked for in the rest of its record: names stand there again.
    #[serde(default)]
    pub repeats: bool,
    /// Names of entities: the name of a person that stands beside a value of theirs is this one.
    #[serde(default)]
    pub beside: Vec<Spanned<String>>,
    /// Whether it is found only where a rule of the config names it.
    #[serde(default)]
    pub by_rule: bool,
    /// Fewest digits of a value: a named field with fewer (`"phone": "none"`) holds something else.
    #[serde(default)]
    pub field_digits: u8,
    /// How it is found by what the bytes look like; none: by field name only.
    #[serde(default)]
    pub patterns: Vec<Spanned<PatternSpec>>,
    /// Texts in which it must be found: each part in `{{…}}` and nothing else, or the whole text.
    #[serde(default)]
    pub examples: Vec<Spanned<String>>,
    /// Texts in which it must not be found.
    #[serde(default)]
    pub counter_examples: Vec<Spanned<String>>,
}

/// Members of objects that are not the entity although they are called as its fields are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotOfSpec {
    /// Names of the members, among `fields`.
    pub fields: Vec<Spanned<String>>,
    /// Names of the objects, in snake case and the singular: `product` takes `products` and `main_product`, too.
    pub objects: Vec<Spanned<String>>,
    /// Names of objects, likewise, that may be somebody's: there only a name in full counts.
    #[serde(default)]
    pub maybe_objects: Vec<Spanned<String>>,
    /// Names of lists, likewise, whose objects are meant: `{"fields": [{"name": "amount"}]}`.
    #[serde(default)]
    pub lists: Vec<Spanned<String>>,
    /// Names of members beside them that say so: `{"namespace": "shop", "name": "web"}`.
    #[serde(default)]
    pub siblings: Vec<Spanned<String>>,
    /// The same of objects in lists: `[{"sku": "A-1", "name": "Kopi Luwak"}]`.
    #[serde(default)]
    pub siblings_in_lists: Vec<Spanned<String>>,
}

/// Members that are the entity in objects that have one of other members, too.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldsBesideSpec {
    /// Names of the members, which are no `fields`.
    pub fields: Vec<Spanned<String>>,
    /// Names of members beside them that say so.
    #[serde(default)]
    pub siblings: Vec<Spanned<String>>,
    /// Names of members beside them whose values say so with one of `words`: `{"event": "otp.sent", "code": "480216"}`.
    #[serde(default)]
    pub said_in: Vec<Spanned<String>>,
    /// Those words, in snake case.
    #[serde(default)]
    pub words: Vec<Spanned<String>>,
    /// Names of members beside which they say nothing: `{"event": "otp.failed", "code": "4012", "error": …}`.
    #[serde(default)]
    pub unless: Vec<Spanned<String>>,
}

impl FieldsBesideSpec {
    /// All names and words.
    pub(super) fn names(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.fields.iter().chain(&self.siblings).chain(&self.said_in).chain(&self.words).chain(&self.unless)
    }
}

impl NotOfSpec {
    /// All names of objects, lists and members beside.
    pub(super) fn names(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.objects.iter().chain(&self.lists).chain(&self.siblings).chain(&self.siblings_in_lists)
    }
}

/// One way to find an entity.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PatternSpec {
    /// A hand-written finder, by name.
    pub matcher: Option<Spanned<String>>,
    /// Or a regular expression.
    pub regex: Option<Spanned<String>>,
    /// A check that a candidate must pass, by name.
    pub validator: Option<Spanned<String>>,
    /// Least and most digits, within those that the validator takes: `[15, 16]`.
    pub digits: Option<Spanned<(usize, usize)>>,
    /// Literals, in any case, of which a text must hold one before the regex is tried.
    #[serde(default)]
    pub prefilter: Vec<Spanned<String>>,
    /// Words that stand near.
    pub keywords: Option<KeywordSpec>,
    /// Words and phrases at which an anchored matcher is called: `mvh`, `my name is`; `*vej` is an ending of words.
    #[serde(default)]
    pub anchors: Vec<Spanned<String>>,
    /// Names of labels at which a matcher of labels is called, in snake case; none: the entity's fields.
    #[serde(default)]
    pub labels: Vec<Spanned<String>>,
    /// Words that forbid it when they stand directly before: `version 1.2.3.4`.
    #[serde(default)]
    pub not_after: Vec<String>,
    /// Words that forbid it when they stand directly behind, a space between: `25.100.200.250 IDR`.
    #[serde(default)]
    pub not_before: Vec<String>,
    /// How sure a match is.
    #[serde(default)]
    pub confidence: Confidence,
    /// The capture group of the regex that is the value; 0 is the whole match.
    #[serde(default)]
    pub group: usize,
}

/// Words near a candidate.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeywordSpec {
    /// Whole words or phrases, in any case.
    pub words: Vec<Spanned<String>>,
    /// Most bytes between a word and a candidate that follows it.
    #[serde(default = "keyword_distance")]
    pub distance: u32,
    /// Most bytes between a candidate and a word that follows it; 0: words behind do not count.
    #[serde(default)]
    pub after: u32,
    /// Whether there is no finding without a word; otherwise a word only makes the finding surer.
    #[serde(default = "keyword_required")]
    pub required: bool,
}

/// How sure a match is: of overlapping findings of one basis the surer one gives the label, and one of high
/// confidence that holds all of a less sure one does so whatever its basis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Confidence {
    /// Many other things look like it.
    Low,
    /// Some do.
    #[default]
    Medium,
    /// Hardly anything does.
    High,
}

fn keyword_distance() -> u32 {
    40
}

fn keyword_required() -> bool {
    true
}
