//! Days against published moments, and against a plain scan of the ephemeris.

use super::*;
use crate::astro::birth::{BirthInput, Certainty};
use crate::astro::chart::{compute, tests::alike};
use crate::astro::ephemeris::Ephemeris;
use crate::astro::houses::HouseSystem;

fn chart(date: &str, time: Option<&str>) -> Chart {
    let birth = BirthInput {
        calendar: crate::astro::Calendar::Gregorian,
        zone_source: crate::astro::ZoneSource::UserProvided,
        date: date.to_owned(),
        time: time.map(str::to_owned),
        certainty: if time.is_some() { Certainty::Exact } else { Certainty::Unknown },
        zone: "UTC".to_owned(),
        latitude_deg: 48.4,
        longitude_deg: 9.99,
        place_label: None,
        house_system: HouseSystem::Placidus,
        utc_offset_s: None,
    };
    compute(&birth).unwrap()
}

/// A chart that holds one body alone, at a longitude.
fn lone(body: Body, longitude_deg: f64) -> Chart {
    let mut chart = chart("1990-06-15", Some("12:00"));
    chart.angles = None;
    chart.bodies.retain(|placement| placement.body == body);
    chart.bodies[0].longitude_deg = longitude_deg;
    chart
}

fn jd_utc(text: &str) -> f64 {
    let seconds = text.parse::<jiff::Timestamp>().unwrap().as_second();
    seconds as f64 / 86_400.0 + 2_440_587.5
}

fn jd_tt(text: &str) -> f64 {
    time::scales_from_utc(jd_utc(text)).jd_tt
}

fn near_minutes(found: &str, expected: &str, minutes: f64) {
    assert!((jd_utc(found) - jd_utc(expected)).abs() * 1440.0 < minutes, "{found} for {expected}");
}

/// Equinoxes and solstices of 2024 (USNO): March 20 03:06, June 20 20:51, September 22 12:44, December 21 09:20 UT.
#[test]
fn the_sun_is_exact_at_the_published_equinoxes_and_solstices() {
    let seasons = [
        ("2024-03-20T03:06:00Z", Aspect::Conjunction),
        ("2024-06-20T20:51:00Z", Aspect::Square),
        ("2024-09-22T12:44:00Z", Aspect::Opposition),
        ("2024-12-21T09:20:00Z", Aspect::Square),
    ];
    for (moment, aspect) in seasons {
        let day = today(&lone(Body::Sun, 0.0), &moment[..10], "UTC").unwrap();
        let factor = day.leaders.iter().chain(&day.influences).find(|factor| factor.transiting == Body::Sun).unwrap();
        assert_eq!(factor.aspect, aspect);
        assert_eq!(factor.exact_at_utc.len(), 1);
        near_minutes(&factor.exact_at_utc[0], moment, 1.0);
    }
}

/// Moon phases: eclipses of 2000-01-21 and 2024-04-08 (NASA); first quarter of 2024-04-15 19:13 UT (USNO).
#[test]
fn the_moon_has_the_published_phases() {
    let natal = chart("1990-06-15", Some("12:00"));
    let moon = |date| today(&natal, date, "UTC").unwrap().moon;
    let full = moon("2000-01-21");
    assert_eq!((full.phase.as_str(), full.sign.code()), ("full_moon", "leo"));
    assert!(full.illumination > 0.99);
    // Full at 0°26' Leo at 04:40 and near perigee (0.6 degrees an hour): into Leo about forty minutes before.
    near_minutes(&full.sign_change_at_utc.unwrap(), "2000-01-21T03:58:00Z", 8.0);
    let new = moon("2024-04-08");
    assert!(new.phase == "new_moon" && new.illumination < 0.01);
    assert_eq!(moon("2024-04-15").phase, "first_quarter");
    assert_eq!(moon("2024-04-16").phase, "waxing_gibbous");
    assert!((moon("2024-04-15").illumination - 0.5).abs() < 0.05);
    // Half past one at night in Kiritimati, the day after.
    assert_eq!(today(&natal, "2024-04-09", "Pacific/Kiritimati").unwrap().moon.phase, "new_moon");
}

/// Saturn's sidereal period is 29.46 years; retrograde loops spread the return by about a year.
#[test]
fn saturn_returns_after_one_period() {
    let natal = chart("1990-06-15", Some("12:00"));
    let mut ages = Vec::new();
    for step in 0..700 {
        let jd_tt = natal.jd_tt + 5.0 * 365.25 + f64::from(step) * 20.0;
        let sky = Ephemeris::embedded().positions(&Body::PLANETS, jd_tt, &crate::astro::View::default()).unwrap();
        if factors(&natal, &Body::PLANETS, &sky, Ruleset::builtin())
            .iter()
            .any(|factor| factor.id == "saturn-conjunction-saturn")
        {
            ages.push((jd_tt - natal.jd_tt) / 365.25);
        }
    }
    assert!(!ages.is_empty() && ages.iter().all(|age| (28.5..30.5).contains(age)), "{ages:?}");
}

