//! P: What stands in the corners of the sheet: whose chart it is, the notes, the key to the aspects, the elements. Writes
//! no line into the wheel: each is cut to the room that the circle leaves at its height.

use std::fmt::Write;

use super::super::names::{self, Lang};
use super::super::signs::Element;
use super::frame::{CENTRE, RIM_REACH, SIDE};
use super::path::{short, short2};
use super::pen::Pen;
use super::{Ring, Wheel, glyphs, labels, letters, web};

/// Distance of the corners' text from the sheet's edge.
const MARGIN: f64 = 26.0;
/// Least distance between text and wheel.
const CLEARANCE: f64 = 8.0;
/// Scale of a name and of a line.
const NAME_SCALE: f64 = 1.9;
const LINE_SCALE: f64 = 1.06;
/// From line to line.
const LINE_STEP: f64 = 19.0;
/// Aspects that get their name in the key; more of them get their drawing alone.
const KEY_NAMES_MAX: usize = 6;

/// A corner's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Room for text whose inner edge is `depth` from the sheet's upper or lower edge.
fn room(depth: f64) -> f64 {
    let up = CENTRE - depth;
    let half_chord = (RIM_REACH * RIM_REACH - up * up).max(0.0).sqrt();
    CENTRE - half_chord - MARGIN - CLEARANCE
}

/// Draws all four corners.
pub fn draw(pen: &mut Pen, wheel: &Wheel, lang: Lang) {
    ring(pen, &wheel.inner, Side::Left, "k");
    if let Some(outer) = &wheel.outer {
        ring(pen, outer, Side::Right, "o");
        notes(pen, wheel, true);
    } else {
        notes(pen, wheel, false);
        elements(pen, wheel, lang);
    }
    key(pen, wheel, lang);
}

/// Name and lines of a chart in an upper corner.
fn ring(pen: &mut Pen, ring: &Ring, side: Side, class: &str) {
    let mut base = MARGIN + 19.0;
    if !ring.name.is_empty() {
        line(pen, &ring.name, side, base, NAME_SCALE, class, base + 8.0);
        base += 25.0;
    }
    for text in &ring.lines {
        line(pen, text, side, base, LINE_SCALE, "m", base + 4.0);
        base += LINE_STEP;
    }
}

/// The notes: in the upper right corner, or from the lower right one up.
fn notes(pen: &mut Pen, wheel: &Wheel, is_below: bool) {
    let count = wheel.notes.len();
    for (index, text) in wheel.notes.iter().enumerate() {
        let (base, depth) = if is_below {
            let base = SIDE - MARGIN - LINE_STEP * (count - 1 - index) as f64;
            (base, SIDE - base + letters::CAPITAL * LINE_SCALE)
        } else {
            let base = MARGIN + 12.0 + LINE_STEP * index as f64;
            (base, base + 4.0)
        };
        line(pen, text, Side::Right, base, LINE_SCALE, "m", depth);
    }
}

/// One line, made smaller and then cut where the circle leaves no room.
fn line(pen: &mut Pen, text: &str, side: Side, base: f64, scale: f64, class: &str, depth: f64) {
    let room = room(depth);
    let Some(set) = letters::set(text) else { return foreign(pen, text, side, base, scale, class, room) };
    let (set, scale) = fitted(text, set, scale, room);
    let x = match side {
        Side::Left => MARGIN,
        Side::Right => SIDE - MARGIN - set.width * scale,
    };
    labels::text(pen, &set, (x, base), scale, class);
}

/// A line made smaller, by a third at most, and then cut, until it is no wider than `room`.
fn fitted(text: &str, set: letters::Set, scale: f64, room: f64) -> (letters::Set, f64) {
    let fits = |set: &letters::Set, scale: f64| set.width * scale <= room;
    if fits(&set, scale) {
        return (set, scale);
    }
    let scale = (room / set.width).max(scale * 0.66);
    let (mut set, mut kept) = (set, text.chars().collect::<Vec<char>>());
    while !fits(&set, scale) && !kept.is_empty() {
        kept.pop();
        let cut: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        set = letters::set(&cut).unwrap_or_default();
    }
    (set, scale)
}

