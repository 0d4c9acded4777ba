//! P: The geometry of the wheel: where a longitude lies on the sheet, and at which radii the rings run. Draws nothing.

use super::path::short;

/// Side of the sheet, in its own units.
pub const SIDE: f64 = 1000.0;
/// Middle of the sheet.
pub const CENTRE: f64 = SIDE / 2.0;
/// Nothing of the wheel, labels at the rim included, lies further out than this.
pub const RIM_REACH: f64 = 491.0;

/// How the zodiac lies on the sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// The longitude at the left, degrees; the zodiac runs on counter-clockwise from there.
    pub left_deg: f64,
}

/// Radii of the rings, from the centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Radii {
    /// Outer edge of the zodiac.
    pub zodiac_out: f64,
    /// Inner edge of the zodiac.
    pub zodiac_in: f64,
    /// Size of a sign's drawing, as a factor.
    pub sign_scale: f64,
    /// Outer edge of the houses' numbers.
    pub house_out: f64,
    /// Inner edge of the houses' numbers, where the aspects' lines end.
    pub house_in: f64,
    /// Outer edge of a second chart's ring, or of the zodiac.
    pub edge: f64,
    /// Middle of the labels at the rim.
    pub rim: f64,
}

/// One chart.
pub const SINGLE: Radii = Radii {
    zodiac_out: 438.0,
    zodiac_in: 386.0,
    sign_scale: 1.28,
    house_out: 228.0,
    house_in: 205.0,
    edge: 438.0,
    rim: 466.0,
};

/// A chart and another around it.
pub const DOUBLE: Radii = Radii {
    zodiac_out: 331.0,
    zodiac_in: 294.0,
    sign_scale: 0.96,
    house_out: 160.0,
    house_in: 141.0,
    edge: 440.0,
    rim: 466.0,
};

impl Frame {
    /// The angle of a longitude on the sheet, radians, counter-clockwise from the right.
    pub fn turn(self, longitude_deg: f64) -> f64 {
        (180.0 + longitude_deg - self.left_deg).to_radians()
    }

    /// Where a longitude lies at a radius.
    pub fn at(self, longitude_deg: f64, radius: f64) -> (f64, f64) {
        let (sin, cos) = self.turn(longitude_deg).sin_cos();
        (CENTRE + radius * cos, CENTRE - radius * sin)
    }

    /// The same as text.
    pub fn xy(self, longitude_deg: f64, radius: f64) -> String {
        let (x, y) = self.at(longitude_deg, radius);
        format!("{} {}", short(x), short(y))
    }

    /// A straight line along the ray of a longitude.
    pub fn ray(self, longitude_deg: f64, from: f64, to: f64) -> String {
        format!("M{}L{}", self.xy(longitude_deg, from), self.xy(longitude_deg, to))
    }
}
