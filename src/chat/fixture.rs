//! Charts and days put together by hand for the tests of this module: longitudes are given, all else follows by the plain
//! rules of equal houses and five aspects.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers put together by hand"
)]

use crate::astro::{
    AnglePlacement, Angles, Aspect, AspectHit, Balance, BirthInput, Body, Certainty, Chart, ChartOptions, Factor,
    HouseSystem, Houses, LongitudeRange, MoonToday, Placement, Point, Sign, Today, Versions,
};

/// Einstein's natal longitudes, to the arc minute, as in published charts: Sun to Pluto, then the nodes.
pub const EINSTEIN_DEG: [f64; 12] =
    [353.5, 254.517, 3.15, 16.983, 296.917, 327.483, 4.183, 151.283, 37.867, 54.733, 302.7, 301.5];
const EINSTEIN_RETROGRADE: [bool; 12] =
    [false, false, false, false, false, false, false, true, false, false, true, true];
pub const OTHER_DEG: [f64; 12] = [128.2, 10.4, 150.9, 95.3, 61.75, 200.1, 222.6, 251.0, 272.9, 213.4, 45.0, 46.1];
pub const THIRD_DEG: [f64; 12] = [215.4, 125.9, 233.2, 170.6, 302.1, 88.8, 19.9, 311.5, 297.3, 241.6, 180.2, 181.0];
/// A day's sky.
pub const SKY_DEG: [f64; 12] = [241.0, 73.9, 226.1, 254.3, 140.2, 148.9, 6.7, 61.2, 2.0, 304.5, 330.0, 329.0];
pub const OTHER_SKY_DEG: [f64; 12] = [84.4, 318.2, 107.5, 128.0, 62.3, 121.4, 14.9, 62.6, 4.4, 305.0, 325.0, 324.0];

const ASPECTS: [(Aspect, f64); 5] = [
    (Aspect::Conjunction, 0.0),
    (Aspect::Sextile, 60.0),
    (Aspect::Square, 90.0),
    (Aspect::Trine, 120.0),
    (Aspect::Opposition, 180.0),
];

fn between(a: f64, b: f64) -> f64 {
    let apart = (a - b).rem_euclid(360.0);
    apart.min(360.0 - apart)
}

fn aspect_of(a: f64, b: f64, orb_max_deg: f64) -> Option<(Aspect, f64)> {
    ASPECTS.iter().map(|(aspect, angle)| (*aspect, (between(a, b) - angle).abs())).find(|(_, orb)| *orb <= orb_max_deg)
}

fn versions() -> Versions {
    Versions {
        engine: "0.1.0".into(),
        ruleset: "1.0.0".into(),
        ephemeris_sha256: "00".repeat(32),
        tzdb: "2025c".into(),
    }
}

fn angle(longitude_deg: f64) -> AnglePlacement {
    let longitude_deg = longitude_deg.rem_euclid(360.0);
    AnglePlacement { longitude_deg, sign: Sign::of(longitude_deg), degree_in_sign: longitude_deg % 30.0 }
}

fn natal_aspects(bodies: &[Placement], exact: bool) -> Vec<AspectHit> {
    let mut aspects = Vec::new();
    for (i, a) in bodies.iter().enumerate() {
        for b in &bodies[i + 1..] {
            if let Some((aspect, orb_deg)) = aspect_of(a.longitude_deg, b.longitude_deg, 6.0) {
                let separation_deg = between(a.longitude_deg, b.longitude_deg);
                aspects.push(AspectHit {
                    a: Point::Body(a.body),
                    b: Point::Body(b.body),
                    aspect,
                    separation_deg,
                    orb_deg,
                    orb_max_deg: 6.0,
                    applying: i % 2 == 0,
                    certain: exact || a.body != Body::Moon,
                    open: None,
                });
            }
        }
    }
    aspects
}

fn placements(longitudes: [f64; 12], ascendant_deg: f64, exact: bool) -> Vec<Placement> {
    Body::STANDARD
        .iter()
        .zip(longitudes)
        .enumerate()
        .map(|(i, (&body, longitude_deg))| {
            let half_deg = if body == Body::Moon { 6.6 } else { 0.5 };
            let (from_deg, to_deg) = (longitude_deg - half_deg, longitude_deg + half_deg);
            let range = LongitudeRange { from_deg, to_deg, sign_certain: Sign::of(from_deg) == Sign::of(to_deg) };
            Placement {
                body,
                longitude_deg,
                latitude_deg: 0.0,
                distance_au: 1.0,
                speed_deg_per_day: 1.0,
                right_ascension_deg: longitude_deg,
                declination_deg: 0.0,
                declination_speed_deg_per_day: 0.0,
                out_of_bounds: false,
                sign: Sign::of(longitude_deg),
                degree_in_sign: longitude_deg % 30.0,
                retrograde: EINSTEIN_RETROGRADE[i],
                house: exact.then(|| ((longitude_deg - ascendant_deg).rem_euclid(360.0) / 30.0) as u8 + 1),
                range: (!exact).then_some(range),
                spans: None,
            }
        })
        .collect()
}

