//! P: The traditional analysis of a chart: dignities, sect, receptions, dispositors, houses' rulers, spread, lunar phase, what
//! dominates, stars. Gathers what other modules find; where a vague birth time leaves something open, that is absent and named.

mod consensus;
mod stars_of;
mod subject;

use serde::Serialize;

use super::aspects::declination::{Declined, ParallelHit, parallels};
use super::balance::{self, Spread};
use super::body::Body;
use super::chart::Unknown;
use super::dignities::accidental::{self, Accidental, LILLY_STARS, Pace, SolarProximity};
use super::dignities::{self, Essential, Schemes};
use super::dominants::{self, Dominants, Scales};
use super::error::AstroError;
use super::hours::{self, PlanetaryHour};
use super::lunar_phase::{self, LunarPhase, Phase};
use super::patterns::{self, Pattern, PatternPoint};
use super::point::Point;
use super::receptions::{self, Dispositors, HouseRuler, InSign, Receptions, Rulership};
use super::rules;
use super::rulesets::Ruleset;
use super::scene::{Scene, Seen};
use super::sect::{self, Sect, SectStatus};
use super::signs::Sign;
use super::stars::{self, StarHit, StarOptions};

pub use subject::{Occasion, Subject};

/// What to look for, and by whose tables.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnalysisOptions {
    /// Terms and triplicities.
    pub schemes: Schemes,
    /// Fixed stars; none leaves them out, Lilly's three in the accidental dignities with them.
    pub stars: Option<StarOptions>,
    /// Whether to find the planetary hour, which takes a search for sunrise and sunset.
    pub hour: bool,
}

/// How a planet moves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Motion {
    /// Its pace; none where a vague time leaves it open.
    pub pace: Option<Pace>,
    /// Whether it goes backward; none where that is open.
    pub retrograde: Option<bool>,
    /// Speed over mean motion, negative when retrograde; none where the time is vague.
    pub part_of_mean: Option<f64>,
}

/// How a planet stands with the Sun.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SolarState {
    /// How near; none where a vague time leaves it open.
    pub proximity: Option<SolarProximity>,
    /// Whether it rises before the Sun; none where that is open.
    pub oriental: Option<bool>,
    /// Longitude less the Sun's, -180..180 degrees; none where the time is vague.
    pub from_sun_deg: Option<f64>,
}

/// Between what scores lie at the instants of a vague time, wherever the houses are then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scores {
    /// Essential.
    pub essential: (i16, i16),
    /// Accidental.
    pub accidental: (i16, i16),
    /// Both together.
    pub total: (i16, i16),
}

/// One planet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanetAnalysis {
    /// Which planet.
    pub body: Body,
    /// Essential dignities; none for the planets unknown to tradition.
    pub essential: Option<Essential>,
    /// Accidental dignities; the same.
    pub accidental: Option<Accidental>,
    /// Both scores together; the same.
    pub score: Option<i16>,
    /// Between what the three scores lie where the time is vague; the same.
    pub scores: Option<Scores>,
    /// Motion.
    pub motion: Motion,
    /// The Sun's nearness; none for the Sun.
    pub solar: Option<SolarState>,
    /// Sect; none where the horizon is not known and for the planets without a sect.
    pub sect: Option<SectStatus>,
}

/// The analysis of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// The tables in force.
    pub schemes: Schemes,
    /// Day or night; none where a vague time leaves it open.
    pub sect: Option<Sect>,
    /// The ten planets.
    pub planets: Vec<PlanetAnalysis>,
    /// Receptions among the seven.
    pub receptions: Receptions,
    /// Dispositors by the traditional rulers; none where the sign of one of the seven is open.
    pub dispositors: Option<Dispositors>,
    /// Dispositors by the modern rulers; none where the sign of one of the ten is open.
    pub modern_dispositors: Option<Dispositors>,
    /// Rulers of houses; none where the time is vague.
    pub house_rulers: Option<Vec<HouseRuler>>,
    /// Elements, modalities, genders, hemispheres.
    pub spread: Spread,
    /// The Moon's eighth; none where a vague time leaves it open.
    pub phase: Option<Phase>,
    /// The Moon's phase in numbers; none where the time is vague.
    pub lunar_phase: Option<LunarPhase>,
    /// What weighs most; none where the time is vague, since houses and angles weigh.
    pub dominants: Option<Dominants>,
    /// Stars beside planets, node and angles, the closest first; with a vague time those that hold throughout.
    pub stars: Vec<StarHit>,
    /// Figures of several points under the ruleset's rules for patterns.
    pub patterns: Vec<Pattern>,
    /// Parallels and contra-parallels among planets and node.
    pub parallels: Vec<ParallelHit>,
    /// The planetary hour; none where the time is vague or the place not known, where the Sun did not rise or set for
    /// days, and where nobody asked.
    pub hour: Option<PlanetaryHour>,
    /// What the birth time leaves open.
    pub unknowns: Vec<Unknown>,
}

