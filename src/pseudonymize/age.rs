//! Sealing to an age recipient: what is sealed can be opened by the holder of the identity only, with us, `age` or `rage`.
//!
//! The file format age v1 with X25519 recipients (specification: <https://c2sp.org/age>), over maintained primitives. The
//! `age` crate brings some ninety others (translations, post-quantum key exchange) and draws its random numbers itself;
//! here they come from the caller. Tested against files that the `age` crate wrote, and that it has read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::Zeroizing;

use super::derive::TokenMac;

const VERSION: &str = "age-encryption.org/v1\n";
const STANZA: &str = "-> X25519 ";
const WRAP_INFO: &[u8] = b"age-encryption.org/v1/X25519";
const RECIPIENT_PREFIX: &str = "age";
const IDENTITY_PREFIX: &str = "age-secret-key-";
/// Plaintext of a chunk of the payload.
const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
const FILE_KEY: usize = 16;
const PAYLOAD_NONCE: usize = 16;
/// Random bytes that sealing to one recipient takes: file key and payload nonce, and a secret a recipient.
const SECRET: usize = 32;
/// Longest header that is read.
const HEADER_MAX: usize = 64 << 10;

/// Whom values are sealed to: a public key, `age1…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient([u8; 32]);

/// Who can open what is sealed to its recipient: a private key, `AGE-SECRET-KEY-1…`. Wiped when dropped, never shown.
pub struct Identity(Zeroizing<[u8; 32]>);

/// Why something sealed cannot be opened. Tells nothing of what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is no age file of version 1.
    #[error("is no age file of version 1")]
    Format,
    /// It is sealed to others.
    #[error("is sealed to another recipient")]
    NotForUs,
    /// It was changed or cut.
    #[error("is damaged")]
    Damaged,
}

impl Recipient {
    /// The recipient that `text` names: `age1…`, 62 characters.
    pub fn parse(text: &str) -> Option<Recipient> {
        bech32_key(text, RECIPIENT_PREFIX).map(|key| Recipient(*key))
    }
}

impl Identity {
    /// The identity that `text` is: `AGE-SECRET-KEY-1…`.
    pub fn parse(text: &str) -> Option<Identity> {
        bech32_key(text, IDENTITY_PREFIX).map(Identity)
    }

    /// Its public half.
    pub fn recipient(&self) -> Recipient {
        Recipient(x25519(*self.0, X25519_BASEPOINT_BYTES))
    }

    /// What is sealed in `file`.
    ///
    /// # Errors
    /// It is no age file, sealed to others, or damaged.
    pub fn open(&self, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let header = Header::parse(file)?;
        let file_key = header.stanzas.iter().find_map(|stanza| self.unwrap(stanza)).ok_or(OpenError::NotForUs)?;
        if header.mac[..] != header_mac(&file_key, header.authenticated)[..] {
            return Err(OpenError::Damaged);
        }
        open_payload(&file_key, header.payload)
    }

