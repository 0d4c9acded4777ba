//! Tests of the wheel: nothing overlaps, nothing leaves the sheet, nothing that a person wrote becomes markup.

use proptest::prelude::*;

use super::super::birth::{BirthInput, Certainty};
use super::super::signs::Sign;
use super::super::{Body, HouseSystem, compute};
use super::*;

const CODES: [&str; 25] = [
    "sun",
    "moon",
    "mercury",
    "venus",
    "mars",
    "jupiter",
    "saturn",
    "uranus",
    "neptune",
    "pluto",
    "mean_node",
    "true_node",
    "chiron",
    "ceres",
    "pallas",
    "juno",
    "vesta",
    "pholus",
    "eris",
    "mean_apogee",
    "osculating_apogee",
    "fortune",
    "spirit",
    "vertex",
    "east_point",
];

fn einstein() -> super::super::Chart {
    compute(&BirthInput {
        date: "1879-03-14".into(),
        calendar: super::super::Calendar::Gregorian,
        time: Some("11:30".into()),
        certainty: Certainty::Exact,
        zone: "Europe/Berlin".into(),
        zone_source: super::super::ZoneSource::UserProvided,
        latitude_deg: 48.4011,
        longitude_deg: 9.9876,
        place_label: Some("Ulm, Germany".into()),
        house_system: HouseSystem::Placidus,
        utc_offset_s: None,
    })
    .unwrap()
}

fn mark(code: &str, longitude_deg: f64, retrograde: bool, vague: bool) -> Mark {
    let range_deg = vague.then(|| ((longitude_deg + 353.0) % 360.0, (longitude_deg + 7.0) % 360.0));
    Mark { code: code.into(), longitude_deg: longitude_deg.rem_euclid(360.0), retrograde, house: None, range_deg }
}

/// The points that a path of relative commands goes through, curves sampled.
fn points(path: &str) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    let mut rest = path;
    let (mut at, mut start) = ((0.0, 0.0), (0.0, 0.0));
    let mut command = ' ';
    let next = |rest: &mut &str| -> f64 {
        let text = rest.trim_start_matches([' ', ',']);
        let mut end = usize::from(text.starts_with('-'));
        let mut point = false;
        while let Some(c) = text[end..].chars().next() {
            if !(c.is_ascii_digit() || (c == '.' && !point)) {
                break;
            }
            point |= c == '.';
            end += 1;
        }
        let value = text[..end].parse().unwrap_or_else(|_| panic!("{path}: {text}"));
        *rest = &text[end..];
        value
    };
    loop {
        rest = rest.trim_start();
        let Some(c) = rest.chars().next() else { break };
        if c.is_ascii_alphabetic() {
            command = c;
            rest = &rest[1..];
        }
        let from: (f64, f64) = at;
        match command {
            'M' => {
                at = (next(&mut rest), next(&mut rest));
                start = at;
            }
            'l' => at = (from.0 + next(&mut rest), from.1 + next(&mut rest)),
            'h' => at.0 += next(&mut rest),
            'v' => at.1 += next(&mut rest),
            'z' => at = start,
            'c' | 's' => {
                // A smooth curve's first handle is not needed for a bound: its end points and second handle are.
                let count = if command == 'c' { 3 } else { 2 };
                let handles: Vec<(f64, f64)> =
                    (0..count).map(|_| (from.0 + next(&mut rest), from.1 + next(&mut rest))).collect();
                at = handles[count - 1];
                if count == 3 {
                    for step in 1..16 {
                        let (t, u) = (f64::from(step) / 16.0, 1.0 - f64::from(step) / 16.0);
                        let blend = |a: f64, b: f64, c: f64, d: f64| {
                            u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d
                        };
                        found.push((
                            blend(from.0, handles[0].0, handles[1].0, at.0),
                            blend(from.1, handles[0].1, handles[1].1, at.1),
                        ));
                    }
                }
            }
            'a' => {
                let (rx, ry) = (next(&mut rest), next(&mut rest));
                let _turn = next(&mut rest);
                let (large, sweep) = (next(&mut rest) > 0.5, next(&mut rest) > 0.5);
                at = (from.0 + next(&mut rest), from.1 + next(&mut rest));
                found.extend(arc(from, at, (rx, ry), large, sweep));
            }
            other => panic!("{path}: {other}"),
        }
        found.push(at);
    }
    found
}

