//! P: Zones whose years before 1970 the bundled database has merged with those of a neighbour. Holds no rule after that.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::tz::TimeZone;

/// Written by `data/zones/build_zones.py`, which describes the format.
static ZONES: &[u8] = include_bytes!("../../../data/zones/before_1970.bin");

/// The zone of this name (upper and lower case are one) with its own history, where the bundled database has lost it:
/// Amsterdam's twenty minutes, which became those of Brussels, or Oslo's summers, which became Berlin's.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    static BY_NAME: OnceLock<BTreeMap<String, TimeZone>> = OnceLock::new();
    let zones = BY_NAME.get_or_init(|| {
        let parsed = records(ZONES).filter_map(|(name, data)| {
            let zone = TimeZone::tzif(name, data).ok()?;
            Some((name.to_ascii_lowercase(), zone))
        });
        parsed.collect()
    });
    zones.get(&name.to_ascii_lowercase()).cloned()
}

/// Name and TZif file of every record, up to the first that is cut.
fn records(mut rest: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    std::iter::from_fn(move || {
        let (length, tail) = rest.split_first()?;
        let (name, tail) = tail.split_at_checked(usize::from(*length))?;
        let (size, tail) = tail.split_first_chunk::<2>()?;
        let (data, tail) = tail.split_at_checked(usize::from(u16::from_le_bytes(*size)))?;
        rest = tail;
        Some((std::str::from_utf8(name).ok()?, data))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZoneDatabase;

    #[test]
    fn every_record_is_a_zone_of_the_database_and_agrees_with_it_from_1970_on() {
        let database = TimeZoneDatabase::bundled();
        let mut bytes = 0;
        for (name, data) in records(ZONES) {
            bytes += 3 + name.len() + data.len();
            let (ours, bundled) = (zone(name).unwrap(), database.get(name).unwrap());
            assert_eq!(ours.iana_name(), bundled.iana_name());
            for week in 0..6_800 {
                let at = jiff::Timestamp::from_second(week * 604_800).unwrap();
                assert_eq!(ours.to_offset(at), bundled.to_offset(at), "{name} {at}");
            }
        }
        assert_eq!(bytes, ZONES.len());
    }

    #[test]
    fn names_match_in_any_case_and_others_are_not_held() {
        assert!(zone("europe/AMSTERDAM").is_some());
        assert!(zone("Europe/Paris").is_none() && zone("").is_none());
    }

    #[test]
    fn a_cut_file_ends_early() {
        assert_eq!(records(&ZONES[..100]).count(), 0);
        assert_eq!(records(&[]).count(), 0);
        assert_eq!(records(&[200, b'x']).count(), 0);
    }
}
