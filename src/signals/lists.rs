//! Lists of the operator that hold rules back: trusted networks, anonymisers, carriers, accounts, itineraries.

use std::net::IpAddr;

use std::collections::{HashMap, HashSet};

use super::event::AccountId;
use super::time;

/// Why a line of a list cannot be read. The line itself is not repeated: lists name people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What it should be.
    pub expected: &'static str,
}

/// All lists, as they are now.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Trusted networks: first and last address, sorted, without overlaps.
    networks: Vec<(u128, u128)>,
    trusted_asns: HashSet<u32>,
    anonymisers: HashSet<u32>,
    carriers: HashSet<u32>,
    accounts: HashSet<AccountId>,
    /// Country, first and last moment.
    itineraries: HashMap<AccountId, Vec<([u8; 2], i64, i64)>>,
}

/// Texts of the list files; an absent list is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListTexts {
    /// Networks and ASNs that are trusted.
    pub trusted: String,
    /// ASNs of hosting, VPN and Tor networks.
    pub anonymisers: String,
    /// ASNs of mobile carriers.
    pub carriers: String,
    /// Accounts that are never flagged.
    pub accounts: String,
    /// Account, country, first day, last day.
    pub itineraries: String,
}

impl Lists {
    /// Reads all lists; `account` makes the key of an account's state.
    ///
    /// # Errors
    /// The name of the list and the first line that cannot be read.
    pub fn parse(texts: &ListTexts, account: impl Fn(&str) -> AccountId) -> Result<Lists, (&'static str, BadLine)> {
        let mut lists = Lists::default();
        each(&texts.trusted, "trusted", "a network such as 203.0.113.0/24, or an ASN such as AS64500", |entry| {
            if let Some(asn) = asn(entry) {
                lists.trusted_asns.insert(asn);
                return Some(());
            }
            lists.networks.push(network(entry)?);
            Some(())
        })?;
        lists.networks = merged(std::mem::take(&mut lists.networks));
        each(&texts.anonymisers, "anonymisers", "an ASN such as AS64500", |entry| {
            lists.anonymisers.insert(asn(entry)?);
            Some(())
        })?;
        each(&texts.carriers, "carriers", "an ASN such as AS64500", |entry| {
            lists.carriers.insert(asn(entry)?);
            Some(())
        })?;
        each(&texts.accounts, "accounts", "an account", |entry| {
            lists.accounts.insert(account(entry));
            Some(())
        })?;
        each(
            &texts.itineraries,
            "itineraries",
            "an account, a country and two days, such as `u1 SG 2026-05-01 2026-05-09`",
            |entry| {
                let words: Vec<&str> = entry.split_whitespace().collect();
                let [who, country, from, to] = words[..] else { return None };
                let country: [u8; 2] = country.to_ascii_uppercase().as_bytes().try_into().ok()?;
                let day = |day: &str| time::parse(&format!("{day}T00:00:00Z"));
                let journey = (country, day(from)?, day(to)? + time::DAY_MS);
                lists.itineraries.entry(account(who)).or_default().push(journey);
                Some(())
            },
        )?;
        Ok(lists)
    }

    /// Whether an address or its ASN is trusted.
    pub fn is_trusted(&self, address: Option<IpAddr>, asn: u32) -> bool {
        asn != 0 && self.trusted_asns.contains(&asn)
            || address.is_some_and(|address| {
                let number = number(address);
                let at = self.networks.partition_point(|&(first, _)| first <= number);
                at > 0 && number <= self.networks[at - 1].1
            })
    }

    /// Whether an ASN hides its users.
    pub fn is_anonymiser(&self, asn: u32) -> bool {
        self.anonymisers.contains(&asn)
    }

    /// Whether an ASN is a mobile carrier's.
    pub fn is_carrier(&self, asn: u32) -> bool {
        self.carriers.contains(&asn)
    }

    /// Whether an account is never flagged.
    pub fn is_exempt(&self, account: AccountId) -> bool {
        self.accounts.contains(&account)
    }

    /// Whether an account announced to be in a country at a time.
    pub fn is_travelling(&self, account: AccountId, country: Option<[u8; 2]>, time_ms: i64) -> bool {
        let journeys = self.itineraries.get(&account);
        journeys.zip(country).is_some_and(|(journeys, country)| {
            journeys.iter().any(|&(there, from, to)| there == country && (from..to).contains(&time_ms))
        })
    }
}