    fn unwrap(&self, stanza: &Stanza) -> Option<Zeroizing<Vec<u8>>> {
        let wrap = wrap_key(&x25519(*self.0, stanza.share), &stanza.share, &self.recipient())?;
        let key = wrap.decrypt(&Nonce::default(), &stanza.wrapped[..]).ok().map(Zeroizing::new)?;
        (key.len() == FILE_KEY).then_some(key)
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// Seals `plain` to every one of `recipients`. `random` fills its argument with random bytes, or says that it cannot:
/// then, and without recipients, there is no result.
pub fn seal(recipients: &[Recipient], plain: &[u8], random: &mut dyn FnMut(&mut [u8]) -> bool) -> Option<Vec<u8>> {
    let (mut file_key, mut nonce) = (Zeroizing::new([0; FILE_KEY]), [0; PAYLOAD_NONCE]);
    if recipients.is_empty() || !random(&mut file_key[..]) || !random(&mut nonce) {
        return None;
    }
    let mut header = VERSION.to_owned();
    for recipient in recipients {
        let mut secret = Zeroizing::new([0; SECRET]);
        if !random(&mut secret[..]) {
            return None;
        }
        let share = x25519(*secret, X25519_BASEPOINT_BYTES);
        let wrapped = wrap_key(&x25519(*secret, recipient.0), &share, recipient)?
            .encrypt(&Nonce::default(), &file_key[..])
            .expect("a key of 16 bytes is not too long");
        header += &format!("{STANZA}{}\n{}\n", BASE64.encode(share), BASE64.encode(wrapped));
    }
    header += "---";
    let mac = header_mac(&file_key[..], header.as_bytes());
    header += &format!(" {}\n", BASE64.encode(mac));
    let mut out = header.into_bytes();
    out.reserve(PAYLOAD_NONCE + plain.len() + (plain.len() / CHUNK + 1) * TAG);
    out.extend_from_slice(&nonce);
    let cipher = payload_cipher(&file_key[..], &nonce);
    let chunks = plain.chunks(CHUNK).count().max(1);
    for index in 0..chunks {
        let chunk = &plain[index * CHUNK..plain.len().min((index + 1) * CHUNK)];
        let nonce = chunk_nonce(index as u64, index + 1 == chunks);
        out.extend(cipher.encrypt(&nonce, chunk).expect("a chunk of 64 KiB is not too long"));
    }
    Some(out)
}

/// One recipient's part of a header.
struct Stanza {
    share: [u8; 32],
    wrapped: Vec<u8>,
}

struct Header<'a> {
    stanzas: Vec<Stanza>,
    /// What the MAC is of: all up to and with `---`.
    authenticated: &'a [u8],
    mac: Vec<u8>,
    payload: &'a [u8],
}

impl<'a> Header<'a> {
    fn parse(file: &'a [u8]) -> Result<Header<'a>, OpenError> {
        let mut at = file.strip_prefix(VERSION.as_bytes()).map(|_| VERSION.len()).ok_or(OpenError::Format)?;
        let (mut stanzas, mut share) = (Vec::new(), None);
        loop {
            let window = &file[at..file.len().min(HEADER_MAX)];
            let end = memchr::memchr(b'\n', window).ok_or(OpenError::Format)?;
            let line = std::str::from_utf8(&window[..end]).map_err(|_| OpenError::Format)?;
            if let Some(mac) = line.strip_prefix("--- ") {
                let mac = BASE64.decode(mac).map_err(|_| OpenError::Format)?;
                let payload = &file[at + end + 1..];
                return Ok(Header { stanzas, authenticated: &file[..at + 3], mac, payload });
            }
            if line.starts_with("-> ") {
                // Other kinds of stanzas are somebody else's (age adds meaningless ones on purpose).
                share = line.strip_prefix(STANZA).and_then(|text| BASE64.decode(text).ok()?.try_into().ok());
            } else if let Some(share) = share.take() {
                let wrapped = BASE64.decode(line).map_err(|_| OpenError::Format)?;
                stanzas.push(Stanza { share, wrapped });
            }
            at += end + 1;
        }
    }
}

fn wrap_key(shared: &[u8; 32], share: &[u8; 32], recipient: &Recipient) -> Option<ChaCha20Poly1305> {
    // A point of low order gives zeros whatever the secret is.
    if *shared == [0; 32] {
        return None;
    }
    Some(cipher(shared, &[&share[..], &recipient.0].concat(), WRAP_INFO))
}

fn header_mac(file_key: &[u8], header: &[u8]) -> [u8; 32] {
    let mut key = Zeroizing::new([0u8; 32]);
    expand(file_key, &[], b"header", &mut key);
    TokenMac::new(&key[..]).hash(header)
}

fn payload_cipher(file_key: &[u8], nonce: &[u8]) -> ChaCha20Poly1305 {
    cipher(file_key, nonce, b"payload")
}

fn cipher(ikm: &[u8], salt: &[u8], info: &[u8]) -> ChaCha20Poly1305 {
    let mut key = Zeroizing::new([0u8; 32]);
    expand(ikm, salt, info, &mut key);
    ChaCha20Poly1305::new((&*key).into())
}

fn expand(ikm: &[u8], salt: &[u8], info: &[u8], key: &mut [u8; 32]) {
    Hkdf::<Sha256>::new(Some(salt), ikm).expand(info, key).expect("HKDF-SHA256 gives up to 8160 bytes");
}

/// STREAM: an 11-byte counter, and whether the chunk is the last.
fn chunk_nonce(index: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&index.to_be_bytes());
    nonce[11] = u8::from(last);
    Nonce::from(nonce)
}

fn open_payload(file_key: &[u8], payload: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (nonce, sealed) = payload.split_at_checked(PAYLOAD_NONCE).ok_or(OpenError::Damaged)?;
    let cipher = payload_cipher(file_key, nonce);
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let chunks = sealed.len().div_ceil(CHUNK + TAG).max(1);
    for index in 0..chunks {
        let chunk = &sealed[index * (CHUNK + TAG)..sealed.len().min((index + 1) * (CHUNK + TAG))];
        let last = index + 1 == chunks;
        let opened = cipher.decrypt(&chunk_nonce(index as u64, last), chunk).map_err(|_| OpenError::Damaged)?;
        if opened.is_empty() && index > 0 {
            return Err(OpenError::Damaged);
        }
        plain.extend_from_slice(&Zeroizing::new(opened));
    }
    Ok(plain)
}

/// The key of 32 bytes that a Bech32 text of this prefix holds (BIP 173).
fn bech32_key(text: &str, prefix: &str) -> Option<Zeroizing<[u8; 32]>> {
    const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    if text.chars().any(|c| c.is_ascii_lowercase()) && text.chars().any(|c| c.is_ascii_uppercase()) {
        return None;
    }
    let text = Zeroizing::new(text.trim().to_ascii_lowercase());
    let data = text.strip_prefix(prefix)?.strip_prefix('1')?;
    let place = |letter: u8| LETTERS.iter().position(|l| *l == letter).map(|at| at as u8);
    let values = Zeroizing::new(data.bytes().map(place).collect::<Option<Vec<u8>>>()?);
    // 256 bits in 52 groups of five, and six groups of check sum.
    if values.len() != 52 + 6 || checksum(prefix, &values) != 1 {
        return None;
    }
    let mut key = Zeroizing::new([0u8; 32]);
    let (mut bits, mut count, mut at) = (0u32, 0, 0);
    for &value in &values[..52] {
        bits = (bits << 5) | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            key[at] = (bits >> count) as u8;
            at += 1;
            bits &= (1 << count) - 1;
        }
    }
    (bits == 0 && at == 32).then_some(key)
}