/// An elliptical arc without rotation, sampled (SVG 1.1, F.6.5).
fn arc(from: (f64, f64), to: (f64, f64), (rx, ry): (f64, f64), large: bool, sweep: bool) -> Vec<(f64, f64)> {
    let (x, y) = ((from.0 - to.0) / 2.0 / rx, (from.1 - to.1) / 2.0 / ry);
    let square = (x * x + y * y).max(1e-12);
    let grow = square.sqrt().max(1.0);
    let factor = (1.0 / square * grow * grow - 1.0).max(0.0).sqrt() * if large == sweep { -1.0 } else { 1.0 };
    let centre = (factor * y * rx + f64::midpoint(from.0, to.0), -factor * x * ry + f64::midpoint(from.1, to.1));
    let angle = |p: (f64, f64)| ((p.1 - centre.1) / (ry * grow)).atan2((p.0 - centre.0) / (rx * grow));
    let (start, mut end) = (angle(from), angle(to));
    if sweep && end <= start {
        end += std::f64::consts::TAU;
    } else if !sweep && end >= start {
        end -= std::f64::consts::TAU;
    }
    (1..32)
        .map(|step| {
            let angle = start + (end - start) * f64::from(step) / 32.0;
            (centre.0 + rx * grow * angle.cos(), centre.1 + ry * grow * angle.sin())
        })
        .collect()
}

#[test]
fn every_drawing_lies_in_its_disk_and_none_is_another() {
    let aspects = super::super::Aspect::ALL.map(|aspect| (aspect.code().to_owned(), glyphs::aspect(aspect.code())));
    let points_ = CODES.map(|code| (code.to_owned(), glyphs::point(code)));
    let signs = Sign::ALL.map(|sign| (sign.code().to_owned(), Some(glyphs::sign(sign))));
    let all = aspects.into_iter().chain(points_).chain(signs).chain([("R".to_owned(), Some(glyphs::RETROGRADE))]);
    let mut seen: Vec<glyphs::Glyph> = Vec::new();
    for (code, glyph) in all {
        let glyph = glyph.unwrap_or_else(|| panic!("{code} has no drawing"));
        // Half of the pen at its heaviest.
        let reach = points(glyph.line).into_iter().chain(points(glyph.solid)).map(|(x, y)| x.hypot(y) + 0.85);
        let furthest = reach.fold(0.0, f64::max);
        assert!(furthest <= glyphs::REACH, "{code} reaches {furthest}");
        assert!(furthest > 8.0, "{code} is small");
        assert!(!seen.contains(&glyph) || code == "true_node", "{code} looks like another");
        seen.push(glyph);
    }
    assert!(Body::ALL.iter().all(|body| glyphs::point(body.code()).is_some()));
}

#[test]
fn letters_keep_to_their_width_and_numbers_to_their_height() {
    for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789°′~?ÆŒØßéÅçőŢ".chars() {
        let set = letters::set(&c.to_string()).unwrap();
        let found = points(&set.line);
        let (low, high) = found.iter().fold((0.0_f64, 0.0_f64), |(low, high), (x, _)| (low.min(*x), high.max(*x)));
        assert!(low >= -1.3 && high <= set.width + 1.3, "{c}: {low} {high} {}", set.width);
        if "0123456789°′~?".contains(c) {
            assert!(found.iter().all(|(_, y)| (-10.01..=0.01).contains(y)), "{c}");
        }
    }
}

