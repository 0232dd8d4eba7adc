//! A canonical form is its own canonical form, leaves no trace of what it does not take, and knows no case.

use sluice::canonical::phone::Region;
use sluice::canonical::{Form, sealed, token};

fn write(form: Form, text: &str) -> Option<Vec<u8>> {
    let mut out = b"before".to_vec();
    let taken = form.write(text, &Region::ALL, &mut out);
    assert!(out.starts_with(b"before") && (taken || out.len() == 6), "{form:?}");
    taken.then(|| out.split_off(6))
}

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for (name, form) in Form::ALL {
        let Some(once) = write(form, text) else { continue };
        // The forms of addresses are bytes, and no spelling.
        if !matches!(form, Form::Ip | Form::IpNetwork) {
            let once = std::str::from_utf8(&once).expect("UTF-8");
            assert_eq!(write(form, once).as_deref(), Some(once.as_bytes()), "{name}");
        }
        if matches!(form, Form::Email | Form::Mailbox | Form::Iban | Form::Alnum) && text.is_ascii() {
            assert_eq!(write(form, &text.to_ascii_uppercase()).as_deref(), Some(&once[..]), "{name}");
        }
    }
    let mut last = 0;
    for found in token::find_all(text) {
        assert!(found.span.start >= last && token::parse_at(text, found.span.start) == Some(found.clone()));
        last = found.span.end;
    }
    for span in sealed::find_all(text) {
        assert!(sealed::is_all(&text[span]));
    }
}
