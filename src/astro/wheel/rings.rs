//! P: The zodiac with its degrees, the houses with their cusps, and what is written at the rim.

use std::fmt::Write;

use super::super::angles::norm_deg;
use super::super::names::Lang;
use super::super::signs::{Sign, degree_minute};
use super::frame::{Frame, Radii};
use super::labels::{Label, glyph, text};
use super::path::{short, short2};
use super::pen::Pen;
use super::spread::{Wish, spread};
use super::{Mark, Plan, Wheel, glyphs, letters};

/// Shortest piece of a cusp's line that is drawn.
const SLIVER: f64 = 4.0;

/// A label at the rim: an angle with its degree, or a cusp's degree.
#[derive(Clone, Debug, PartialEq)]
pub struct RimLabel {
    /// Where its point is, degrees.
    pub true_deg: f64,
    /// Where it stands, degrees.
    pub shown_deg: f64,
    /// Middle, from the centre.
    pub radius: f64,
    /// Radius of its disk.
    pub reach: f64,
    rows: Vec<(letters::Set, f64)>,
    is_angle: bool,
}

/// Gap between the two rows of a rim label.
const ROW_GAP: f64 = 5.0;

/// The labels at the rim, in their places.
pub fn rim(wheel: &Wheel, radii: &Radii, lang: Lang) -> Vec<RimLabel> {
    let mut labels: Vec<RimLabel> = wheel.angles.iter().filter_map(|mark| angle_label(mark, radii.rim, lang)).collect();
    let is_angle = |cusp: f64, labels: &[RimLabel]| {
        labels.iter().any(|label| super::super::angles::separation_deg(label.true_deg, cusp) < 0.01)
    };
    for cusp in wheel.cusps_deg.iter().flatten().filter(|_| wheel.cusps_written) {
        if !is_angle(*cusp, &labels)
            && let Some(set) = letters::set(&degrees(*cusp))
        {
            labels.push(RimLabel::new(*cusp, radii.rim, vec![(set, 0.82)], false));
        }
    }
    let wish = |label: &RimLabel| Wish {
        at_deg: label.true_deg,
        half_deg: (label.reach / label.radius).asin().to_degrees(),
        weight: 1.0,
    };
    let shown = spread(&labels.iter().map(wish).collect::<Vec<_>>());
    for (label, shown_deg) in labels.iter_mut().zip(shown) {
        label.shown_deg = shown_deg;
    }
    labels
}

impl RimLabel {
    fn new(true_deg: f64, radius: f64, rows: Vec<(letters::Set, f64)>, is_angle: bool) -> Self {
        let width = rows.iter().map(|(set, scale)| (set.width + 1.2) * scale).fold(0.0, f64::max);
        let height = rows.iter().map(|(_, scale)| (letters::CAPITAL + 1.2) * scale).sum::<f64>()
            + ROW_GAP * (rows.len().max(1) - 1) as f64;
        Self { true_deg, shown_deg: true_deg, radius, reach: (width / 2.0).hypot(height / 2.0) + 1.0, rows, is_angle }
    }
}

fn degrees(longitude_deg: f64) -> String {
    let (degree, minute) = degree_minute(longitude_deg);
    format!("{degree}°{minute:02}′")
}

fn angle_label(mark: &Mark, radius: f64, lang: Lang) -> Option<RimLabel> {
    let name = match (mark.code.as_str(), lang) {
        ("ascendant", _) => "Asc",
        ("midheaven", _) => "MC",
        ("descendant", Lang::En) => "Dsc",
        ("descendant", Lang::Fr) => "Desc",
        ("imum_coeli", Lang::En) => "IC",
        ("imum_coeli", Lang::Fr) => "FC",
        _ => return None,
    };
    let rows = vec![(letters::set(name)?, 1.2), (letters::set(&degrees(mark.longitude_deg))?, 0.82)];
    Some(RimLabel::new(mark.longitude_deg, radius, rows, true))
}

/// A circle around the middle.
fn circle(pen: &mut Pen, centre: &str, radius: f64, class: &str, weight: &str) {
    pen.leaf(
        "circle",
        &[("class", class), ("cx", centre), ("cy", centre), ("r", &short(radius)), ("stroke-width", weight)],
    );
}

