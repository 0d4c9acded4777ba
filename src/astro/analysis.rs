//! P: The traditional analysis of a chart: dignities, sect, receptions, dispositors, houses' rulers, spread, lunar phase, what
//! dominates, stars. Gathers what other modules find; where a vague birth time leaves something open, that is absent and named.

mod consensus;
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
    /// What weighs most, of what is known.
    pub dominants: Dominants,
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
    let middle = &scenes[scenes.len() / 2];
    let vague = subject.is_vague();
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
    let hour = if options.hour && !vague { hour(subject)? } else { Hour::NotAsked };
    let analysis = Analysis {
        schemes: options.schemes,
        sect: scales.sect,
        receptions: receptions::receptions(&placed, is_day, options.schemes),
        modern_dispositors: self::dispositors(&placed, &Body::PLANETS, Rulership::Modern),
        house_rulers: subject.houses.map(|houses| receptions::house_rulers(houses, house_of)),
        spread: balance::spread(&placed, subject.angles, &places),
        phase,
        lunar_phase: if vague { None } else { Some(lunar_phase::lunar_phase(middle)?) },
        dominants: dominants::dominants(&scales),
        stars: star_hits(subject, &scenes, options)?,
        patterns: patterns::find(&pattern_points(subject), ruleset),
        parallels: parallel_hits(&scenes, subject, ruleset),
        hour: match hour {
            Hour::Found(found) => Some(found),
            _ => None,
        },
        unknowns: Vec::new(),
        planets,
        dispositors,
    };
    Ok(Analysis { unknowns: consensus::unknowns(&analysis, vague, hour), ..analysis })
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

/// Parallels among planets and node as placed; with a vague time, whether they hold at every instant.
fn parallel_hits(scenes: &[Scene], subject: &Subject<'_>, ruleset: &Ruleset) -> Vec<ParallelHit> {
    let natal = subject.bodies.iter().filter(|placement| rules::NATAL_BODIES.contains(&placement.body));
    let points: Vec<Declined> = natal
        .map(|placement| Declined {
            point: Point::Body(placement.body),
            declination_deg: placement.declination_deg,
            speed_deg_per_day: placement.declination_speed_deg_per_day,
        })
        .collect();
    let mut hits = parallels(&points, ruleset);
    if scenes.len() > 1 {
        for hit in &mut hits {
            hit.certain = scenes.iter().all(|scene| {
                let at = |point: Point| scene.planet(point.body()?).map(|seen| scene.declination_deg(seen));
                let orb_deg = at(hit.a).zip(at(hit.b)).map(|(a_deg, b_deg)| hit.kind.orb_deg(a_deg, b_deg));
                orb_deg.is_some_and(|orb_deg| orb_deg <= hit.orb_max_deg)
            });
        }
    }
    hits
}

/// The planets whose sign is the same in every scene.
fn placed(scenes: &[Scene]) -> Vec<InSign> {
    let sign_of = |body: Body| {
        consensus::agreed(scenes, |scene| scene.planet(body).map(|seen| super::signs::Sign::of(seen.longitude_deg)))
    };
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
        essential,
        accidental,
        motion,
        solar,
        sect: consensus::agreed(&views, |(scene, seen)| sect::status(scene, seen)),
    }
}

/// Stars beside the planets, the node and the angles.
fn star_hits(subject: &Subject<'_>, scenes: &[Scene], options: &AnalysisOptions) -> Result<Vec<StarHit>, AstroError> {
    let Some(wanted) = &options.stars else { return Ok(Vec::new()) };
    let points = |scene: &Scene| {
        let mut points: Vec<(Point, f64)> = scene
            .planets
            .iter()
            .map(|seen| (Point::Body(seen.body), seen.longitude_deg + scene.offset_deg))
            .chain([(Point::Body(Body::TrueNode), scene.node_deg + scene.offset_deg)])
            .collect();
        if let Some(angles) = subject.angles {
            points.push((Point::Ascendant, angles.ascendant.longitude_deg + scene.offset_deg));
            points.push((Point::Midheaven, angles.midheaven.longitude_deg + scene.offset_deg));
        }
        points
    };
    let middle = &scenes[scenes.len() / 2];
    let mut hits = stars::conjunctions(middle.jd_tt, &points(middle), wanted)?;
    if scenes.len() > 1 {
        for scene in [&scenes[0], &scenes[scenes.len() - 1]] {
            let there = stars::conjunctions(scene.jd_tt, &points(scene), wanted)?;
            hits.retain(|hit| {
                there.iter().any(|other| other.point == hit.point && other.place.star.code == hit.place.star.code)
            });
        }
    }
    // Places are tropical so far; a chart's longitudes are in its own zodiac.
    for hit in &mut hits {
        hit.place.longitude_deg = super::angles::norm_deg(hit.place.longitude_deg - middle.offset_deg);
    }
    Ok(hits)
}

#[cfg(test)]
mod tests;