#[test]
fn passes_are_those_of_a_plain_scan() {
    let ephemeris = Ephemeris::embedded();
    let natal = chart("1955-02-24", Some("19:15"));
    let mut several = 0;
    for date in ["1979-05-01", "1985-10-10", "2001-03-03", "2010-08-08", "2019-07-14", "2026-11-23"] {
        let day = today(&natal, date, "America/Los_Angeles").unwrap();
        let noon = jd_tt(&day.evaluated_at_utc);
        assert!(day.considered >= (day.leaders.len() + day.influences.len()) as u16 && day.leaders.len() == 3);
        for factor in day.leaders.iter().chain(&day.influences) {
            let natal_deg = natal.longitude_deg(factor.natal).unwrap();
            let separation = |jd| {
                crate::astro::angles::wrap_deg(ephemeris.longitude_deg(factor.transiting, jd).unwrap() - natal_deg)
            };
            let orb = |jd: f64| (separation(jd).abs() - factor.aspect.angle_deg()).abs();
            assert!((orb(noon) - factor.orb_deg).abs() < 1e-6);
            for moment in &factor.exact_at_utc {
                assert!(orb(jd_tt(moment)) < 2e-4, "{date} {factor:?}");
            }
            for edge in [&factor.enters_at_utc, &factor.leaves_at_utc].into_iter().flatten() {
                assert!((orb(jd_tt(edge)) - factor.orb_max_deg).abs() < 2e-4, "{date} {factor:?}");
            }
            assert!(factor.enters_at_utc.as_ref().is_none_or(|edge| jd_tt(edge) <= noon));
            assert!(factor.leaves_at_utc.as_ref().is_none_or(|edge| jd_tt(edge) >= noon));
            let (reach, _) = rules::search_window_days(factor.transiting);
            let scan: Vec<f64> = (0..=20_000).map(|i| orb(noon - reach + reach * f64::from(i) / 10_000.0)).collect();
            let minima = scan.windows(3).filter(|w| w[1] < w[0] && w[1] <= w[2] && w[1] < 0.02).count();
            assert_eq!(minima, factor.exact_at_utc.len(), "{date} {factor:?}");
            several += usize::from(minima > 1);
        }
    }
    assert!(several > 0, "no transit with several passes was among them");
}

#[test]
fn a_day_is_ranked_counted_and_survives_json() {
    let day = today(&chart("1879-03-14", Some("10:50")), "2026-11-23", "Europe/Paris").unwrap();
    assert_eq!(day.evaluated_at_utc, "2026-11-23T11:00:00Z");
    let all: Vec<&Factor> = day.leaders.iter().chain(&day.influences).collect();
    assert!(all.windows(2).all(|pair| pair[0].score >= pair[1].score));
    for factor in &all {
        assert!((0.5..=1.5).contains(&factor.intensity) && factor.orb_deg <= factor.orb_max_deg);
        assert!((factor.score - (factor.weight * factor.intensity - factor.friction)).abs() < 1e-12);
        assert!(factor.natal_house.is_some() && factor.transited_house.is_some());
    }
    let leading = |axes: &[&str]| day.leaders.iter().filter(|factor| axes.contains(&factor.axis.as_str())).count();
    assert_eq!(usize::from(day.energy), leading(&["SUN", "MARS", "ASC"]));
    let back: Today = serde_json::from_str(&serde_json::to_string(&day).unwrap()).unwrap();
    assert!(alike(&serde_json::to_value(back).unwrap(), &serde_json::to_value(&day).unwrap()));
    let next = today(&chart("1879-03-14", Some("10:50")), "2026-11-24", "Europe/Paris").unwrap();
    assert_ne!(day.input_hash, next.input_hash);
}