/// The circles.
pub fn ground(pen: &mut Pen, plan: &Plan, centre: &str) {
    let radii = &plan.bands;
    let disk = |pen: &mut Pen, radius: f64, class: &str| {
        let at = [("cx", centre), ("cy", centre), ("stroke", "none")];
        pen.leaf("circle", &[("class", class), at[0], at[1], ("r", &short(radius)), at[2]]);
    };
    disk(pen, radii.edge, "d");
    disk(pen, radii.house_in, "p");
    if radii.edge > radii.zodiac_out {
        circle(pen, centre, radii.edge, "k", "1.4");
    }
    if plan.has_houses {
        circle(pen, centre, radii.house_out, "h", "1");
    }
    circle(pen, centre, radii.house_in, "k", "1.2");
}

/// Signs, their borders and the ticks of the degrees.
pub fn zodiac(pen: &mut Pen, plan: &Plan) {
    let (frame, radii) = (plan.frame, &plan.bands);
    let (out, inner) = (radii.zodiac_out, radii.zodiac_in);
    let (out_text, in_text) = (short(out), short(inner));
    for element in 0..4 {
        let mut sectors = String::new();
        for sign in Sign::ALL.into_iter().filter(|sign| sign.element() as usize == element) {
            let from = 30.0 * sign.index() as f64;
            let to = from + 30.0;
            let _ = write!(
                sectors,
                "M{}A{out_text} {out_text} 0 0 0 {}L{}A{in_text} {in_text} 0 0 1 {}z",
                frame.xy(from, out),
                frame.xy(to, out),
                frame.xy(to, inner),
                frame.xy(from, inner)
            );
        }
        pen.leaf("path", &[("class", &format!("t{element}")), ("d", &sectors), ("stroke", "none")]);
    }
    let borders: String = (0..12).map(|sign| frame.ray(30.0 * f64::from(sign), inner, out)).collect();
    pen.leaf("path", &[("d", &borders), ("stroke-width", "1"), ("class", "m")]);
    let centre = super::CENTRE.to_string();
    circle(pen, &centre, out, "k", "1.6");
    circle(pen, &centre, inner, "k", "1.2");
    ticks(pen, frame, inner, -1.0);
    if radii.edge > out {
        ticks(pen, frame, out, 1.0);
    }
    for sign in Sign::ALL {
        let at = frame.at(30.0 * sign.index() as f64 + 15.0, f64::midpoint(out, inner));
        let class = format!("e{}", sign.element() as usize);
        glyph(pen, glyphs::sign(sign), at, radii.sign_scale, &class);
    }
}

/// Ticks of 1, 5 and 10 degrees as dashes of three circles.
fn ticks(pen: &mut Pen, frame: Frame, edge: f64, way: f64) {
    let centre = super::CENTRE;
    // A circle's line starts at the right and goes clockwise; longitudes go the other way.
    let turn = -frame.turn(0.0).to_degrees();
    let place = format!("rotate({} {centre} {centre})", short2(norm_deg(turn)));
    pen.open("g", &[("class", "m"), ("transform", &place), ("stroke-linecap", "butt")]);
    for (step_deg, length, weight) in [(1.0, 4.0, 0.7), (5.0, 6.5, 0.9), (10.0, 9.0, 1.1)] {
        let radius = edge + way * length / 2.0;
        let period = radius * f64::to_radians(step_deg);
        let dashes = format!("{weight} {:.4}", period - weight);
        let c = centre.to_string();
        pen.leaf(
            "circle",
            &[
                ("cx", &c),
                ("cy", &c),
                ("r", &short2(radius)),
                ("stroke-width", &short(length)),
                ("stroke-dasharray", &dashes),
                ("stroke-dashoffset", &short2(weight / 2.0)),
            ],
        );
    }
    pen.close();
}

