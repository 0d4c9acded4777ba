//! P: Places and draws the labels of bodies: glyph, degree, sign, minute and the mark of retrogradation along the ray,
//! each in a disk of its own that no other touches, and a line to the true place.

use super::super::angles::{norm_deg, wrap_deg};
use super::super::signs::{Sign, degree_minute};
use super::frame::{Frame, Radii};
use super::path::{short, short2};
use super::pen::Pen;
use super::spread::{Wish, spread};
use super::{Mark, glyphs, letters};

/// Furthest that a label goes from its place before labels are drawn smaller, degrees.
const DISPLACEMENT_DEG: f64 = 15.0;
/// A label further from its place than this stands in a crowd, degrees.
const CROWDED_DEG: f64 = 30.0;
/// Sizes that are tried in turn.
const SIZES: [f64; 4] = [1.0, 0.94, 0.88, 0.82];
/// Width of the pen that draws letters, in units of the alphabet.
const PEN: f64 = 1.2;
/// Room around the parts of a label, sheet units.
const PADDING: f64 = 1.2;
/// An arc of uncertainty wider than this is drawn, and takes the minutes from the label, degrees.
const RANGE_SHOWN_DEG: f64 = 0.5;

/// Drawings at size 1: glyph, degree, sign, minute, retrogradation; as factors of their own units.
const SCALES: [f64; 5] = [1.22, 1.26, 0.74, 1.08, 0.52];

/// The ring that labels stand on, and which way they go from the zodiac.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Where the line to the true place starts: the edge of the zodiac.
    edge: f64,
    /// Where that line ends.
    lead: f64,
    /// -1 towards the centre, 1 away from it.
    way: f64,
    /// Whether the sign is repeated in the label.
    has_sign: bool,
    /// Size at most.
    size: f64,
    /// How far from the centre its last part may reach.
    end: f64,
}

/// A line from the middle to the zodiac that labels make way for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ray {
    /// Its longitude, degrees.
    pub at_deg: f64,
    /// Whether it is an axis, which gives way to none, or a cusp, which a crowd may stand on.
    pub is_axis: bool,
}

/// Half of the arc that labels leave to a ray, degrees.
const RAY_HALF_DEG: f64 = 0.7;

impl Band {
    /// The ring of the chart itself.
    pub fn inwards(radii: &Radii) -> Self {
        let is_single = radii.edge <= radii.zodiac_out;
        let lead = if is_single { 26.0 } else { 20.0 };
        let size = if is_single { 1.0 } else { 0.86 };
        Self {
            edge: radii.zodiac_in,
            lead: radii.zodiac_in - lead,
            way: -1.0,
            has_sign: true,
            size,
            end: radii.house_out,
        }
    }

    /// The ring of a second chart.
    pub fn outwards(radii: &Radii) -> Self {
        Self {
            edge: radii.zodiac_out,
            lead: radii.zodiac_out + 17.0,
            way: 1.0,
            has_sign: false,
            size: 0.86,
            end: radii.edge,
        }
    }
}

/// What a part of a label shows.
#[derive(Clone, Debug, PartialEq)]
enum Ink {
    Glyph(glyphs::Glyph, f64),
    Text(letters::Set, f64),
}

/// A part of a label in its disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Middle, sheet units from the centre.
    pub radius: f64,
    /// Radius of its disk.
    pub reach: f64,
    ink: Ink,
}

/// A label in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Where its body is, degrees.
    pub true_deg: f64,
    /// Where the label stands, degrees.
    pub shown_deg: f64,
    /// Its parts, from the zodiac on.
    pub parts: Vec<Part>,
    band: Band,
    range_deg: Option<(f64, f64)>,
}

/// The widest arc of uncertainty, going forward, degrees.
fn width_deg((from, to): (f64, f64)) -> f64 {
    norm_deg(to - from)
}