pub fn chart(longitudes: [f64; 12], ascendant_deg: f64, midheaven_deg: f64, certainty: Certainty) -> Chart {
    let exact = certainty == Certainty::Exact;
    let cusps_deg: [f64; 12] = std::array::from_fn(|i| (ascendant_deg + 30.0 * i as f64).rem_euclid(360.0));
    let bodies = placements(longitudes, ascendant_deg, exact);
    let aspects = natal_aspects(&bodies, exact);
    let angles = exact.then(|| Angles {
        ascendant: angle(ascendant_deg),
        midheaven: angle(midheaven_deg),
        vertex: angle(ascendant_deg + 150.0),
        east_point: angle(ascendant_deg + 5.0),
        descendant: angle(ascendant_deg + 180.0),
        imum_coeli: angle(midheaven_deg + 180.0),
    });
    Chart {
        birth: BirthInput {
            calendar: crate::astro::Calendar::Gregorian,
            zone_source: crate::astro::ZoneSource::UserProvided,
            date: "1879-03-14".into(),
            time: exact.then(|| "11:30".into()),
            certainty,
            zone: "Europe/Berlin".into(),
            latitude_deg: 48.4,
            longitude_deg: 10.0,
            place_label: None,
            house_system: HouseSystem::Equal,
            utc_offset_s: None,
        },
        moment: None,
        window: None,
        jd_tt: 2_407_422.9,
        jd_utc: 2_407_422.9,
        delta_t_s: 0.0,
        options: ChartOptions::with_houses(HouseSystem::Equal),
        ayanamsa_deg: None,
        sidereal_time_deg: None,
        obliquity_deg: 23.44,
        balance: Balance {
            fire: 0,
            earth: 0,
            air: 0,
            water: 0,
            cardinal: 0,
            fixed: 0,
            mutable: 0,
            counted: Vec::new(),
            most: None,
        },
        precision: if exact { 5 } else { 1 },
        bodies,
        angles,
        lots: None,
        is_day: None,
        parallels: Vec::new(),
        patterns: Vec::new(),
        spans: None,
        houses: exact.then_some(Houses { system: HouseSystem::Equal, cusps_deg }),
        aspects,
        unknowns: Vec::new(),
        versions: versions(),
        input_hash: format!("{longitudes:?}{ascendant_deg}{certainty:?}"),
    }
}

pub fn today(chart: &Chart, sky: [f64; 12], date: &str) -> Today {
    let mut factors: Vec<Factor> = Vec::new();
    for (transiting, sky_deg) in Body::STANDARD.iter().zip(sky).take(10) {
        for natal in chart.bodies.iter().take(10) {
            let Some((aspect, orb_deg)) = aspect_of(sky_deg, natal.longitude_deg, 3.0) else { continue };
            let point = Point::Body(natal.body);
            factors.push(Factor {
                id: format!("{}-{}-{}", transiting.code(), aspect.code(), point.code()),
                axis: "SUN".into(),
                transiting: *transiting,
                natal: point,
                aspect,
                orb_deg,
                orb_max_deg: 3.0,
                applying: ((orb_deg * 100.0) as u32).is_multiple_of(2),
                transiting_retrograde: *transiting == Body::Uranus,
                exact_at_utc: Vec::new(),
                enters_at_utc: None,
                leaves_at_utc: None,
                weight: 1.0,
                intensity: 1.5 - orb_deg / 3.0,
                friction: 0.0,
                score: 1.5 - orb_deg / 3.0,
                natal_house: natal.house,
                transited_house: None,
                certain: natal.range.is_none() || natal.body != Body::Moon,
                open: None,
                passage_id: format!("transit-{}", transiting.code()),
            });
        }
    }
    factors.sort_by(|a, b| b.score.total_cmp(&a.score));
    let influences = factors.iter().skip(3).take(3).cloned().collect();
    Today {
        date: date.into(),
        zone: "Europe/Paris".into(),
        evaluated_at_utc: format!("{date}T11:00:00Z"),
        considered: factors.len() as u16,
        leaders: factors.into_iter().take(3).collect(),
        influences,
        energy: 1,
        attention: 1,
        opportunity: 1,
        precision: chart.precision,
        moon: MoonToday {
            sign: Sign::of(sky[1]),
            phase: "waxing_gibbous".into(),
            illumination: 0.8,
            sign_change_at_utc: None,
        },
        versions: versions(),
        input_hash: format!("{date}{}", chart.input_hash),
        open: None,
        unknowns: Vec::new(),
    }
}