/// The cusps' lines, the houses' numbers and the labels at the rim.
pub fn houses(pen: &mut Pen, plan: &Plan, wheel: &Wheel) {
    let (frame, radii) = (plan.frame, &plan.bands);
    if let Some(cusps) = &wheel.cusps_deg {
        let is_angle = |cusp: f64| plan.rim.iter().any(|l| l.is_angle && (l.true_deg - cusp).abs() < 0.01);
        let mut lines = String::new();
        for &cusp in cusps.iter().filter(|cusp| !is_angle(**cusp)) {
            lines.push_str(&broken_ray(plan, cusp, radii.house_in, radii.zodiac_in - 9.0));
        }
        pen.leaf("path", &[("class", "m"), ("d", &lines), ("stroke-width", ".9")]);
        for (house, &cusp) in cusps.iter().enumerate() {
            let arc = norm_deg(cusps[(house + 1) % 12] - cusp);
            let (x, y) = frame.at(cusp + arc / 2.0, f64::midpoint(radii.house_in, radii.house_out));
            if let Some(set) = letters::set(&(house + 1).to_string()) {
                let scale = 1.0;
                text(pen, &set, (x - scale * set.width / 2.0, y + scale * letters::CAPITAL / 2.0), scale, "m");
            }
        }
    }
    let mut axes = String::new();
    for label in plan.rim.iter().filter(|label| label.is_angle) {
        axes.push_str(&broken_ray(plan, label.true_deg, radii.house_in, radii.zodiac_in));
        axes.push_str(&frame.ray(label.true_deg, radii.edge, radii.edge + 4.0));
    }
    pen.leaf("path", &[("d", &axes), ("stroke-width", "2")]);
    let cusps: String = plan
        .rim
        .iter()
        .filter(|label| !label.is_angle)
        .map(|label| frame.ray(label.true_deg, radii.edge, radii.edge + 4.0))
        .collect();
    pen.leaf("path", &[("class", "m"), ("d", &cusps), ("stroke-width", ".9")]);
    for label in &plan.rim {
        draw_rim(pen, label, frame);
    }
}

fn draw_rim(pen: &mut Pen, label: &RimLabel, frame: Frame) {
    let (x, y) = frame.at(label.shown_deg, label.radius);
    let height = |scale: f64| (letters::CAPITAL + 1.2) * scale;
    let whole: f64 = label.rows.iter().map(|(_, scale)| height(*scale)).sum::<f64>()
        + ROW_GAP * (label.rows.len().max(1) - 1) as f64;
    let mut top = y - whole / 2.0;
    for (row, (set, scale)) in label.rows.iter().enumerate() {
        let class = if label.is_angle && row == 0 { "k" } else { "m" };
        let base = top + scale * (letters::CAPITAL + 0.6);
        text(pen, set, (x - scale * set.width / 2.0, base), *scale, class);
        top += height(*scale) + ROW_GAP;
    }
}

/// The line along a ray, left out where a label stands.
fn broken_ray(plan: &Plan, longitude_deg: f64, from: f64, to: f64) -> String {
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for label in &plan.inner {
        taken.extend(shadows(label, longitude_deg));
    }
    // One gap from the first part to the last: pieces of line between the parts would only clutter.
    let low = taken.iter().map(|part| part.0).fold(to, f64::min);
    let high = taken.iter().map(|part| part.1).fold(low, f64::max);
    if taken.is_empty() {
        return plan.frame.ray(longitude_deg, from, to);
    }
    let pieces = [(from, low), (high, to)].into_iter().filter(|(start, end)| end - start > SLIVER);
    pieces.map(|(start, end)| plan.frame.ray(longitude_deg, start, end)).collect()
}

/// Where a ray passes through the disks of a label, as radii.
fn shadows(label: &Label, longitude_deg: f64) -> Vec<(f64, f64)> {
    let off = super::super::angles::wrap_deg(label.shown_deg - longitude_deg).to_radians();
    if off.cos() <= 0.0 {
        return Vec::new();
    }
    let through = |part: &super::labels::Part| {
        let (along, aside) = (part.radius * off.cos(), part.radius * off.sin());
        let half = (part.reach * part.reach - aside * aside).sqrt();
        half.is_finite().then_some((along - half, along + half))
    };
    label.parts.iter().filter_map(through).collect()
}