/// The part of a mark in a row: 0 glyph, 1 degree, 2 sign, 3 minute, 4 retrogradation.
fn ink(mark: &Mark, row: usize, band: &Band, size: f64) -> Option<Ink> {
    let scale = SCALES[row] * size;
    let text = |text: &str| letters::set(text).map(|set| Ink::Text(set, scale));
    let (degree, minute) = degree_minute(mark.longitude_deg);
    let range = mark.range_deg.filter(|range| width_deg(*range) > RANGE_SHOWN_DEG);
    let one_sign = range.is_none_or(|(from, to)| Sign::of(from) == Sign::of(to));
    match row {
        0 => glyphs::point(&mark.code).map(|glyph| Ink::Glyph(glyph, scale)).or_else(|| text(&initials(&mark.code))),
        1 if range.is_some() => text(&if one_sign { format!("~{degree}°") } else { "?".to_owned() }),
        1 => text(&format!("{degree}°")),
        2 if band.has_sign && one_sign => Some(Ink::Glyph(glyphs::sign(Sign::of(mark.longitude_deg)), scale)),
        3 if range.is_none() => text(&format!("{minute:02}′")),
        4 if mark.retrograde => Some(Ink::Glyph(glyphs::RETROGRADE, scale)),
        _ => None,
    }
}

/// What stands for a point that has no drawing.
fn initials(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).take(2).collect::<String>().to_uppercase()
}

/// Half the diagonal of what is drawn.
fn reach(ink: &Ink) -> f64 {
    PADDING
        + match ink {
            Ink::Glyph(_, scale) => glyphs::REACH * scale,
            Ink::Text(set, scale) => scale * (set.width + PEN).hypot(letters::CAPITAL + PEN) / 2.0,
        }
}

/// The labels of `marks` on `band`, beside the `rays` that run through it.
pub fn place(marks: &[Mark], band: Band, rays: &[Ray]) -> Vec<Label> {
    let mut placed = Vec::new();
    for size in SIZES {
        placed = placed_at(marks, band, size * band.size, rays);
        let is_far = |label: &Label| wrap_deg(label.shown_deg - label.true_deg).abs() > DISPLACEMENT_DEG;
        let is_out = |part: &Part| band.way * (part.radius + band.way * part.reach - band.end) > 0.01;
        if !placed.iter().any(|label| is_far(label) || label.parts.iter().any(is_out)) {
            break;
        }
    }
    placed
}

fn placed_at(marks: &[Mark], band: Band, size: f64, rays: &[Ray]) -> Vec<Label> {
    let inks: Vec<[Option<Ink>; 5]> =
        marks.iter().map(|mark| std::array::from_fn(|row| ink(mark, row, &band, size))).collect();
    // Rows are as deep as their largest part, so that rows never meet, whoever stands beside whom.
    let mut radii = [0.0; 5];
    let mut edge = band.lead;
    for (row, radius) in radii.iter_mut().enumerate() {
        let deepest = inks.iter().filter_map(|parts| parts[row].as_ref()).map(reach).fold(0.0, f64::max);
        *radius = edge + band.way * deepest;
        edge += band.way * 2.0 * deepest;
    }
    let half_deg = |parts: &[Option<Ink>; 5]| {
        let halves = parts.iter().zip(radii).filter_map(|(part, radius)| Some((reach(part.as_ref()?) / radius).asin()));
        halves.fold(0.0, f64::max).to_degrees()
    };
    let label_wish = |(mark, parts): (&Mark, &[Option<Ink>; 5])| Wish {
        at_deg: mark.longitude_deg,
        half_deg: half_deg(parts),
        weight: 1.0,
    };
    let ray_wish =
        |ray: &Ray| Wish { at_deg: ray.at_deg, half_deg: RAY_HALF_DEG, weight: if ray.is_axis { 1e5 } else { 40.0 } };
    let wishes: Vec<Wish> = marks.iter().zip(&inks).map(label_wish).chain(rays.iter().map(ray_wish)).collect();
    let shown = spread(&wishes);
    let label = |((mark, parts), shown_deg): ((&Mark, [Option<Ink>; 5]), f64)| Label {
        true_deg: mark.longitude_deg,
        shown_deg,
        parts: parts
            .into_iter()
            .zip(radii)
            .filter_map(|(part, radius)| part.map(|ink| Part { radius, reach: reach(&ink), ink }))
            .collect(),
        band,
        range_deg: mark.range_deg.filter(|range| width_deg(*range) > RANGE_SHOWN_DEG),
    };
    marks.iter().zip(inks).zip(shown).map(label).collect()
}

