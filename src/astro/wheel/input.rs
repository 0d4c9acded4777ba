//! P: Makes a wheel from a chart or a figure, and from two. Computes no position, and finds no aspect but those between two
//! rings.

use super::super::angles::{AnglePlacement, Angles, norm_deg};
use super::super::aspects::{Aspect, AspectHit};
use super::super::balance;
use super::super::birth::{BirthInput, Certainty};
use super::super::body::Body;
use super::super::calendar::Calendar;
use super::super::chart::Chart;
use super::super::contacts::{self, CrossAspect, Spot};
use super::super::ephemeris::{Center, Reduction};
use super::super::figure::{Figure, Placement};
use super::super::houses::{HouseSystem, Houses};
use super::super::lots::Lots;
use super::super::names::{self, Lang};
use super::super::options::ChartOptions;
use super::super::point::Point;
use super::super::receptions::InSign;
use super::super::rulesets::{Context, Ruleset};
use super::super::spans::Span;
use super::super::vague::reach_deg;
use super::super::zodiac::{Ayanamsa, Zodiac};
use super::{Link, Mark, Ring, Wheel};

/// Points beside bodies and angles that a wheel can show, by code.
pub const EXTRAS: [Point; 5] = [Point::Fortune, Point::Spirit, Point::Vertex, Point::EastPoint, Point::SouthNode];

/// What charts and figures have in common.
struct Sky<'a> {
    options: &'a ChartOptions,
    bodies: &'a [Placement],
    angles: Option<&'a Angles>,
    houses: Option<&'a Houses>,
    lots: Option<&'a Lots>,
    aspects: &'a [AspectHit],
}

impl<'a> From<&'a Chart> for Sky<'a> {
    fn from(chart: &'a Chart) -> Self {
        Self {
            options: &chart.options,
            bodies: &chart.bodies,
            angles: chart.angles.as_ref(),
            houses: chart.houses.as_ref(),
            lots: chart.lots.as_ref(),
            aspects: &chart.aspects,
        }
    }
}

impl<'a> From<&'a Figure> for Sky<'a> {
    fn from(figure: &'a Figure) -> Self {
        Self {
            options: &figure.options,
            bodies: &figure.bodies,
            angles: figure.angles.as_ref(),
            houses: figure.houses.as_ref(),
            lots: figure.lots.as_ref(),
            aspects: &figure.aspects,
        }
    }
}