impl Default for AnalysisOptions {
    fn default() -> Self {
        Self { schemes: Schemes::default(), stars: Some(StarOptions::default()), hour: true }
    }
}

/// Analyses a chart; the ruleset gives the orbs of patterns and parallels.
///
/// # Errors
/// [`AstroError::OutOfSpan`] when the chart lies outside the ephemeris; [`AstroError::NotInFrame`] for a sky as seen from
/// the Sun. What only lies too near to an end of the ephemeris is absent, and named.
pub fn analyse(subject: &Subject<'_>, options: &AnalysisOptions, ruleset: &Ruleset) -> Result<Analysis, AstroError> {
    let scenes = subject.scenes()?;
    let vague = subject.is_vague();
    let middle = middle_of(&scenes);
    let is_day = consensus::agreed(&scenes, |scene| scene.is_day);
    let placed = placed(&scenes);
    let lilly_deg = match options.stars {
        Some(_) => Some(stars::longitudes_deg(LILLY_STARS, middle.jd_tt)?.map(|deg| deg - middle.offset_deg)),
        None => None,
    };
    let planets: Vec<PlanetAnalysis> =
        Body::PLANETS.into_iter().map(|body| planet(&scenes, body, vague, options.schemes, lilly_deg)).collect();
    let dispositors = dispositors(&placed, &dignities::SEVEN, Rulership::Traditional);
    let places: Vec<(Body, f64, Option<u8>)> =
        middle.planets.iter().map(|seen| (seen.body, seen.longitude_deg, seen.house)).collect();
    let essential: Vec<(Body, i16)> =
        planets.iter().filter_map(|planet| Some((planet.body, planet.essential.as_ref()?.score))).collect();
    let scales = Scales {
        placed: &placed,
        places: &places,
        essential: &essential,
        angles: subject.angles,
        sect: is_day.map(Sect::of_chart),
        last_dispositor: dispositors.as_ref().and_then(|found| found.last),
        aspects: subject.aspects,
    };
    let house_of = |body: Body| middle.planet(body).and_then(|seen| seen.house);
    let phase = consensus::agreed(&scenes, |scene| Some(Phase::of(lunar_phase::elongation_deg(scene))));
    let (receptions, more_receptions) = consensus::receptions(scenes.iter().map(|scene| {
        let signs: Vec<InSign> = scene.planets.iter().map(|seen| (seen.body, Sign::of(seen.longitude_deg))).collect();
        receptions::receptions(&signs, scene.is_day, options.schemes)
    }));
    let (stars, more_stars) = stars_of::hits(subject, &scenes, options)?;
    let mut spread = balance::spread(&placed, subject.angles, &places);
    if vague {
        spread.most = Some(spread.most(&open_signs(&scenes, &placed), 2));
    }
    let parallels = parallel_hits(subject, ruleset);
    let more_parts = vague && patterns::leaves_parts_open(subject.patterns);
    let more_trends = parallels.iter().any(|hit| hit.sure_applying().is_none());
    let open: Vec<&str> =
        [("receptions", more_receptions), ("stars", more_stars), ("applying", more_trends), ("part_of", more_parts)]
            .into_iter()
            .filter_map(|(what, open)| open.then_some(what))
            .collect();
    let hour = if options.hour && !vague { hour(subject)? } else { Hour::NotAsked };
    let analysis = Analysis {
        schemes: options.schemes,
        sect: scales.sect,
        receptions,
        modern_dispositors: self::dispositors(&placed, &Body::PLANETS, Rulership::Modern),
        house_rulers: subject.houses.map(|houses| receptions::house_rulers(houses, house_of)),
        spread,
        phase,
        lunar_phase: if vague { None } else { Some(lunar_phase::lunar_phase(middle)?) },
        dominants: (!vague).then(|| dominants::dominants(&scales)),
        stars,
        patterns: if vague { subject.patterns.to_vec() } else { patterns::find(&pattern_points(subject), ruleset) },
        parallels,
        hour: match hour {
            Hour::Found(found) => Some(found),
            _ => None,
        },
        unknowns: Vec::new(),
        planets,
        dispositors,
    };
    Ok(Analysis { unknowns: consensus::unknowns(&analysis, vague, hour, &open), ..analysis })
}

