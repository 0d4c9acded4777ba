//! P: Queries to places: whole names, beginnings, later words, misspellings, each narrowed by country and region. Reads
//! no bytes itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::asset::{Asset, asset};
use super::fold::fold;
use super::index::{USUAL, index};
use super::names;
use super::regions::{Naming, Only, atlas, both};
use super::{Place, PlaceError, QUERY_CHARS_MAX};
use crate::astro::names::Lang;

/// How many near names an error offers.
const NEAREST_COUNT: usize = 5;
/// Another name of a place counts as if it had so many times fewer people: York is a former name of Toronto.
const OTHER_NAME_DIVISOR: u32 = 30;
/// The largest of several places of a name is meant when no other has a tenth of its people.
const DOMINANCE: u32 = 10;
/// Places of a name that are nearer to each other than this are one (a city and its municipality), degrees.
const SAME_PLACE_DEG: f64 = 0.5;

/// How many words of a query are tried as the end of the place's name.
const CUTS_MAX: usize = 6;

/// How a place was found, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// The query is a name of it.
    Whole,
    /// A name of it begins with the query.
    Beginning,
    /// A later word of its name begins so.
    LaterWord,
    /// A name of it differs from the query by a letter, or by two if the query is long.
    Misspelt,
}

/// A place and how it was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The place.
    pub place: Place,
    /// How well it fits.
    pub quality: Quality,
}

impl Quality {
    /// The stable machine name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Beginning => "beginning",
            Self::LaterWord => "later_word",
            Self::Misspelt => "misspelt",
        }
    }
}

/// At most `limit` places for a query: accents, case and script's variants aside, whole names before beginnings, later
/// words and misspellings; among those of one kind the larger first. A country or region after a comma narrows the list.
pub fn search(query: &str, limit: usize) -> Vec<Found> {
    search_in(query, None, limit)
}

/// [`search`] in the country of an ISO 3166-1 alpha-2 code.
pub fn search_in(query: &str, country: Option<&str>, limit: usize) -> Vec<Found> {
    let parts = split(query);
    let Some((city, rest)) = parts.split_first().filter(|(city, _)| !city.is_empty()) else { return Vec::new() };
    let rest: Vec<String> = rest.iter().filter(|part| !part.is_empty()).cloned().collect();
    let narrowed = |only: Only| match country {
        Some(code) => Some(both(only, atlas().of_country(code))),
        None => only,
    };
    let mut list = List::new(asset(), limit);
    list.collect(city, &narrowed(atlas().narrow(&rest, Naming::Beginning)));
    if rest.is_empty() && list.found.is_empty() {
        for (shorter, place_part) in cuts(city) {
            let only = narrowed(atlas().narrow(&[place_part.to_owned()], Naming::Beginning));
            list.collect(shorter, &only);
        }
    }
    if list.found.iter().all(|(_, quality)| *quality > Quality::Whole) && list.found.len() < limit {
        list.misspelt(city, &narrowed(atlas().narrow(&rest, Naming::Beginning)));
    }
    list.found.into_iter().map(|(place, quality)| Found { place: Place::of(place as usize), quality }).collect()
}

/// The one place a query names: `City`, `City, Country`, `City, Region`, `City, Region, Country`. Countries go by English
/// or French name or ISO code, regions by name or, where it has letters, by code; accents and case do not matter. Of
/// several places the largest is taken if no other has a tenth of its people.
///
/// # Errors
/// [`PlaceError::NotFound`]; [`PlaceError::Ambiguous`].
pub fn resolve(query: &str) -> Result<Place, PlaceError> {
    let parts: Vec<String> = split(query).into_iter().filter(|part| !part.is_empty()).collect();
    let found = match parts.as_slice() {
        [] => Vec::new(),
        [city] => match whole(city, &None) {
            none if none.is_empty() => cuts(city)
                .map(|(shorter, part)| whole(shorter, &atlas().narrow(&[part.to_owned()], Naming::Whole)))
                .find(|found| !found.is_empty())
                .unwrap_or_default(),
            some => some,
        },
        [city, rest @ ..] => in_all_or_country(city, rest),
    };
    let Some(&(best, people)) = found.first() else {
        return Err(PlaceError::NotFound { nearest: nearest_labels(&parts) });
    };
    let rivals = || found[1..].iter().filter(|(place, rival)| is_rival(best, people, *place, *rival));
    if rivals().next().is_none() {
        return Ok(Place::of(best as usize));
    }
    let label = |place: u32| Place::of(place as usize).full_label(Lang::En);
    let mut candidates = vec![label(best)];
    candidates.extend(rivals().map(|(place, _)| label(*place)).take(NEAREST_COUNT - 1));
    Err(PlaceError::Ambiguous { candidates })
}