fn checksum(prefix: &str, values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let high = prefix.bytes().map(|b| b >> 5);
    let low = prefix.bytes().map(|b| b & 31);
    high.chain([0]).chain(low).chain(values.iter().copied()).fold(1, |sum: u32, value| {
        let mut next = ((sum & 0x01ff_ffff) << 5) ^ u32::from(value);
        for (bit, generator) in GENERATOR.iter().enumerate() {
            if (sum >> 25 >> bit) & 1 == 1 {
                next ^= generator;
            }
        }
        next
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Key pairs and a file of the `age` crate 0.12.1 (tests/vectors/age.json says how they were made).
    #[derive(serde::Deserialize)]
    struct Vectors {
        identity: String,
        recipient: String,
        other_identity: String,
        sealed_by_age: Vec<Sealed>,
        sealed_by_us: String,
    }

    #[derive(serde::Deserialize)]
    struct Sealed {
        plain: String,
        repeat: usize,
        file: String,
    }

    fn vectors() -> Vectors {
        serde_json::from_str(include_str!("../../tests/vectors/age.json")).expect("vectors")
    }

    fn file(text: &str) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
    }

    /// Bytes that are random enough to tell one draw from another, the same in every run.
    fn counting() -> impl FnMut(&mut [u8]) -> bool {
        let mut next = 0u8;
        move |bytes| {
            bytes.fill_with(|| {
                next = next.wrapping_add(1);
                next
            });
            true
        }
    }

    #[test]
    fn what_the_age_crate_sealed_is_opened() {
        let vectors = vectors();
        let (ours, other) = (&vectors.identity, &vectors.other_identity);
        let identity = Identity::parse(ours).expect("an identity");
        assert_eq!(Some(identity.recipient()), Recipient::parse(&vectors.recipient));
        assert!(vectors.sealed_by_age.len() >= 3);
        for sealed in &vectors.sealed_by_age {
            let opened = identity.open(&file(&sealed.file)).expect("opens");
            assert_eq!(std::str::from_utf8(&opened).expect("UTF-8"), sealed.plain.repeat(sealed.repeat));
        }
        let other = Identity::parse(other).expect("an identity");
        assert_eq!(other.open(&file(&vectors.sealed_by_age[0].file)).err(), Some(OpenError::NotForUs));
    }

    #[test]
    fn what_we_seal_is_what_the_age_crate_has_read() {
        let vectors = vectors();
        let recipient = Recipient::parse(&vectors.recipient).expect("a recipient");
        let sealed = seal(&[recipient], b"siti@example.id", &mut counting()).expect("sealed");
        assert_eq!(base64::engine::general_purpose::STANDARD.encode(sealed), vectors.sealed_by_us);
    }

    #[test]
    fn every_recipient_opens_and_nobody_else() {
        let vectors = vectors();
        let one = Identity::parse(&vectors.identity).expect("an identity");
        let two = Identity::parse(&vectors.other_identity).expect("an identity");
        let both = seal(&[one.recipient(), two.recipient()], b"x", &mut counting()).expect("sealed");
        for identity in [&one, &two] {
            assert_eq!(identity.open(&both).expect("opens")[..], b"x"[..]);
        }
        assert!(seal(&[], b"x", &mut counting()).is_none());
        assert!(seal(&[one.recipient()], b"x", &mut |_| false).is_none(), "without entropy nothing is sealed");
        assert!(seal(&[Recipient([0; 32])], b"x", &mut counting()).is_none(), "a point of low order");
        assert_eq!(format!("{one:?}"), "Identity(…)");
    }

    #[test]
    fn a_mistyped_key_is_none() {
        let vectors = vectors();
        for good in [&vectors.recipient, &vectors.identity] {
            for at in 0..good.len() {
                let mut bad = good.clone().into_bytes();
                bad[at] = if bad[at] == b'q' || bad[at] == b'Q' { b'p' } else { b'q' };
                let bad = String::from_utf8(bad).expect("ASCII");
                assert!(Recipient::parse(&bad).is_none() && Identity::parse(&bad).is_none(), "{at}");
            }
        }
        assert!(Recipient::parse(&vectors.identity).is_none() && Identity::parse(&vectors.recipient).is_none());
        for bad in ["", "age1", "age1é", "1", &vectors.recipient[..61]] {
            assert!(Recipient::parse(bad).is_none());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_file_that_is_changed_or_cut_does_not_open(at: prop::sample::Index, bit in 0u8..8, cut: bool) {
            let identity = Identity::parse(&vectors().identity).expect("an identity");
            let mut sealed = seal(&[identity.recipient()], b"siti@example.id", &mut counting()).expect("sealed");
            let at = at.index(sealed.len());
            if cut { sealed.truncate(at) } else { sealed[at] ^= 1 << bit };
            prop_assert!(identity.open(&sealed).is_err());
        }

        #[test]
        fn any_length_is_opened_again(len in prop_oneof![0usize..40, (CHUNK - 2)..(CHUNK + 3), 2 * CHUNK..2 * CHUNK + 2]) {
            let identity = Identity::parse(&vectors().identity).expect("an identity");
            let plain: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let sealed = seal(&[identity.recipient()], &plain, &mut counting()).expect("sealed");
            prop_assert_eq!(&identity.open(&sealed).expect("opens")[..], &plain[..]);
        }

        #[test]
        fn whatever_it_is_opening_does_not_panic(bytes: Vec<u8>, text in "(-> X25519 [A-Za-z]{0,50}\n|--- |[A-Za-z]{43}\n){0,4}") {
            let identity = Identity::parse(&vectors().identity).expect("an identity");
            let _ = identity.open(&bytes);
            let _ = identity.open(format!("{VERSION}{text}").as_bytes());
        }
    }
}
