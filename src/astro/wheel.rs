//! P: A chart as a picture: zodiac, houses, bodies and aspects as SVG, with every glyph and letter a path, so that no font
//! is needed. Computes no position; takes a [`Wheel`], which `wheel/input.rs` makes from a chart.

mod corners;
mod frame;
mod glyphs;
mod input;
mod labels;
mod letters;
mod path;
mod pen;
mod rings;
mod spread;
#[cfg(test)]
mod tests;
mod theme;
mod web;
mod words;

pub use input::{EXTRAS, date};
pub use theme::Theme;

use frame::{CENTRE, Frame, SIDE};
use labels::{Band, Label, Ray};
use pen::Pen;

use super::angles::separation_deg;
use super::names::Lang;

/// A point on the wheel.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Its code, as [`super::Point::code`] gives it.
    pub code: String,
    /// Ecliptic longitude in the chart's zodiac, 0..360 degrees.
    pub longitude_deg: f64,
    /// Whether it moves backwards.
    pub retrograde: bool,
    /// House 1..=12, where known.
    pub house: Option<u8>,
    /// The arc that holds it, from and to going forward, where the birth time is vague; degrees.
    pub range_deg: Option<(f64, f64)>,
}

/// An aspect: a line between two points.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Code of the aspect.
    pub aspect: String,
    /// Code of the first point, on the inner ring.
    pub a: String,
    /// Code of the second, on the outer ring where there is one.
    pub b: String,
    /// Longitude of the first, degrees.
    pub a_deg: f64,
    /// Longitude of the second, degrees.
    pub b_deg: f64,
    /// Distance from the exact aspect, degrees.
    pub orb_deg: f64,
    /// Between what that lies where a birth time is vague, degrees.
    pub orbs_deg: Option<(f64, f64)>,
    /// The largest orb, degrees.
    pub orb_max_deg: f64,
    /// Whether the orb shrinks; none where nobody asked, and where a vague birth time leaves it open.
    pub applying: Option<bool>,
    /// False where a vague birth time leaves it open.
    pub certain: bool,
}

/// One chart on the wheel: its points, and what to call it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ring {
    /// Name, as the person wrote it; may be empty.
    pub name: String,
    /// Date, place and the like, a line each.
    pub lines: Vec<String>,
    /// What stands on the ring.
    pub marks: Vec<Mark>,
}

/// Everything that a wheel shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wheel {
    /// The chart.
    pub inner: Ring,
    /// A second chart around it.
    pub outer: Option<Ring>,
    /// Ascendant, Descendant, Midheaven, Imum Coeli and what else is written at the rim; empty where the time is not
    /// known.
    pub angles: Vec<Mark>,
    /// Cusps 1 to 12, degrees; none where the time is not known.
    pub cusps_deg: Option<[f64; 12]>,
    /// Whether the cusps' degrees are written; not for houses that are signs.
    pub cusps_written: bool,
    /// Aspects.
    pub links: Vec<Link>,
    /// Zodiac, house system and the like, a line each.
    pub notes: Vec<String>,
    /// Codes of what the birth data or the view do not give: the angles, and points that were asked for.
    pub absent: Vec<String>,
    /// Planets and the two angles in fire, earth, air and water signs, as the chart counts them.
    pub elements: [u8; 4],
}

/// How a wheel is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Colours.
    pub theme: Theme,
    /// Width and height that the picture asks for, pixels.
    pub size_px: u32,
    /// Language of the words.
    pub lang: Lang,
}

/// Smallest size of a picture, pixels.
pub const SIZE_MIN_PX: u32 = 120;
/// Largest size of a picture, pixels: 20 cm at 300 dots per inch.
pub const SIZE_MAX_PX: u32 = 2_400;
/// Size where none is asked for, pixels.
pub const SIZE_DEFAULT_PX: u32 = 900;

impl Default for Style {
    fn default() -> Self {
        Self { theme: Theme::Auto, size_px: SIZE_DEFAULT_PX, lang: Lang::En }
    }
}

/// Where everything on a wheel stands.
struct Plan {
    frame: Frame,
    bands: frame::Radii,
    inner: Vec<Label>,
    outer: Vec<Label>,
    rim: Vec<rings::RimLabel>,
    has_houses: bool,
}

impl Plan {
    fn of(wheel: &Wheel, lang: Lang) -> Self {
        let start = wheel.angles.iter().find(|mark| mark.code == "ascendant").map_or(0.0, |mark| mark.longitude_deg);
        let frame = Frame { left_deg: start };
        let bands = if wheel.outer.is_some() { frame::DOUBLE } else { frame::SINGLE };
        let outer = wheel.outer.as_ref().map(|ring| labels::place(&ring.marks, Band::outwards(&bands), &[]));
        Self {
            frame,
            inner: labels::place(&wheel.inner.marks, Band::inwards(&bands), &rays(wheel)),
            outer: outer.unwrap_or_default(),
            rim: rings::rim(wheel, &bands, lang),
            bands,
            has_houses: wheel.cusps_deg.is_some(),
        }
    }
}

/// The lines of axes and cusps, which labels make way for.
fn rays(wheel: &Wheel) -> Vec<Ray> {
    let axes = wheel.angles.iter().map(|mark| Ray { at_deg: mark.longitude_deg, is_axis: true });
    let mut rays: Vec<Ray> = axes.collect();
    for cusp in wheel.cusps_deg.iter().flatten() {
        if !rays.iter().any(|ray| separation_deg(ray.at_deg, *cusp) < 0.01) {
            rays.push(Ray { at_deg: *cusp, is_axis: false });
        }
    }
    rays
}

/// The wheel as an SVG document. The same wheel and style give the same bytes.
pub fn draw(wheel: &Wheel, style: &Style) -> String {
    let plan = Plan::of(wheel, style.lang);
    let words = words::tell(wheel, style.lang);
    let id = identity(&words, *style);
    let mut pen = Pen::default();
    let (size, view) = (style.size_px.to_string(), format!("0 0 {SIDE} {SIDE}"));
    pen.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("id", &id),
            ("viewBox", &view),
            ("width", &size),
            ("height", &size),
            ("role", "img"),
            ("aria-labelledby", &format!("{id}-t {id}-d")),
            ("lang", style.lang.code()),
        ],
    );
    pen.text("title", &[("id", &format!("{id}-t"))], &words.title);
    pen.text("desc", &[("id", &format!("{id}-d"))], &words.description);
    pen.text("style", &[], &theme::sheet(&id, style.theme));
    let (side, centre) = (SIDE.to_string(), CENTRE.to_string());
    pen.leaf("rect", &[("class", "p"), ("width", &side), ("height", &side)]);
    pen.open(
        "g",
        &[
            ("fill", "none"),
            ("stroke", "currentColor"),
            ("stroke-linecap", "round"),
            ("stroke-linejoin", "round"),
            ("class", "k"),
        ],
    );
    rings::ground(&mut pen, &plan, &centre);
    rings::zodiac(&mut pen, &plan);
    rings::houses(&mut pen, &plan, wheel);
    web::draw(&mut pen, &plan, wheel);
    labels::draw(&mut pen, &plan.inner, plan.frame, "k");
    labels::draw(&mut pen, &plan.outer, plan.frame, "o");
    corners::draw(&mut pen, wheel, style.lang);
    pen.finish()
}

/// A name for the picture that no other picture on a page bears: FNV-1a (Fowler, Noll, Vo) of what it says and how.
fn identity(words: &words::Words, style: Style) -> String {
    let text = format!("{}\u{1f}{}\u{1f}{style:?}", words.title, words.description);
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("w{:010x}", hash >> 24)
}
