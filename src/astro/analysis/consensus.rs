//! P: What holds through every instant of a vague birth time, and the names of what does not. Finds nothing itself.

use super::{Analysis, Hour};
use crate::astro::body::Body;
use crate::astro::chart::Unknown;
use crate::astro::dignities::accidental::{Accident, Accidental};
use crate::astro::dignities::{Dignity, Essential};
use crate::astro::receptions::{MutualReception, Reception, Receptions};
use crate::astro::why::Why;

/// What cannot be said of any vague time.
const NEEDS_CLOCK: [&str; 8] = [
    "house_rulers",
    "house_strength",
    "hemispheres",
    "planetary_hour",
    "lunar_age",
    "dominants",
    "speed_over_mean",
    "from_sun_deg",
];

/// The value that all items share, if they do and it is there.
pub(super) fn agreed<T, V: PartialEq>(items: &[T], value: impl Fn(&T) -> Option<V>) -> Option<V> {
    let mut values = items.iter().map(value);
    let first = values.next()??;
    values.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// Keeps what all lists share, in the order of the first; the rest of what any holds is open.
fn shared<T: Copy + PartialEq>(lists: &[Vec<T>]) -> (Vec<T>, Vec<T>) {
    let Some((first, others)) = lists.split_first() else { return (Vec::new(), Vec::new()) };
    let kept: Vec<T> = first.iter().copied().filter(|item| others.iter().all(|list| list.contains(item))).collect();
    let mut open: Vec<T> = Vec::new();
    for item in lists.iter().flatten() {
        if !kept.contains(item) && !open.contains(item) {
            open.push(*item);
        }
    }
    (kept, open)
}

/// The essential dignities that hold throughout.
pub(super) fn essential(found: impl Iterator<Item = Essential>) -> Essential {
    let mut found: Vec<Essential> = found.collect();
    if found.len() == 1 {
        return found.swap_remove(0);
    }
    let lists: Vec<Vec<Dignity>> = found.iter().map(|one| one.held.clone()).collect();
    let (held, mut open) = shared(&lists);
    open.extend(found.iter().flat_map(|one| one.open.clone()));
    open.sort_unstable();
    open.dedup();
    Essential { score: held.iter().map(|dignity| dignity.score()).sum(), held, open }
}

/// The accidental dignities that hold throughout.
pub(super) fn accidental(found: impl Iterator<Item = Accidental>) -> Accidental {
    let mut found: Vec<Accidental> = found.collect();
    if found.len() == 1 {
        return found.swap_remove(0);
    }
    let lists: Vec<Vec<(Accident, i16)>> = found.into_iter().map(|one| one.items).collect();
    let (items, open) = shared(&lists);
    let mut open: Vec<Accident> = open.into_iter().map(|(accident, _)| accident).collect();
    open.sort_unstable();
    open.dedup();
    Accidental { score: items.iter().map(|(_, score)| score).sum(), items, open }
}

/// The receptions that hold throughout, as they are, and whether there are others.
pub(super) fn receptions(found: impl Iterator<Item = Receptions>) -> (Receptions, bool) {
    let found: Vec<Receptions> = found.collect();
    let lists: Vec<Vec<&Reception>> = found.iter().map(|one| one.one_sided.iter().collect()).collect();
    let (one_sided, some) = shared(&lists);
    let lists: Vec<Vec<&MutualReception>> = found.iter().map(|one| one.mutual.iter().collect()).collect();
    let (mutual, others) = shared(&lists);
    let kept = Receptions {
        one_sided: one_sided.into_iter().cloned().collect(),
        mutual: mutual.into_iter().cloned().collect(),
    };
    (kept, !some.is_empty() || !others.is_empty())
}

/// Names what an analysis leaves open: what a vague time does, an hour where the Sun does not rise or set, and what lies
/// beyond the ephemeris.
pub(super) fn unknowns(analysis: &Analysis, vague: bool, hour: Hour, open: &[&str]) -> Vec<Unknown> {
    if !vague {
        let no_age = analysis.lunar_phase.is_some_and(|moon| moon.age_days.is_none());
        let age = no_age.then(|| Unknown::new("lunar_age", Why::NewMoonBeyond));
        let hour = match hour {
            Hour::NoSunrise => Some(Unknown::new("planetary_hour", Why::NoSunrise)),
            Hour::BeyondEphemeris => Some(Unknown::new("planetary_hour", Why::DaysBeyond)),
            Hour::NotAsked | Hour::Found(_) => None,
        };
        return age.into_iter().chain(hour).collect();
    }
    let mut unknowns: Vec<Unknown> = NEEDS_CLOCK.into_iter().map(|what| Unknown::new(what, Why::NeedsClock)).collect();
    let absent = [
        ("sect", analysis.sect.is_none()),
        ("lunar_phase", analysis.phase.is_none()),
        ("dispositors", analysis.dispositors.is_none()),
        ("modern_dispositors", analysis.modern_dispositors.is_none()),
    ];
    unknowns
        .extend(absent.into_iter().filter(|(_, open)| *open).map(|(what, _)| Unknown::new(what, Why::ChangesWithin)));
    unknowns.extend(open.iter().map(|what| Unknown::new(*what, Why::ChangesWithin)));
    for planet in &analysis.planets {
        let code = planet.body.code();
        let solar = planet.solar.as_ref();
        let parts = [
            ("sign", !analysis.spread.counted.iter().any(|point| point.body() == Some(planet.body))),
            ("essential", planet.essential.as_ref().is_some_and(|found| !found.open.is_empty())),
            ("accidental", planet.accidental.as_ref().is_some_and(|found| !found.open.is_empty())),
            ("pace", planet.motion.pace.is_none()),
            ("direction", planet.motion.retrograde.is_none()),
            ("solar_proximity", solar.is_some_and(|state| state.proximity.is_none())),
            ("orientation", solar.is_some_and(|state| state.oriental.is_none())),
            ("sect_status", planet.sect.is_none() && planet.body <= Body::Saturn),
        ];
        unknowns.extend(
            parts
                .into_iter()
                .filter(|(_, open)| *open)
                .map(|(part, _)| Unknown::new(format!("{code}_{part}"), Why::ChangesWithin)),
        );
    }
    unknowns
}