/// A line in a script that the alphabet lacks, left to the viewer's fonts and squeezed into its room.
fn foreign(pen: &mut Pen, text: &str, side: Side, base: f64, scale: f64, class: &str, room: f64) {
    let size = 13.5 * scale;
    let widest = text.chars().count() as f64 * size;
    let (x, anchor) = match side {
        Side::Left => (MARGIN, "start"),
        Side::Right => (SIDE - MARGIN, "end"),
    };
    let squeezed = if widest > room { short(room) } else { String::new() };
    let adjust = if squeezed.is_empty() { "" } else { "spacingAndGlyphs" };
    pen.text(
        "text",
        &[
            ("class", class),
            ("x", &short(x)),
            ("y", &short(base)),
            ("font-family", "system-ui,sans-serif"),
            ("font-size", &short(size)),
            ("text-anchor", anchor),
            ("textLength", &squeezed),
            ("lengthAdjust", adjust),
            ("fill", "currentColor"),
            ("stroke", "none"),
        ],
        text,
    );
}

/// Kinds of aspects on the wheel, in the order of their first appearance in the customary list.
fn kinds(wheel: &Wheel) -> Vec<&str> {
    const ORDER: [&str; 5] = ["conjunction", "opposition", "square", "trine", "sextile"];
    let mut kinds: Vec<&str> = wheel.links.iter().map(|link| link.aspect.as_str()).collect();
    kinds.sort_by_key(|code| (ORDER.iter().position(|known| known == code).unwrap_or(ORDER.len()), *code));
    kinds.dedup();
    kinds
}

/// The key to the aspects in the lower left corner.
fn key(pen: &mut Pen, wheel: &Wheel, lang: Lang) {
    let kinds = kinds(wheel);
    if kinds.len() <= KEY_NAMES_MAX {
        for (row, code) in kinds.iter().rev().enumerate() {
            let y = SIDE - MARGIN - 6.0 - LINE_STEP * row as f64;
            key_entry(pen, code, MARGIN, y);
            let name = names::aspect(code, lang).and_then(letters::set);
            let x = MARGIN + 52.0;
            if let Some(set) = name.filter(|set| set.width * LINE_SCALE + x - MARGIN <= room(SIDE - y + 10.0)) {
                labels::text(pen, &set, (x, y + 5.3), LINE_SCALE, "m");
            }
        }
        return;
    }
    let (mut row, mut x) = (0, MARGIN);
    for code in kinds {
        let mut y = SIDE - MARGIN - 6.0 - LINE_STEP * f64::from(row);
        if x + 46.0 - MARGIN > room(SIDE - y + 10.0) {
            (row, x) = (row + 1, MARGIN);
            y -= LINE_STEP;
        }
        key_entry(pen, code, x, y);
        x += 56.0;
    }
}

fn key_entry(pen: &mut Pen, code: &str, x: f64, y: f64) {
    let look = web::look(code);
    let sample = format!("M{} {}h28", short(x), short(y));
    pen.leaf(
        "path",
        &[
            ("class", look.class),
            ("d", &sample),
            ("stroke-width", &short(look.weight * 0.85)),
            ("stroke-dasharray", look.dashes),
        ],
    );
    if let Some(glyph) = glyphs::aspect(code) {
        labels::glyph(pen, glyph, (x + 39.0, y), 0.5, look.class);
    }
}

/// How many points stand in each element, in the lower right corner: a dot each.
fn elements(pen: &mut Pen, wheel: &Wheel, lang: Lang) {
    let all = [Element::Fire, Element::Earth, Element::Air, Element::Water];
    for (index, (element, count)) in all.into_iter().zip(wheel.elements).enumerate() {
        let base = SIDE - MARGIN - LINE_STEP * (3 - index) as f64;
        let class = format!("e{index}");
        let Some(set) = letters::set(names::element(element, lang)) else { continue };
        let x = SIDE - MARGIN - set.width * LINE_SCALE;
        labels::text(pen, &set, (x, base), LINE_SCALE, "m");
        let mut dots = String::new();
        for n in 0..count {
            let _ = write!(dots, "M{} {}h.01", short(x - 11.0 - 9.0 * f64::from(n)), short(base - 4.6));
        }
        if !dots.is_empty() {
            pen.leaf("path", &[("class", &class), ("d", &dots), ("stroke-width", &short2(6.4))]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corner_text_stays_out_of_the_wheel() {
        let text = "A name far too long to stand in any corner of any wheel, whoever it may belong to";
        for depth in [20.0, 34.0, 53.0, 72.0, 91.0, 110.0, 129.0, 148.0] {
            let set = letters::set(text).unwrap();
            let (set, scale) = fitted(text, set, NAME_SCALE, room(depth));
            let (across, up) = (CENTRE - MARGIN - set.width * scale, CENTRE - depth);
            assert!(set.width > 0.0 && across.hypot(up) > RIM_REACH, "{depth}");
        }
    }
}
