//! Canonical forms: every spelling of one value becomes the same bytes.
//!
//! A leaf. Detection accepts what these parsers take and pseudonymization hashes what they return, so the two cannot
//! disagree on what a value is. To add a form: one file, one variant of [`Form`].

pub mod alnum;
pub mod digits;
pub mod email;
#[cfg(test)]
mod equivalence;
pub mod iban;
pub mod ip;
pub mod phone;
pub mod sealed;
pub mod text;
pub mod token;

use phone::Region;

/// What kind of value an entity holds, and so what its canonical bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// An e-mail address, [`email::write`].
    Email,
    /// The mailbox of an e-mail address, [`email::write_mailbox`].
    Mailbox,
    /// An IP address: its 16 bytes, [`ip::parse`].
    Ip,
    /// The network of an IP address: its 16 bytes and `/24` or `/48`, [`ip::network`].
    IpNetwork,
    /// A phone number in E.164, [`phone::write`].
    Phone,
    /// The digits of a number, [`digits::write`].
    Digits,
    /// The digits of an Indonesian tax number, [`digits::write_npwp`].
    Npwp,
    /// The digits of a Danish civil registration number, [`digits::write_cpr`].
    Cpr,
    /// The digits of an account, words between them left out, [`digits::write_account`].
    Account,
    /// Letters and digits in lower case, [`alnum::write`].
    Alnum,
    /// An IBAN in capitals without spaces, [`iban::parse`].
    Iban,
    /// Any text, [`text::write`].
    Text,
}

impl Form {
    /// All forms with their names in catalog and config.
    pub const ALL: [(&'static str, Form); 12] = [
        ("email", Form::Email),
        ("mailbox", Form::Mailbox),
        ("ip", Form::Ip),
        ("ip_network", Form::IpNetwork),
        ("phone", Form::Phone),
        ("digits", Form::Digits),
        ("npwp", Form::Npwp),
        ("cpr", Form::Cpr),
        ("account", Form::Account),
        ("alnum", Form::Alnum),
        ("iban", Form::Iban),
        ("text", Form::Text),
    ];

    /// The form of this name in catalog and config.
    pub fn parse(name: &str) -> Option<Form> {
        Form::ALL.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
    }

    /// Appends the canonical bytes of `text`. False, and nothing appended, when it is not of this form: its canonical
    /// form is then that of [`Form::Text`], which takes everything. `regions` are those of local phone numbers.
    pub fn write(self, text: &str, regions: &[Region], out: &mut Vec<u8>) -> bool {
        // A number that went through a floating point type is that number.
        let mut whole = Vec::new();
        let text = match self {
            Form::Phone | Form::Ip | Form::IpNetwork | Form::Account
                if is_floating(text) && digits::write_number(text, &mut whole) =>
            {
                std::str::from_utf8(&whole).expect("digits")
            }
            _ => text,
        };
        match self {
            Form::Email => email::write(text, out),
            Form::Mailbox => email::write_mailbox(text, out),
            Form::Ip => append(ip::parse(text), out),
            Form::IpNetwork => {
                let Some((network, bits)) = ip::parse(text).map(ip::network) else {
                    return false;
                };
                out.extend_from_slice(&network);
                out.extend_from_slice(if bits == 24 { b"/24" } else { b"/48" });
                true
            }
            Form::Phone => phone::write(text, regions, out),
            Form::Digits => digits::write(text, out),
            Form::Npwp => digits::write_npwp(text, out),
            Form::Cpr => digits::write_cpr(text, out),
            Form::Account => digits::write_account(text, out),
            Form::Alnum => alnum::write(text, out),
            Form::Iban => append(iban::parse(text).as_ref().map(iban::Iban::as_str), out),
            Form::Text => {
                text::write(text, out);
                true
            }
        }
    }
}

/// `6281234567890.0`, `6.28123456789E12`: at most one dot, and no other sign than that of an exponent.
fn is_floating(text: &str) -> bool {
    let number = || text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+'));
    let marked = || text.ends_with(".0") || memchr::memchr2(b'e', b'E', text.as_bytes()).is_some();
    text.len() > 4 && !text.starts_with('+') && marked() && number()
}

fn append(bytes: Option<impl AsRef<[u8]>>, out: &mut Vec<u8>) -> bool {
    if let Some(bytes) = &bytes {
        out.extend_from_slice(bytes.as_ref());
    }
    bytes.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms_have_names() {
        for (name, form) in Form::ALL {
            assert_eq!(Form::parse(name), Some(form));
        }
        assert_eq!(Form::parse("e-mail"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_form_takes_a_text_or_leaves_no_trace(text: String) {
            for (_, form) in Form::ALL {
                let mut out = b"before".to_vec();
                let taken = form.write(&text, &Region::ALL, &mut out);
                prop_assert!(out.starts_with(b"before"));
                prop_assert!(taken || out.len() == 6, "{form:?}");
            }
        }
    }
}