fn each(
    text: &str,
    list: &'static str,
    expected: &'static str,
    mut take: impl FnMut(&str) -> Option<()>,
) -> Result<(), (&'static str, BadLine)> {
    for (at, line) in text.lines().enumerate() {
        let entry = line.split('#').next().unwrap_or_default().trim();
        if !entry.is_empty() && take(entry).is_none() {
            return Err((list, BadLine { line: at + 1, expected }));
        }
    }
    Ok(())
}

fn asn(entry: &str) -> Option<u32> {
    let digits = entry.strip_prefix("AS").or_else(|| entry.strip_prefix("as")).unwrap_or(entry);
    digits.parse().ok().filter(|asn| *asn != 0)
}

/// First and last address of `203.0.113.0/24`, or of one address.
fn network(entry: &str) -> Option<(u128, u128)> {
    let (address, bits) = entry.split_once('/').map_or((entry, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits: u32 = bits.map_or(Some(width), |bits| bits.parse().ok()).filter(|bits| *bits <= width)?;
    let host = (width - bits).min(127);
    let mask = if width - bits == 128 { u128::MAX } else { (1u128 << host) - 1 };
    let first = number(address) & !mask;
    Some((first, first | mask))
}

/// An address as a number; IPv4 in its mapped form, so that both families are one line.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

fn merged(mut networks: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    networks.sort_unstable();
    let mut out: Vec<(u128, u128)> = Vec::with_capacity(networks.len());
    for (first, last) in networks {
        match out.last_mut() {
            Some(before) if first <= before.1 => before.1 = before.1.max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> AccountId {
        let mut bytes = [0; 16];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        AccountId(bytes)
    }

    fn texts() -> ListTexts {
        ListTexts {
            trusted: "# office\n203.0.113.0/24\n203.0.113.128/25 # inside\n2001:db8::/32\nAS64500\n10.1.2.3\n"
                .to_owned(),
            anonymisers: "AS64501\n64502".to_owned(),
            carriers: "AS23693\nAS7713".to_owned(),
            accounts: "u1\n".to_owned(),
            itineraries: "u2 sg 2026-05-01 2026-05-02".to_owned(),
        }
    }

    #[test]
    fn lists_hold_what_their_lines_say() {
        let lists = Lists::parse(&texts(), id).expect("well-formed");
        let trusted = |ip: &str, asn| lists.is_trusted(ip.parse().ok(), asn);
        assert!(trusted("203.0.113.7", 0) && trusted("203.0.113.200", 0) && trusted("2001:db8::1", 0));
        assert!(trusted("10.1.2.3", 0) && trusted("198.51.100.1", 64500));
        assert!(!trusted("203.0.114.1", 0) && !trusted("10.1.2.4", 0) && !trusted("2001:db9::1", 0));
        assert!(lists.is_anonymiser(64502) && !lists.is_anonymiser(64500));
        assert!(lists.is_carrier(7713) && lists.is_carrier(23693) && !lists.is_carrier(64500));
        assert!(lists.is_exempt(id("u1")) && !lists.is_exempt(id("u2")));
        let at = |text: &str| time::parse(text).expect("a time");
        assert!(lists.is_travelling(id("u2"), Some(*b"SG"), at("2026-05-02T23:00:00Z")));
        assert!(!lists.is_travelling(id("u2"), Some(*b"SG"), at("2026-05-03T00:00:00Z")));
        assert!(!lists.is_travelling(id("u2"), Some(*b"MY"), at("2026-05-02T00:00:00Z")));
    }

    #[test]
    fn a_bad_line_is_told_by_list_and_number_only() {
        for (list, bad) in [("trusted", "1.2.3.4/33"), ("trusted", "x"), ("itineraries", "u1 SG"), ("carriers", "AS0")]
        {
            let mut texts = ListTexts::default();
            let text = format!("# one\n{bad}\n");
            match list {
                "trusted" => texts.trusted = text,
                "carriers" => texts.carriers = text,
                _ => texts.itineraries = text,
            }
            let (name, error) = Lists::parse(&texts, id).expect_err(bad);
            assert_eq!((name, error.line), (list, 2), "{bad}");
        }
    }

    #[test]
    fn the_whole_internet_is_a_network() {
        let lists = Lists::parse(&ListTexts { trusted: "::/0".to_owned(), ..ListTexts::default() }, id).expect("fine");
        assert!(lists.is_trusted("1.2.3.4".parse().ok(), 0) && lists.is_trusted("ffff::1".parse().ok(), 0));
    }
}