/// A person who looks every morning should not read the same three leaders again and again.
#[test]
fn most_days_have_leaders_that_the_day_before_had_not() {
    let (mut days, mut repeated) = (0, 0);
    for (date, time) in
        [("1879-03-14", "10:50"), ("1955-02-24", "19:15"), ("1990-06-15", "12:00"), ("2001-09-03", "03:40")]
    {
        let natal = chart(date, Some(time));
        let mut before: Vec<String> = Vec::new();
        for day in 0..120 {
            let noon_tt = jd_tt("2026-01-01T12:00:00Z") + f64::from(day);
            let seen = Seen::by(&natal.options);
            let sky = seen.positions(seen.planets(), noon_tt).unwrap();
            let mut found = factors(&natal, seen.planets(), &sky, Ruleset::builtin());
            found.sort_by(|a, b| b.score.total_cmp(&a.score));
            let mut leaders: Vec<String> = found.into_iter().take(LEADERS).map(|factor| factor.id).collect();
            leaders.sort();
            repeated += usize::from(leaders == before);
            days += 1;
            before = leaders;
        }
    }
    assert!(repeated * 4 < days, "{repeated} of {days}");
}

#[test]
fn a_vague_birth_has_no_houses_and_doubts_its_moon() {
    let natal = chart("1990-06-15", None);
    let mut doubtful = 0;
    for date in 1..=28 {
        let day = today(&natal, &format!("2026-02-{date:02}"), "UTC").unwrap();
        for factor in day.leaders.iter().chain(&day.influences) {
            assert!(factor.natal_house.is_none() && !factor.natal.is_angle());
            // The Moon's arc of a day is twice as wide as any of its orbs.
            assert!(factor.natal != Point::Body(Body::Moon) || !factor.certain);
            doubtful += usize::from(!factor.certain);
        }
    }
    assert!(doubtful > 0);
}

#[test]
fn days_outside_the_ephemeris_and_unknown_zones_are_errors() {
    let natal = chart("1990-06-15", Some("12:00"));
    assert!(today(&natal, "2650-06-01", "UTC").is_err());
    assert!(today(&natal, "1549-12-31", "UTC").is_err());
    assert!(today(&natal, "2026-02-30", "UTC").is_err());
    assert!(matches!(today(&natal, "2026-02-20", "Mars/Olympus"), Err(AstroError::UnknownZone { .. })));
    assert!(today(&natal, "2649-12-30", "UTC").is_ok() && today(&natal, "1550-01-02", "UTC").is_ok());
    // Samoa went from 29 to 31 December 2011.
    let left_out = today(&natal, "2011-12-30", "Pacific/Apia");
    assert!(matches!(left_out, Err(AstroError::NonexistentLocalTime { .. })));
    assert!(today(&natal, "2011-12-31", "Pacific/Apia").is_ok());
}

/// A tropical and a sidereal chart of one birth meet the same sky: the transits are the same but for the few arcseconds to
/// minutes by which precession has moved the natal places since, and signs are those of the zodiac.
#[test]
fn a_sidereal_chart_is_met_in_its_own_zodiac() {
    let tropical = chart("1990-06-15", Some("12:00"));
    let options = crate::astro::ChartOptions {
        zodiac: crate::astro::Zodiac::Sidereal(crate::astro::Ayanamsa::Lahiri),
        ..crate::astro::ChartOptions::default()
    };
    let sidereal = crate::astro::compute_with(&tropical.birth, &options).unwrap();
    // On the day itself nothing has moved, so that the days are the same to rounding.
    let [one, other] = [&tropical, &sidereal].map(|chart| today(chart, "1990-06-15", "UTC").unwrap());
    let ids =
        |day: &Today| day.leaders.iter().chain(&day.influences).map(|f| (f.id.clone(), f.orb_deg)).collect::<Vec<_>>();
    for ((id, orb_deg), (other_id, other_deg)) in ids(&one).iter().zip(ids(&other)) {
        assert!(*id == other_id && (orb_deg - other_deg).abs() < 1e-4, "{id} {other_id}");
    }
    // After 36 years the zodiacs have drifted apart by half a degree: a sidereal return of the Sun comes half a day later.
    let ([one, other], day) =
        ([&tropical, &sidereal].map(|c| c.longitude_deg(Point::Body(Body::Sun)).unwrap()), "2026-06-15");
    assert!((crate::astro::angles::norm_deg(one - other) - 23.72).abs() < 0.02);
    let exact = |chart: &Chart| {
        let day = today(chart, day, "UTC").unwrap();
        let all = day.leaders.into_iter().chain(day.influences);
        all.filter(|f| f.id == "sun-conjunction-sun").flat_map(|f| f.exact_at_utc).next()
    };
    let (Some(one), Some(other)) = (exact(&tropical), exact(&sidereal)) else { panic!("no return of the Sun") };
    let hours = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second() as f64 / 3600.0;
    let later = hours(&other) - hours(&one);
    assert!((11.0..13.5).contains(&later), "{one} {other}");
    let moon = [&tropical, &sidereal].map(|chart| today(chart, "2026-11-23", "UTC").unwrap().moon);
    assert_eq!(moon[0].phase, moon[1].phase);
}