/// Whether another place of the same name could as well be meant; each with its weight, which for a usual name is its
/// people. Against a usual name other names do not count.
fn is_rival(best: u32, weight: u32, other: u32, other_weight: u32) -> bool {
    let asset = asset();
    let ((lat, lon), (other_lat, other_lon)) = (asset.point(best as usize), asset.point(other as usize));
    let (people, other_people) = (asset.population(best as usize), asset.population(other as usize));
    let apart = (lat - other_lat).abs() > SAME_PLACE_DEG || (lon - other_lon).abs() > SAME_PLACE_DEG;
    let as_large = |other: u32, best: u32| other.saturating_mul(DOMINANCE) >= best.max(1);
    let as_usual = weight < people || other_weight == other_people;
    apart && as_usual && as_large(other_weight, weight) && as_large(other_people, people)
}

/// Places of this whole name in all that the parts name. A part between name and country that names no region, such as
/// a district, is passed over if the rest leaves places.
fn in_all_or_country(city: &str, rest: &[String]) -> Vec<(u32, u32)> {
    let found = whole(city, &atlas().narrow(rest, Naming::Whole));
    let Some((country, between)) = rest.split_last().filter(|(_, between)| found.is_empty() && !between.is_empty())
    else {
        return found;
    };
    let known: Vec<String> = between
        .iter()
        .filter(|part| atlas().named(part, Naming::Whole).contains(&true))
        .chain(std::iter::once(country))
        .cloned()
        .collect();
    if known.len() == rest.len() { Vec::new() } else { whole(city, &atlas().narrow(&known, Naming::Whole)) }
}

/// Places with exactly this folded name and the weight of each, heaviest first.
fn whole(city: &str, only: &Only) -> Vec<(u32, u32)> {
    let Some(key) = names::exact(index(), city) else { return Vec::new() };
    weighed(asset(), key..key + 1, only)
}

fn weighed(asset: &Asset, keys: std::ops::Range<usize>, only: &Only) -> Vec<(u32, u32)> {
    let mut weights: BTreeMap<u32, u32> = BTreeMap::new();
    for posting in index().postings(keys) {
        let place = posting & !USUAL;
        if will_do(asset, place, only) {
            let people = asset.population(place as usize);
            let weight = if posting & USUAL == 0 { people / OTHER_NAME_DIVISOR } else { people };
            let known = weights.entry(place).or_default();
            *known = weight.max(*known);
        }
    }
    let mut weighed: Vec<(u32, u32)> = weights.into_iter().collect();
    weighed.sort_by_key(|(place, weight)| (std::cmp::Reverse(*weight), *place));
    weighed
}

fn will_do(asset: &Asset, place: u32, only: &Only) -> bool {
    only.as_ref().is_none_or(|only| only.get(asset.region(place as usize)).copied().unwrap_or(false))
}

/// A query of several words as a place and a country or region: `ulm germany`, `paris texas`.
fn cuts(whole: &str) -> impl Iterator<Item = (&str, &str)> {
    let gaps = whole.match_indices(' ').map(|(gap, _)| gap).take(CUTS_MAX);
    gaps.map(|gap| (&whole[..gap], &whole[gap + 1..])).filter(|(_, part)| part.len() > 1)
}