/// Draws labels and their lines in the colour of `class`.
pub fn draw(pen: &mut Pen, labels: &[Label], frame: Frame, class: &str) {
    if labels.is_empty() {
        return;
    }
    pen.open("g", &[("class", class)]);
    // Lines from a crowd run close together; they are drawn finer.
    let is_crowded = |label: &Label| wrap_deg(label.shown_deg - label.true_deg).abs() > CROWDED_DEG;
    let weight = if labels.iter().any(is_crowded) { ".6" } else { "1.2" };
    let mut leads = String::new();
    for label in labels {
        leads.push_str(&lead(label, frame));
    }
    pen.leaf("path", &[("d", &leads), ("stroke-width", weight)]);
    for label in labels {
        if let Some(range) = label.range_deg {
            arc(pen, label, range, frame);
        }
        for part in &label.parts {
            let centre = frame.at(label.shown_deg, part.radius);
            match &part.ink {
                Ink::Glyph(glyph, scale) => self::glyph(pen, *glyph, centre, *scale, ""),
                Ink::Text(set, scale) => {
                    let x = centre.0 - scale * set.width / 2.0;
                    text(pen, set, (x, centre.1 + scale * letters::CAPITAL / 2.0), *scale, "");
                }
            }
        }
    }
    pen.close();
}

/// The line from the true place to the label: straight through the ticks, then a spiral, so that no two cross.
fn lead(label: &Label, frame: Frame) -> String {
    let band = label.band;
    let ticked = band.edge + band.way * 9.0;
    let way = wrap_deg(label.shown_deg - label.true_deg);
    let steps = (way.abs() / 3.0).ceil().max(1.0) as usize;
    let mut line = frame.ray(label.true_deg, band.edge, ticked);
    for step in 1..=steps {
        let share = step as f64 / steps as f64;
        line.push('L');
        line.push_str(&frame.xy(label.true_deg + way * share, ticked + (band.lead - ticked) * share));
    }
    line
}

/// The arc in which a body lies for sure when the time is vague.
fn arc(pen: &mut Pen, label: &Label, (from, to): (f64, f64), frame: Frame) {
    let radius = label.band.edge + label.band.way * 5.0;
    let large = u8::from(width_deg((from, to)) > 180.0);
    let line = format!("M{}A{r} {r} 0 {large} 0 {}", frame.xy(from, radius), frame.xy(to, radius), r = short(radius));
    pen.leaf("path", &[("d", &line), ("stroke-width", "6"), ("opacity", ".35"), ("stroke-linecap", "butt")]);
}

/// A drawing around a point.
pub fn glyph(pen: &mut Pen, glyph: glyphs::Glyph, (x, y): (f64, f64), scale: f64, class: &str) {
    let place = format!("translate({} {})scale({})", short(x), short(y), short2(scale));
    // Small drawings get a firmer line, so that all look of one weight.
    let weight = short2(if scale < 1.0 { 1.25 + 0.45 / scale } else { 1.7 });
    let attributes = [("class", class), ("transform", place.as_str()), ("stroke-width", weight.as_str())];
    if glyph.solid.is_empty() {
        pen.leaf("path", &[attributes[0], attributes[1], attributes[2], ("d", glyph.line)]);
    } else {
        pen.open("g", &attributes);
        pen.leaf("path", &[("d", glyph.line)]);
        pen.leaf("path", &[("d", glyph.solid), ("fill", "currentColor")]);
        pen.close();
    }
}

/// Text from a point of its base line.
pub fn text(pen: &mut Pen, set: &letters::Set, (x, y): (f64, f64), scale: f64, class: &str) {
    let place = format!("translate({} {})scale({})", short(x), short(y), short2(scale));
    pen.leaf("path", &[("class", class), ("transform", &place), ("stroke-width", "1.15"), ("d", &set.line)]);
}