/// What became of the planetary hour.
#[derive(Clone, Copy)]
enum Hour {
    /// Nobody asked, or the time is vague.
    NotAsked,
    /// It is known.
    Found(PlanetaryHour),
    /// No place, or none where the Sun rises and sets then.
    NoSunrise,
    /// The sunrises around it lie beyond the ephemeris.
    BeyondEphemeris,
}

/// The planetary hour of an exact time.
fn hour(subject: &Subject<'_>) -> Result<Hour, AstroError> {
    let Occasion { from_jd_utc, site: Some(site), .. } = subject.occasion else { return Ok(Hour::NoSunrise) };
    match hours::planetary_hour(from_jd_utc, site) {
        Ok(found) => Ok(found.map_or(Hour::NoSunrise, Hour::Found)),
        Err(AstroError::OutOfSpan { .. }) => Ok(Hour::BeyondEphemeris),
        Err(other) => Err(other),
    }
}

/// The points of a chart as patterns see them.
fn pattern_points(subject: &Subject<'_>) -> Vec<PatternPoint> {
    let bodies = subject.bodies.iter().map(|placement| PatternPoint {
        point: Point::Body(placement.body),
        longitude_deg: placement.longitude_deg,
        range_deg: placement.range.map(|range| (range.from_deg, range.to_deg)),
    });
    let angles = subject.angles.into_iter().flat_map(|angles| {
        let angle = |point, longitude_deg| PatternPoint { point, longitude_deg, range_deg: None };
        [
            angle(Point::Ascendant, angles.ascendant.longitude_deg),
            angle(Point::Midheaven, angles.midheaven.longitude_deg),
        ]
    });
    bodies.chain(angles).collect()
}

/// Parallels among planets and node as placed; with a vague time, those that were found for the whole of it.
fn parallel_hits(subject: &Subject<'_>, ruleset: &Ruleset) -> Vec<ParallelHit> {
    let is_natal = |point: Point| point.body().is_some_and(|body| rules::NATAL_BODIES.contains(&body));
    if subject.is_vague() {
        return subject.parallels.iter().filter(|hit| is_natal(hit.a) && is_natal(hit.b)).cloned().collect();
    }
    let natal = subject.bodies.iter().filter(|placement| is_natal(Point::Body(placement.body)));
    let points: Vec<Declined> = natal
        .map(|placement| Declined {
            point: Point::Body(placement.body),
            declination_deg: placement.declination_deg,
            speed_deg_per_day: placement.declination_speed_deg_per_day,
        })
        .collect();
    parallels(&points, ruleset)
}

/// The planets whose sign is the same in every scene.
fn placed(scenes: &[Scene]) -> Vec<InSign> {
    let sign_of =
        |body: Body| consensus::agreed(scenes, |scene| scene.planet(body).map(|seen| Sign::of(seen.longitude_deg)));
    Body::PLANETS.into_iter().filter_map(|body| Some((body, sign_of(body)?))).collect()
}

/// The dispositors of `wanted`, if the sign of each is known.
fn dispositors(placed: &[InSign], wanted: &[Body], rulership: Rulership) -> Option<Dispositors> {
    let known: Vec<InSign> = placed.iter().copied().filter(|(body, _)| wanted.contains(body)).collect();
    (known.len() == wanted.len()).then(|| receptions::dispositors(&known, rulership)).flatten()
}