/// Every disk that holds ink: labels of both rings and at the rim; each with the ring that must hold it.
fn disks(wheel: &Wheel) -> Vec<((f64, f64), f64, f64, f64)> {
    let plan = Plan::of(wheel, Lang::Fr);
    let radii = &plan.bands;
    let mut disks = Vec::new();
    for (labels, low, high) in
        [(&plan.inner, radii.house_out, radii.zodiac_in - 9.0), (&plan.outer, radii.zodiac_out + 9.0, radii.edge)]
    {
        for label in labels {
            for part in &label.parts {
                disks.push((plan.frame.at(label.shown_deg, part.radius), part.reach, low, high));
            }
        }
    }
    for label in &plan.rim {
        disks.push((plan.frame.at(label.shown_deg, label.radius), label.reach, radii.edge, frame::RIM_REACH));
    }
    disks
}

fn check(wheel: &Wheel) {
    let disks = disks(wheel);
    for (index, (a, reach, low, high)) in disks.iter().enumerate() {
        let radius = (a.0 - CENTRE).hypot(a.1 - CENTRE);
        assert!(radius - reach >= low - 0.02 && radius + reach <= high + 0.02, "{radius} {reach} {low} {high}");
        for (b, other, ..) in &disks[index + 1..] {
            let apart = (a.0 - b.0).hypot(a.1 - b.1) - reach - other;
            assert!(apart >= -0.02, "{apart} between {a:?} and {b:?}");
        }
    }
}

prop_compose! {
    fn any_marks()(
        seeds in prop::collection::vec((0.0..360.0_f64, any::<bool>(), prop::bool::weighted(0.1)), 0..=25),
        squeeze in prop::sample::select(vec![1.0, 0.3, 0.05, 0.003, 0.0]),
        turn in 0.0..360.0_f64,
    ) -> Vec<Mark> {
        seeds
            .iter()
            .zip(CODES)
            .map(|(&(at, retrograde, vague), code)| mark(code, at * squeeze + turn, retrograde, vague))
            .collect()
    }
}

