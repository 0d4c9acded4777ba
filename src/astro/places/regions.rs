//! P: Countries and their regions: which of them a text means. Knows no places.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::asset::asset;
use super::fold::fold;

/// Columns: code, English name, French name, other names.
const COUNTRIES_TSV: &str = include_str!("../../../data/places/countries.tsv");

/// A country or territory.
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(super) code: &'static str,
    pub(super) english: &'static str,
    pub(super) french: &'static str,
    /// Folded names and code.
    keys: Vec<String>,
}

/// The part of a first-level region that has one time zone.
pub(super) struct Region {
    /// Position of the country.
    pub(super) country: usize,
    /// GeoNames' code within the country, such as `TX`; may be empty.
    pub(super) code: &'static str,
    /// Name; may be empty.
    pub(super) name: &'static str,
    /// IANA zone.
    pub(super) zone: &'static str,
    key: String,
    code_key: String,
}

/// All countries and regions.
pub(super) struct Atlas {
    pub(super) countries: Vec<Country>,
    pub(super) regions: Vec<Region>,
    by_key: HashMap<String, usize>,
}

/// For each region, whether it will do; nothing where all will.
pub(super) type Only = Option<Vec<bool>>;

/// How a text names a country or a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// Wholly.
    Whole,
    /// By its beginning, or wholly.
    Beginning,
}

pub(super) fn atlas() -> &'static Atlas {
    static ATLAS: OnceLock<Atlas> = OnceLock::new();
    ATLAS.get_or_init(read)
}

fn read() -> Atlas {
    let mut atlas = Atlas { countries: Vec::new(), regions: Vec::new(), by_key: HashMap::new() };
    for line in COUNTRIES_TSV.lines() {
        let [code, english, french, others] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        let names = [code, english, french].into_iter().chain(others.split('|')).filter(|name| !name.is_empty());
        let keys: Vec<String> = names.map(fold).collect();
        for key in &keys {
            atlas.by_key.entry(key.clone()).or_insert(atlas.countries.len());
        }
        atlas.countries.push(Country { code, english, french, keys });
    }
    for line in asset().regions().lines() {
        let [country, code, name, zone] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        // Regions are in the order of their countries.
        let same = atlas.regions.last().map(|last| last.country).filter(|last| atlas.countries[*last].code == country);
        let position = || atlas.countries.iter().position(|known| known.code == country);
        let country = same.or_else(position).unwrap_or(0);
        let (key, code_key) = (without_digraphs(&fold(name)), fold(code));
        atlas.regions.push(Region { country, code, name, zone, key, code_key });
    }
    atlas
}

/// `wuerttemberg` as `wurttemberg`: some regions are listed in letters of a typewriter.
fn without_digraphs(key: &str) -> String {
    key.replace("ae", "a").replace("oe", "o").replace("ue", "u")
}

impl Atlas {
    /// The country with exactly this folded name or code.
    pub(super) fn country(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// The regions that a folded text names: all of a country, or those of that name or code. A code of a region counts
    /// only if it holds a letter, for many countries number theirs.
    pub(super) fn named(&self, key: &str, naming: Naming) -> Vec<bool> {
        let plain = without_digraphs(key);
        let begins = |name: &str, wanted: &str| naming == Naming::Beginning && name.starts_with(wanted);
        let exact = self.country(key);
        let countries: Vec<bool> = self
            .countries
            .iter()
            .enumerate()
            .map(|(index, country)| match exact {
                Some(exact) => exact == index,
                None => country.keys.iter().any(|name| begins(name, key)),
            })
            .collect();
        let is_code = key.bytes().any(|byte| byte.is_ascii_alphabetic());
        let of_region =
            |region: &Region| region.key == plain || (is_code && region.code_key == key) || begins(&region.key, &plain);
        self.regions.iter().map(|region| countries[region.country] || of_region(region)).collect()
    }

    /// Narrows `only` to what all the texts name. With [`Naming::Whole`], a text that names nothing leaves nothing.
    pub(super) fn narrow(&self, parts: &[String], naming: Naming) -> Only {
        parts.iter().fold(None, |only, part| Some(both(only, self.named(part, naming))))
    }

    /// The regions of a country by its ISO code, upper or lower case.
    pub(super) fn of_country(&self, code: &str) -> Vec<bool> {
        self.regions.iter().map(|region| self.countries[region.country].code.eq_ignore_ascii_case(code)).collect()
    }
}

/// What is in both.
pub(super) fn both(only: Only, also: Vec<bool>) -> Vec<bool> {
    match only {
        None => also,
        Some(only) => only.into_iter().zip(also).map(|(a, b)| a && b).collect(),
    }
}