/// Labels of places whose names are most like the first part, those within the other parts first.
fn nearest_labels(parts: &[String]) -> Vec<String> {
    let Some((city, rest)) = parts.split_first() else { return Vec::new() };
    let mut list = List::new(asset(), NEAREST_COUNT);
    let only = atlas().narrow(rest, Naming::Whole).filter(|only| only.contains(&true));
    let everywhere: [&Only; 2] = [&only, &None];
    for only in everywhere {
        list.collect(city, only);
        list.misspelt(city, only);
    }
    let mut shorter = city.clone();
    while list.found.is_empty() && shorter.pop().is_some() {
        list.collect(shorter.trim_end(), &None);
    }
    list.found.iter().map(|(place, _)| Place::of(*place as usize).full_label(Lang::En)).collect()
}

/// Places found so far, each once, in the order in which they are to be shown.
struct List<'a> {
    asset: &'a Asset,
    limit: usize,
    found: Vec<(u32, Quality)>,
}

impl<'a> List<'a> {
    fn new(asset: &'a Asset, limit: usize) -> Self {
        Self { asset, limit, found: Vec::new() }
    }

    fn add(&mut self, places: impl IntoIterator<Item = u32>, quality: Quality) {
        for place in places {
            if self.found.len() >= self.limit {
                return;
            }
            if !self.found.iter().any(|(known, _)| *known == place) {
                self.found.push((place, quality));
            }
        }
    }

    /// Whole names, beginnings and later words.
    fn collect(&mut self, key: &str, only: &Only) {
        if key.is_empty() {
            return;
        }
        let whole = names::exact(index(), key).map_or(0..0, |key| key..key + 1);
        let whole: Vec<u32> = weighed(self.asset, whole, only).into_iter().map(|(place, _)| place).collect();
        self.add(whole, Quality::Whole);
        for (keys, quality) in
            [(names::beginning(index(), key), Quality::Beginning), (names::later(index(), key), Quality::LaterWord)]
        {
            if self.found.len() < self.limit {
                let largest = self.largest(keys, only);
                self.add(largest, quality);
            }
        }
    }

    /// The largest places with keys of these ordinals: enough of them to fill the list.
    fn largest(&self, keys: std::ops::Range<usize>, only: &Only) -> BTreeSet<u32> {
        let mut largest = BTreeSet::new();
        for posting in index().postings(keys) {
            let place = posting & !USUAL;
            let is_small = largest.len() >= self.limit && largest.last().is_some_and(|last| *last < place);
            if !is_small && will_do(self.asset, place, only) {
                largest.insert(place);
                if largest.len() > self.limit {
                    largest.pop_last();
                }
            }
        }
        largest
    }

    /// Names that differ by a letter, or else by two.
    fn misspelt(&mut self, key: &str, only: &Only) {
        let allowed = names::errors_allowed(key);
        if allowed == 0 {
            return;
        }
        let keys = names::misspelt(index(), key, allowed);
        let before = self.found.len();
        for errors in 1..=allowed {
            if self.found.len() > before {
                return;
            }
            let mut places: BTreeMap<u32, u32> = BTreeMap::new();
            for (_, key) in keys.iter().filter(|(found, _)| *found == errors) {
                for (place, weight) in weighed(self.asset, *key..*key + 1, only) {
                    let known = places.entry(place).or_default();
                    *known = weight.max(*known);
                }
            }
            let mut places: Vec<(u32, u32)> = places.into_iter().collect();
            places.sort_by_key(|(place, weight)| (std::cmp::Reverse(*weight), *place));
            self.add(places.into_iter().map(|(place, _)| place), Quality::Misspelt);
        }
    }
}

/// Folded, trimmed parts between commas.
fn split(query: &str) -> Vec<String> {
    let cut: String = query.chars().take(QUERY_CHARS_MAX).collect();
    cut.split([',', '،', '、', '，']).map(fold).collect()
}