prop_compose! {
    fn any_wheel()(
        inner in any_marks(),
        outer in prop::option::of(any_marks()),
        turns in prop::collection::vec(0.2..60.0_f64, 12),
        ascendant in 0.0..360.0_f64,
        has_houses in any::<bool>(),
        midheaven in 60.0..120.0_f64,
    ) -> Wheel {
        let total: f64 = turns.iter().sum();
        let mut cusp = ascendant;
        let mut cusps = [0.0; 12];
        for (slot, turn) in cusps.iter_mut().zip(&turns) {
            *slot = cusp % 360.0;
            cusp += turn / total * 360.0;
        }
        let angle = |code: &str, at: f64| mark(code, at, false, false);
        let angles = vec![
            angle("ascendant", ascendant),
            angle("midheaven", ascendant - midheaven),
            angle("descendant", ascendant + 180.0),
            angle("imum_coeli", ascendant - midheaven + 180.0),
        ];
        Wheel {
            inner: Ring { marks: inner, ..Ring::default() },
            outer: outer.map(|marks| Ring { marks, ..Ring::default() }),
            angles: if has_houses { angles } else { Vec::new() },
            cusps_deg: has_houses.then_some(cusps),
            cusps_written: true,
            ..Wheel::default()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_label_touches_another_or_leaves_its_ring(wheel in any_wheel()) {
        check(&wheel);
        prop_assert!(draw(&wheel, &Style::default()).len() < 80_000);
    }

    #[test]
    fn what_a_person_wrote_never_becomes_markup(name in "\\PC{0,40}|[<>&\"'/a-z\\]!\\[-]{0,40}", place in "[<>&\"'=a-z ]{0,30}") {
        let mut wheel = Wheel::of_chart(&einstein(), Some(&name), &[], Lang::En);
        wheel.inner.lines.push(place);
        markup_is_ours(&draw(&wheel, &Style::default()));
    }
}

/// Every tag is one that the wheel writes, and no attribute is one that runs anything.
fn markup_is_ours(svg: &str) {
    for piece in svg.split('<').skip(1) {
        let tag = piece.trim_start_matches('/');
        let name: String = tag.chars().take_while(char::is_ascii_alphabetic).collect();
        let ours = ["svg", "title", "desc", "style", "rect", "g", "path", "circle", "text"];
        assert!(ours.contains(&name.as_str()), "<{piece}");
        let inside = piece.split('>').next().unwrap_or_default();
        assert!(!inside.contains(" on") && !inside.contains("href"), "<{inside}");
    }
}

#[test]
fn bodies_on_one_degree_and_a_script_in_the_name() {
    let mut wheel = Wheel::of_chart(&einstein(), Some("</title><script>alert(1)</script>"), &EXTRAS, Lang::En);
    markup_is_ours(&draw(&wheel, &Style::default()));
    wheel.inner.marks =
        CODES.iter().enumerate().map(|(i, code)| mark(code, 100.0 + i as f64 / 25.0, true, false)).collect();
    check(&wheel);
    let around = wheel.inner.clone();
    wheel.outer = Some(around);
    check(&wheel);
}

#[test]
fn einstein_is_told_in_words_and_drawn_small() {
    let chart = einstein();
    let wheel = Wheel::of_chart(&chart, Some("Albert Einstein"), &[], Lang::En);
    let svg = draw(&wheel, &Style::default());
    assert_eq!(svg, draw(&wheel, &Style::default()), "the same wheel, other bytes");
    assert!(svg.len() < 60_000, "{} bytes", svg.len());
    // Published positions: Sun 23°30′ Pisces, Moon 14°31′ Sagittarius, Ascendant 11°38′ Cancer (astrodatabank, AA).
    for words in [
        "Albert Einstein: astrological chart",
        "Sun Pisces 23°30′, house 10",
        "Moon Sagittarius 14°31′",
        "Ascendant Cancer 11°38′",
        "Uranus Virgo 1°17′, house 3, retrograde",
    ] {
        assert!(svg.contains(words), "{words} is missing in {}", &svg[..2000]);
    }
    assert!(svg.contains("role=\"img\"") && svg.contains("aria-labelledby=\"w"));
    let french = draw(&Wheel::of_chart(&chart, None, &[], Lang::Fr), &Style { lang: Lang::Fr, ..Style::default() });
    assert!(french.contains("Soleil Poissons 23°30′, maison 10") && french.contains("lang=\"fr\""));
    let id = |svg: &str| svg.split("id=\"").nth(1).unwrap()[..11].to_owned();
    assert_ne!(id(&svg), id(&french));
}

#[test]
fn a_julian_date_is_labelled_and_universal_time_names_the_gregorian_day() {
    // Newton: 25 December 1642 by the calendar of England, 4 January 1643 by ours.
    let birth = BirthInput {
        date: "1642-12-25".into(),
        calendar: super::super::Calendar::Julian,
        time: Some("01:38".into()),
        zone: "Europe/London".into(),
        latitude_deg: 52.8,
        longitude_deg: -0.63,
        ..einstein().birth
    };
    let lines = Wheel::of_chart(&compute(&birth).unwrap(), None, &[], Lang::En).inner.lines;
    assert_eq!(lines[0], "25 December 1642 (Julian), 01:38");
    assert!(lines[3].ends_with(" UT, 4 January 1643"), "{lines:?}");
}

#[test]
fn a_vague_time_has_no_ascendant_and_says_what_it_knows() {
    let birth = BirthInput { time: None, certainty: Certainty::Unknown, ..einstein().birth };
    let wheel = Wheel::of_chart(&compute(&birth).unwrap(), None, &EXTRAS, Lang::En);
    assert!(wheel.angles.is_empty() && wheel.cusps_deg.is_none());
    assert!(wheel.inner.marks.iter().all(|mark| mark.code != "fortune"));
    let words = words::tell(&wheel, Lang::En).description;
    assert!(words.contains("Moon between Sagittarius") && words.contains("time unknown"), "{words}");
    assert!(words.contains("Not given: Ascendant, Midheaven, Part of Fortune, Part of Spirit, Vertex, East Point"));
    assert_eq!(words.matches("Ascendant").count(), 1, "{words}");
    assert!(words.contains("South Node between"), "{words}");
}
