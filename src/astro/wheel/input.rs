//! P: Makes a wheel from a chart, and from two. Computes no position and finds no aspect of its own, save those between
//! two charts.

use super::super::aspects::{AspectHit, contact};
use super::super::birth::{BirthInput, Certainty};
use super::super::body::Body;
use super::super::chart::Chart;
use super::super::figure::Placement;
use super::super::houses::HouseSystem;
use super::super::names::{self, Lang};
use super::super::point::Point;
use super::super::rules;
use super::{Link, Mark, Ring, Wheel};

/// Why two longitudes may be joined, degrees: the largest orb of an aspect between two points.
type Orb = fn(super::super::Aspect, Point, Point) -> f64;

impl Wheel {
    /// The wheel of a chart that somebody called `name`.
    pub fn of_chart(chart: &Chart, name: Option<&str>, lang: Lang) -> Self {
        let mut wheel = Self {
            inner: Ring {
                name: name.unwrap_or_default().to_owned(),
                lines: birth_lines(&chart.birth, lang),
                marks: chart.bodies.iter().filter(|placement| is_shown(chart, placement)).map(mark).collect(),
            },
            angles: angles(chart),
            cusps_deg: chart.houses.map(|houses| houses.cusps_deg),
            cusps_written: chart.houses.is_some_and(|houses| houses.system != HouseSystem::WholeSign),
            links: chart.aspects.iter().filter_map(|hit| link(chart, hit)).collect(),
            notes: Vec::new(),
            outer: None,
        };
        wheel.notes.push(match lang {
            Lang::En => "Tropical zodiac".to_owned(),
            Lang::Fr => "Zodiaque tropical".to_owned(),
        });
        if let Some(houses) = &chart.houses {
            wheel.notes.push(names::house_system(houses.system, lang).to_owned());
        }
        wheel
    }

    /// The wheel of a chart with another chart around it: synastry.
    pub fn of_two(chart: &Chart, name: Option<&str>, other: &Chart, other_name: Option<&str>, lang: Lang) -> Self {
        let outer = Self::of_chart(other, other_name, lang).inner;
        Self::of_chart(chart, name, lang).around(chart, outer, rules::natal_orb_deg)
    }

    /// The wheel of a chart with the bodies of another instant around it: transits. `lines` say which instant.
    pub fn of_transits(chart: &Chart, name: Option<&str>, bodies: &[Mark], lines: Vec<String>, lang: Lang) -> Self {
        let title = match lang {
            Lang::En => "Transits",
            Lang::Fr => "Transits",
        };
        let outer = Ring { name: title.to_owned(), lines, marks: bodies.to_vec() };
        Self::of_chart(chart, name, lang).around(chart, outer, |aspect, _, natal| rules::transit_orb_deg(aspect, natal))
    }

    /// This wheel with a ring around it and, instead of its own aspects, those between the two.
    fn around(mut self, chart: &Chart, outer: Ring, orb: Orb) -> Self {
        self.links.clear();
        let natal = rules::NATAL_BODIES.map(Point::Body).into_iter().chain([Point::Ascendant, Point::Midheaven]);
        for a in natal {
            let Some(a_deg) = chart.longitude_deg(a) else { continue };
            for mark in &outer.marks {
                let Some(b) = Point::from_code(&mark.code) else { continue };
                let Some(found) = contact(a_deg, mark.longitude_deg, |aspect| orb(aspect, b, a)) else { continue };
                self.links.push(Link {
                    aspect: found.aspect.code().to_owned(),
                    a: a.code().to_owned(),
                    b: mark.code.clone(),
                    a_deg,
                    b_deg: mark.longitude_deg,
                    orb_deg: found.orb_deg,
                    orb_max_deg: found.orb_max_deg,
                    applying: None,
                    certain: mark.range_deg.is_none() && chart.window.is_none(),
                });
            }
        }
        self.outer = Some(outer);
        self
    }
}

/// Both nodes would stand in one place; the true one stays.
fn is_shown(chart: &Chart, placement: &Placement) -> bool {
    placement.body != Body::MeanNode || chart.placement(Body::TrueNode).is_none()
}

fn mark(placement: &Placement) -> Mark {
    // A node runs backwards nearly always; to say so would be noise.
    let is_node = matches!(placement.body, Body::MeanNode | Body::TrueNode);
    Mark {
        code: placement.body.code().to_owned(),
        longitude_deg: placement.longitude_deg,
        retrograde: placement.retrograde && !is_node,
        house: placement.house,
        range_deg: placement.range.map(|range| (range.from_deg, range.to_deg)),
    }
}

fn angles(chart: &Chart) -> Vec<Mark> {
    let Some(angles) = &chart.angles else { return Vec::new() };
    let named = [
        ("ascendant", angles.ascendant),
        ("midheaven", angles.midheaven),
        ("descendant", angles.descendant),
        ("imum_coeli", angles.imum_coeli),
    ];
    let mark = |(code, angle): (&str, super::super::AnglePlacement)| Mark {
        code: code.to_owned(),
        longitude_deg: angle.longitude_deg,
        retrograde: false,
        house: None,
        range_deg: None,
    };
    named.into_iter().map(mark).collect()
}

fn link(chart: &Chart, hit: &AspectHit) -> Option<Link> {
    Some(Link {
        aspect: hit.aspect.code().to_owned(),
        a: hit.a.code().to_owned(),
        b: hit.b.code().to_owned(),
        a_deg: chart.longitude_deg(hit.a)?,
        b_deg: chart.longitude_deg(hit.b)?,
        orb_deg: hit.orb_deg,
        orb_max_deg: hit.orb_max_deg,
        applying: Some(hit.applying),
        certain: hit.certain,
    })
}

/// Date and time, place, coordinates.
fn birth_lines(birth: &BirthInput, lang: Lang) -> Vec<String> {
    let mut when = date(&birth.date, lang);
    match (&birth.time, birth.certainty) {
        (Some(time), Certainty::Exact) => when += &format!(", {time}"),
        (_, vague) => when += &format!(", {}", names::certainty(vague, lang)),
    }
    let mut lines = vec![when];
    lines.extend(birth.place_label.clone().filter(|label| !label.is_empty()));
    lines.push(coordinates(birth, lang));
    lines
}

/// `14 March 1879`; what is no date stays as it is.
pub fn date(text: &str, lang: Lang) -> String {
    const ENGLISH: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const FRENCH: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let Ok(civil) = super::super::CivilDate::parse(text) else { return text.to_owned() };
    let _ = civil;
    let mut parts = text.splitn(3, '-').filter_map(|part| part.parse::<usize>().ok());
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return text.to_owned();
    };
    let months = if lang == Lang::Fr { FRENCH } else { ENGLISH };
    let first = if lang == Lang::Fr && day == 1 { "er" } else { "" };
    months.get(month.wrapping_sub(1)).map_or_else(|| text.to_owned(), |name| format!("{day}{first} {name} {year}"))
}

fn coordinates(birth: &BirthInput, lang: Lang) -> String {
    let west = if lang == Lang::Fr { 'O' } else { 'W' };
    let part = |value: f64, positive: char, negative: char| {
        let minutes = (value.abs() * 60.0).round() as u32;
        let side = if value < 0.0 { negative } else { positive };
        format!("{}°{:02}′{side}", minutes / 60, minutes % 60)
    };
    format!("{} {}", part(birth.latitude_deg, 'N', 'S'), part(birth.longitude_deg, 'E', west))
}