impl Sky<'_> {
    fn longitude_deg(&self, point: Point) -> Option<f64> {
        super::super::figure::longitude_deg(point, self.bodies, self.angles, self.lots)
    }

    /// Both nodes would stand in one place; the true one stays.
    fn is_shown(&self, placement: &Placement) -> bool {
        placement.body != Body::MeanNode || !self.bodies.iter().any(|other| other.body == Body::TrueNode)
    }

    fn marks(&self, extras: &[Point]) -> Vec<Mark> {
        let mut marks: Vec<Mark> = self.bodies.iter().filter(|placement| self.is_shown(placement)).map(body).collect();
        for &point in extras {
            let Some(longitude_deg) = self.longitude_deg(point) else { continue };
            // The true node's own range is the south node's too, turned around; no other point is known without a time.
            let node = self.bodies.iter().find(|placement| placement.body == Body::TrueNode);
            let range = node.and_then(|placement| placement.range).filter(|_| point == Point::SouthNode);
            marks.push(Mark {
                code: point.code().to_owned(),
                longitude_deg,
                retrograde: false,
                house: self.houses.map(|houses| houses.house_of(longitude_deg)),
                range_deg: range.map(|range| (norm_deg(range.from_deg + 180.0), norm_deg(range.to_deg + 180.0))),
            });
        }
        marks
    }

    fn link(&self, hit: &AspectHit) -> Option<Link> {
        Some(Link {
            aspect: hit.aspect.code().to_owned(),
            a: hit.a.code().to_owned(),
            b: hit.b.code().to_owned(),
            a_deg: self.longitude_deg(hit.a)?,
            b_deg: self.longitude_deg(hit.b)?,
            orb_deg: hit.orb_deg,
            orbs_deg: hit.open.map(|open| (open.orb_deg.from, open.orb_deg.to)),
            orb_max_deg: hit.orb_max_deg,
            applying: hit.sure_applying(),
            certain: hit.certain,
        })
    }

    fn wheel(&self, name: Option<&str>, lines: Vec<String>, extras: &[Point], lang: Lang) -> Wheel {
        Wheel {
            inner: Ring { name: name.unwrap_or_default().to_owned(), lines, marks: self.marks(extras) },
            outer: None,
            angles: self.angles.map(angles).unwrap_or_default(),
            cusps_deg: self.houses.map(|houses| houses.cusps_deg),
            cusps_written: self.houses.is_some_and(|houses| houses.system != HouseSystem::WholeSign),
            links: self.aspects.iter().filter_map(|hit| self.link(hit)).collect(),
            notes: notes(self, lang),
            absent: self.absent(extras),
            elements: self.elements(),
        }
    }

    /// Aspects of the points of this sky with the bodies of another, which move.
    fn links_to(&self, other: &Sky<'_>, context: Context, ruleset: &Ruleset) -> Vec<Link> {
        let bodies = |sky: &Sky<'_>| -> Vec<Spot> {
            let shown = sky.bodies.iter().filter(|placement| sky.is_shown(placement));
            let spot = |placed: &Placement| Spot {
                reach_deg: reach_deg(placed.longitude_deg, placed.range.as_ref()),
                ..Spot::still(Point::Body(placed.body), placed.longitude_deg)
            };
            shown.map(spot).collect()
        };
        let angles = [Point::Ascendant, Point::Midheaven]
            .into_iter()
            .filter_map(|point| self.longitude_deg(point).map(|longitude_deg| Spot::still(point, longitude_deg)));
        let own: Vec<Spot> = bodies(self).into_iter().chain(angles).collect();
        let mut moving = bodies(other);
        for (spot, placed) in moving.iter_mut().zip(other.bodies.iter().filter(|placement| other.is_shown(placement))) {
            spot.speed = placed.speed_deg_per_day;
            spot.speeds = placed.spans.map_or(Span::at(spot.speed), |spans| spans.speed_deg_per_day);
        }
        let orbs = |aspect: Aspect, from: Point, to: Point| ruleset.orb_deg(context, aspect, from, to);
        let link = |hit: &CrossAspect| {
            Some(Link {
                aspect: hit.aspect.code().to_owned(),
                a: hit.to.code().to_owned(),
                b: hit.from.code().to_owned(),
                a_deg: self.longitude_deg(hit.to)?,
                b_deg: other.longitude_deg(hit.from)?,
                orb_deg: hit.orb_deg,
                orbs_deg: hit.open.map(|open| (open.orb_deg.from, open.orb_deg.to)),
                orb_max_deg: hit.orb_max_deg,
                applying: hit.applying,
                certain: hit.certain,
            })
        };
        contacts::between(&moving, &own, &orbs).iter().filter_map(link).collect()
    }

    /// What it does not have of the angles and of the points that were asked for.
    fn absent(&self, extras: &[Point]) -> Vec<String> {
        let asked = [Point::Ascendant, Point::Midheaven].into_iter().chain(extras.iter().copied());
        asked.filter(|point| self.longitude_deg(*point).is_none()).map(|point| point.code().to_owned()).collect()
    }

    /// The elements as the chart's balance counts them.
    fn elements(&self) -> [u8; 4] {
        let planets = self.bodies.iter().filter(|placement| Body::PLANETS.contains(&placement.body));
        let placed: Vec<InSign> = planets.filter_map(|placed| Some((placed.body, placed.sure_sign()?))).collect();
        balance::spread(&placed, self.angles, &[]).elements
    }
}

impl Wheel {
    /// The wheel of a chart that somebody called `name`, with `extras` among its points.
    pub fn of_chart(chart: &Chart, name: Option<&str>, extras: &[Point], lang: Lang) -> Self {
        Sky::from(chart).wheel(name, birth_lines(chart, lang), extras, lang)
    }

    /// The wheel of a figure; `lines` say which.
    pub fn of_figure(figure: &Figure, name: &str, lines: Vec<String>, extras: &[Point], lang: Lang) -> Self {
        Sky::from(figure).wheel(Some(name), lines, extras, lang)
    }

    /// This wheel of `chart` with another chart around it, and the aspects between the two: synastry.
    #[must_use]
    pub fn with_chart(
        mut self,
        chart: &Chart,
        other: &Chart,
        other_name: Option<&str>,
        ruleset: &Ruleset,
        lang: Lang,
    ) -> Self {
        let (own, outer) = (Sky::from(chart), Sky::from(other));
        self.links = own.links_to(&outer, Context::Synastry, ruleset);
        for link in &mut self.links {
            // Two births stand still.
            link.applying = None;
        }
        self.outer = Some(Ring {
            name: other_name.unwrap_or_default().to_owned(),
            lines: birth_lines(other, lang),
            marks: outer.marks(&[]),
        });
        self
    }

    /// This wheel of `chart` with the sky of another instant around it, and the aspects between the two: transits.
    /// `lines` say which instant.
    #[must_use]
    pub fn with_transits(mut self, chart: &Chart, sky: &Figure, lines: Vec<String>, ruleset: &Ruleset) -> Self {
        let (own, outer) = (Sky::from(chart), Sky::from(sky));
        self.links = own.links_to(&outer, Context::TransitToNatal, ruleset);
        self.outer = Some(Ring { name: "Transits".to_owned(), lines, marks: outer.marks(&[]) });
        self
    }
}

