//! A view never panics, and the raw span of each of its characters decodes to that character again (tag characters aside,
//! which are read in rows and swallowed alone).

use sluice::decode::View;
use sluice::record::Span;

fn load(view: &mut View, raw: &str) {
    view.load(raw, 0);
    view.unescape_json();
    view.fold_unicode();
}

pub fn run(data: &[u8]) {
    let Ok(raw) = std::str::from_utf8(data) else { return };
    let (mut view, mut alone) = (View::new(), View::new());
    load(&mut view, raw);
    let mut last = Span::default();
    for (i, c) in view.text().char_indices() {
        let span = view.raw_span(Span::new(i as u32, (i + c.len_utf8()) as u32));
        assert!(span == last || span.start >= last.end, "in order");
        assert!(raw.is_char_boundary(span.start as usize) && raw.is_char_boundary(span.end as usize));
        load(&mut alone, &raw[span.range()]);
        let is_tag = raw[span.range()].chars().all(|c| ('\u{e0020}'..='\u{e007e}').contains(&c));
        assert!(alone.text().contains(c) || is_tag);
        last = span;
    }
    let whole = view.raw_span(Span::new(0, view.text().len() as u32));
    load(&mut alone, &raw[whole.range()]);
    assert_eq!(alone.text(), view.text());
}