/// One planet over all scenes.
fn planet(scenes: &[Scene], body: Body, vague: bool, schemes: Schemes, lilly_deg: Option<[f64; 3]>) -> PlanetAnalysis {
    let seven = dignities::SEVEN.contains(&body);
    let views: Vec<(&Scene, &Seen)> = scenes.iter().filter_map(|scene| Some((scene, scene.planet(body)?))).collect();
    let middle = views.get(views.len() / 2).filter(|_| !vague);
    let essential = seven.then(|| {
        consensus::essential(
            views.iter().map(|(scene, seen)| dignities::essential(body, seen.longitude_deg, scene.is_day, schemes)),
        )
    });
    let accidental = seven.then(|| {
        consensus::accidental(views.iter().map(|(scene, seen)| accidental::accidental(scene, seen, lilly_deg)))
    });
    let part = |seen: &Seen| accidental::mean_motion_deg_per_day(body).map(|mean| seen.speed_deg_per_day / mean);
    let motion = Motion {
        pace: consensus::agreed(&views, |(_, seen)| part(seen).map(Pace::of)),
        retrograde: consensus::agreed(&views, |(_, seen)| Some(seen.speed_deg_per_day < 0.0)),
        part_of_mean: middle.and_then(|(_, seen)| part(seen)),
    };
    let solar = (body != Body::Sun).then(|| SolarState {
        proximity: consensus::agreed(&views, |(scene, seen)| Some(SolarProximity::of(scene.from_sun_deg(seen)))),
        oriental: consensus::agreed(&views, |(scene, seen)| Some(scene.from_sun_deg(seen) < 0.0)),
        from_sun_deg: middle.map(|(scene, seen)| scene.from_sun_deg(seen)),
    });
    PlanetAnalysis {
        body,
        score: essential.as_ref().zip(accidental.as_ref()).map(|(a, b)| a.score + b.score),
        scores: (seven && vague).then(|| scores(&views, body, schemes, lilly_deg)),
        essential,
        accidental,
        motion,
        solar,
        sect: consensus::agreed(&views, |(scene, seen)| sect::status(scene, seen)),
    }
}

/// Between what the scores of one of the seven lie.
fn scores(views: &[(&Scene, &Seen)], body: Body, schemes: Schemes, lilly_deg: Option<[f64; 3]>) -> Scores {
    let extent = |scores: &mut dyn Iterator<Item = i16>| {
        scores.fold((i16::MAX, i16::MIN), |(least, most), score| (least.min(score), most.max(score)))
    };
    let essential =
        |(scene, seen): &(&Scene, &Seen)| dignities::essential(body, seen.longitude_deg, scene.is_day, schemes).score;
    let accidental = |(scene, seen): &(&Scene, &Seen)| accidental::accidental(scene, seen, lilly_deg).score;
    let of_house = |house: u8| accidental::house_strength(house).1 + i16::from(accidental::joy(body) == Some(house));
    let houses = extent(&mut (1..=12).map(of_house));
    let housed = |(least, most): (i16, i16)| (least + houses.0, most + houses.1);
    Scores {
        essential: extent(&mut views.iter().map(essential)),
        accidental: housed(extent(&mut views.iter().map(accidental))),
        total: housed(extent(&mut views.iter().map(|view| essential(view) + accidental(view)))),
    }
}

/// The signs in which the planets of open sign stand.
fn open_signs(scenes: &[Scene], placed: &[InSign]) -> Vec<Vec<Sign>> {
    let open = Body::PLANETS.into_iter().filter(|body| !placed.iter().any(|(known, _)| known == body));
    let signs = |body: Body| {
        let mut signs: Vec<Sign> =
            scenes.iter().filter_map(|scene| scene.planet(body)).map(|seen| Sign::of(seen.longitude_deg)).collect();
        signs.dedup();
        signs
    };
    open.map(signs).collect()
}

/// The scene nearest to the middle of the span.
fn middle_of(scenes: &[Scene]) -> &Scene {
    let (first, last) = (&scenes[0], &scenes[scenes.len() - 1]);
    let middle_tt = 0.5 * (first.jd_tt + last.jd_tt);
    let off = |scene: &Scene| (scene.jd_tt - middle_tt).abs();
    scenes.iter().min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(first)
}

#[cfg(test)]
mod tests;