fn body(placement: &Placement) -> Mark {
    // A node runs backwards nearly always; to say so would be noise.
    let is_node = placement.body.is_node();
    Mark {
        code: placement.body.code().to_owned(),
        longitude_deg: placement.longitude_deg,
        retrograde: placement.sure_retrograde() == Some(true) && !is_node,
        house: placement.house,
        range_deg: placement.range.map(|range| (range.from_deg, range.to_deg)),
    }
}

fn angles(angles: &Angles) -> Vec<Mark> {
    let named = [
        (Point::Ascendant, angles.ascendant),
        (Point::Midheaven, angles.midheaven),
        (Point::Descendant, angles.descendant),
        (Point::ImumCoeli, angles.imum_coeli),
    ];
    let mark = |(point, angle): (Point, AnglePlacement)| Mark {
        code: point.code().to_owned(),
        longitude_deg: angle.longitude_deg,
        retrograde: false,
        house: None,
        range_deg: None,
    };
    named.into_iter().map(mark).collect()
}

/// Zodiac, houses, and from where the sky is seen where that is not the Earth's centre.
fn notes(sky: &Sky<'_>, lang: Lang) -> Vec<String> {
    let pick = |english: &str, french: &str| if lang == Lang::Fr { french.to_owned() } else { english.to_owned() };
    let ayanamsa = |ayanamsa: Ayanamsa| match ayanamsa {
        Ayanamsa::Lahiri => "Lahiri".to_owned(),
        Ayanamsa::FaganBradley => "Fagan-Bradley".to_owned(),
        Ayanamsa::Raman => "Raman".to_owned(),
        Ayanamsa::Krishnamurti => "Krishnamurti".to_owned(),
        Ayanamsa::Yukteshwar => "Yukteshwar".to_owned(),
        Ayanamsa::DeLuce => "De Luce".to_owned(),
        Ayanamsa::User { .. } => pick("own zero point", "point zéro propre"),
    };
    let mut notes = vec![match sky.options.zodiac {
        Zodiac::Tropical => pick("Tropical zodiac", "Zodiaque tropical"),
        Zodiac::Sidereal(kind) => format!("{}, {}", pick("Sidereal zodiac", "Zodiaque sidéral"), ayanamsa(kind)),
    }];
    notes.extend(sky.houses.map(|houses| names::house_system(houses.system, lang).to_owned()));
    match sky.options.view.center {
        Center::Geocentric => {}
        Center::Topocentric(_) => notes.push(pick("Topocentric", "Topocentrique")),
        Center::Heliocentric => notes.push(pick("Heliocentric", "Héliocentrique")),
    }
    if sky.options.view.reduction == Reduction::Geometric {
        notes.push(pick("Geometric", "Géométrique"));
    }
    notes
}

/// Date and time, universal time, place, coordinates.
fn birth_lines(chart: &Chart, lang: Lang) -> Vec<String> {
    let birth = &chart.birth;
    let mut when = date(&birth.date, lang);
    if birth.calendar == Calendar::Julian {
        when.push_str(if lang == Lang::Fr { " (julien)" } else { " (Julian)" });
    }
    match (&birth.time, birth.certainty) {
        (Some(time), Certainty::Exact) => when.push_str(&[", ", time].concat()),
        (_, vague) => when.push_str(&[", ", names::certainty(vague, lang)].concat()),
    }
    let mut lines = vec![when];
    lines.extend(birth.place_label.clone().filter(|label| !label.is_empty()));
    lines.push(coordinates(birth, lang));
    if let Some(moment) = &chart.moment {
        lines.push(universal_time(&moment.utc_rfc3339, &birth.date, lang));
    }
    lines
}

/// `10:50:03 UT`, with the day where it is not the local one.
fn universal_time(rfc3339: &str, local_date: &str, lang: Lang) -> String {
    let (day, clock) = rfc3339.split_once('T').unwrap_or((rfc3339, ""));
    let clock = clock.trim_end_matches('Z');
    if day == local_date { format!("{clock} UT") } else { format!("{clock} UT, {}", date(day, lang)) }
}

/// `14 March 1879`; what is no date stays as it is.
pub fn date(text: &str, lang: Lang) -> String {
    let mut parts = text.splitn(3, '-').filter_map(|part| part.parse::<usize>().ok());
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return text.to_owned();
    };
    let first = if lang == Lang::Fr && day == 1 { "er" } else { "" };
    names::month_names(lang)
        .get(month.wrapping_sub(1))
        .map_or_else(|| text.to_owned(), |name| format!("{day}{first} {name} {year}"))
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
