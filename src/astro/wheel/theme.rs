//! P: The colours of a wheel by day, by night and on paper, as a style sheet of its own. Draws nothing.

use std::fmt::Write;

/// On what the wheel is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the viewer prefers; where nothing is known, light.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A role and its colour by day, by night and in print.
type Ink = (&'static str, [&'static str; 3]);

/// Roles whose colour is the line's.
pub(super) const LINES: [Ink; 16] = [
    ("k", ["#1f1c2b", "#f1ecdf", "#000"]),
    ("m", ["#5f5a70", "#aaa4bd", "#333"]),
    ("h", ["#b9b2a4", "#4a4763", "#888"]),
    ("o", ["#6a3d9a", "#c9a8f5", "#4a2a70"]),
    ("e0", ["#b5371f", "#ff8f73", "#8f2a16"]),
    ("e1", ["#56701f", "#b3cf72", "#3f5416"]),
    ("e2", ["#946400", "#f0c650", "#6e4a00"]),
    ("e3", ["#2361a6", "#84baf7", "#17457a"]),
    ("cj", ["#8f6a10", "#e8c565", "#5f4600"]),
    ("op", ["#a3195b", "#ff7fb2", "#7a0f43"]),
    ("sq", ["#c92a2a", "#ff7b6e", "#9b1c1c"]),
    ("tr", ["#1f5fc0", "#74a9ff", "#12407f"]),
    ("sx", ["#0f7f86", "#5fd0d3", "#0a5a5f"]),
    ("qx", ["#3d7d32", "#86d07a", "#275420"]),
    ("ss", ["#a35a1e", "#f0a868", "#703c12"]),
    ("ot", ["#6f6a80", "#9a94b0", "#444"]),
];

/// Roles whose colour fills.
pub(super) const FILLS: [Ink; 6] = [
    ("p", ["#fffdf8", "#15141f", "#fff"]),
    ("d", ["#fdf9ef", "#1a1928", "#fff"]),
    ("t0", ["#fbe7e0", "#38202a", "#f3f3f3"]),
    ("t1", ["#eef3dd", "#252f20", "#fff"]),
    ("t2", ["#fcf1d3", "#373020", "#f3f3f3"]),
    ("t3", ["#e2eefa", "#1b2c45", "#fff"]),
];

/// The style sheet of the picture `id`, in the order of by day, by night, on paper as the theme asks.
pub fn sheet(id: &str, theme: Theme) -> String {
    let by = |column: usize| {
        let mut rules = String::new();
        for (class, inks) in LINES {
            let _ = write!(rules, "#{id} .{class}{{color:{}}}", inks[column]);
        }
        for (class, inks) in FILLS {
            let _ = write!(rules, "#{id} .{class}{{fill:{}}}", inks[column]);
        }
        rules
    };
    let print = format!("@media print{{{}}}", by(2));
    match theme {
        Theme::Light => by(0) + &print,
        Theme::Dark => by(1),
        Theme::Auto => format!("{}@media (prefers-color-scheme:dark){{{}}}{print}", by(0), by(1)),
    }
}

impl Theme {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// `auto`, `light` or `dark`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.1).
    fn luminance(colour: &str) -> f64 {
        let digits = colour.trim_start_matches('#');
        let wide: String =
            if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.to_owned() };
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&wide[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG 2.1 AA: 4.5 for text (1.4.3), 3 for parts of a picture (1.4.11).
    #[test]
    fn every_colour_can_be_read_on_its_ground() {
        for column in 0..3 {
            let paper = FILLS[0].1[column];
            for (class, inks) in LINES {
                let least = match class {
                    "h" => 1.5,
                    "k" => 12.0,
                    _ => 4.5,
                };
                assert!(contrast(inks[column], paper) >= least, "{class} {}", inks[column]);
            }
            for element in 0..4 {
                let (ink, tint) = (LINES[4 + element].1[column], FILLS[2 + element].1[column]);
                assert!(contrast(ink, tint) >= 3.0, "{ink} on {tint}: {}", contrast(ink, tint));
            }
        }
    }
}
