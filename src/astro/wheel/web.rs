//! P: The lines of the aspects in the middle of the wheel, and how each aspect is drawn wherever it appears.

use std::fmt::Write;

use super::path::{short, short2};
use super::pen::Pen;
use super::{Link, Plan, Wheel};

/// How the line of an aspect looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Colour.
    pub class: &'static str,
    /// Dashes; empty for an unbroken line.
    pub dashes: &'static str,
    /// Weight of an exact aspect.
    pub weight: f64,
}

/// The look of an aspect by its code.
pub fn look(code: &str) -> Look {
    let (class, dashes, weight) = match code {
        "conjunction" => ("cj", "", 3.0),
        "opposition" => ("op", "", 2.7),
        "square" => ("sq", "", 2.7),
        "trine" => ("tr", "12 4", 2.7),
        "sextile" => ("sx", "6 5", 2.4),
        "quincunx" => ("qx", "2 5", 1.8),
        "semi_sextile" => ("qx", "1 5", 1.6),
        "semi_square" | "sesquiquadrate" => ("ss", "4 4", 1.6),
        _ => ("ot", "1 6", 1.5),
    };
    Look { class, dashes, weight }
}

/// Draws the lines, the widest orbs first, so that the exact ones lie on top.
pub fn draw(pen: &mut Pen, plan: &Plan, wheel: &Wheel) {
    let radius = plan.bands.house_in;
    let mut links: Vec<&Link> = wheel.links.iter().collect();
    links.sort_by(|x, y| closeness(x).total_cmp(&closeness(y)));
    for link in links {
        let look = look(&link.aspect);
        let closeness = closeness(link);
        let line = format!("M{}L{}", plan.frame.xy(link.a_deg, radius), plan.frame.xy(link.b_deg, radius));
        let (dashes, fade) = if link.certain { (look.dashes, 1.0) } else { ("1 5", 0.6) };
        pen.leaf(
            "path",
            &[
                ("class", look.class),
                ("d", &line),
                ("stroke-width", &short(0.9 + (look.weight - 0.9) * closeness)),
                ("stroke-dasharray", dashes),
                ("opacity", &short2((0.55 + 0.45 * closeness) * fade)),
            ],
        );
    }
    dots(pen, plan);
}

/// 1 for an exact aspect, 0 at the limit of its orb.
fn closeness(link: &Link) -> f64 {
    1.0 - (link.orb_deg / link.orb_max_deg.max(0.01)).clamp(0.0, 1.0)
}

/// A dot for every body where its lines end.
fn dots(pen: &mut Pen, plan: &Plan) {
    for (labels, class) in [(&plan.inner, "k"), (&plan.outer, "o")] {
        let mut dots = String::new();
        for label in labels {
            let (x, y) = plan.frame.at(label.true_deg, plan.bands.house_in);
            let _ = write!(dots, "M{} {}h.01", short(x), short(y));
        }
        if !dots.is_empty() {
            pen.leaf("path", &[("class", class), ("d", &dots), ("stroke-width", "4.4")]);
        }
    }
}
