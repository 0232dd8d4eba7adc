//! Parties of UN/EDIFACT messages (ISO 9735): `NAD+BE+++Ann Skov+Rugmarken 54+Farum++3520+DK'`, and the holder of an account,
//! `FII+BF+DK5000400440116243:Ann Skov+DABADKKK'`.

use super::{Anchor, Anchored, found};
use crate::record::{Class, Span};

/// Their names.
pub(super) const NAME: Anchored = Anchored {
    name: "edifact_name",
    doc: "the name of a party or of the holder of an account; the anchor is the tag of the segment",
    needs: NEEDS,
    at_labels: false,
    find: |anchor, out| match anchor.text.as_bytes().get(anchor.at.start as usize).map(u8::to_ascii_uppercase) {
        // Name and address in one, or the name.
        Some(b'N') => {
            let names = elements(anchor).enumerate().filter(|(place, _)| matches!(place, 3 | 4)).map(|(_, span)| span);
            push(anchor, names, out);
        }
        _ => {
            let account = elements(anchor).nth(2).unwrap_or_default();
            let text = &anchor.text[account.range()];
            let holder = text.find(':').map(|colon| Span::new(account.start + colon as u32 + 1, account.end));
            push(anchor, holder.into_iter(), out);
        }
    },
};

/// Their streets.
pub(super) const STREET: Anchored = Anchored {
    name: "edifact_street",
    doc: "the street of a party; the anchor is the tag of the segment",
    needs: NEEDS,
    at_labels: false,
    find: |anchor, out| push(anchor, elements(anchor).nth(5).into_iter(), out),
};

/// A message without one space is not looked at: else every lone word had to be.
const NEEDS: &[Class] = &[Class::LETTER, Class::SPACE];
/// Most bytes of a segment that are looked at.
const SEGMENT_BYTES_MAX: usize = 512;

fn push(anchor: &Anchor<'_>, spans: impl Iterator<Item = Span>, out: &mut Vec<super::Match>) {
    let told = spans.filter(|span| anchor.text[span.range()].contains(char::is_alphabetic));
    out.extend(told.map(|span| found(span.start as usize, span.end as usize)));
}

/// The elements of the segment, its tag the first (empty here). Nothing, when none follow the anchor.
fn elements<'a>(anchor: &'a Anchor<'_>) -> impl Iterator<Item = Span> + 'a {
    let rest = anchor.rest();
    let rest = &rest[..rest.floor_char_boundary(SEGMENT_BYTES_MAX)];
    let segment = if rest.starts_with('+') { &rest[..rest.find(['\'', '\n']).unwrap_or(rest.len())] } else { "" };
    let mut at = anchor.behind;
    segment.split('+').map(move |element| {
        let span = Span::new(at as u32, (at + element.len()) as u32);
        at += element.len() + 1;
        span
    })
}
