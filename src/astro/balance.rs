//! P: How planets and angles are spread over elements, modalities, genders, hemispheres and quadrants. Weighs nothing: every
//! point counts one.

use serde::{Deserialize, Serialize};

use super::angles::{Angles, norm_deg};
use super::body::Body;
use super::point::Point;
use super::receptions::InSign;
use super::sect::is_masculine;
use super::signs::{Element, Modality, Sign};

/// Planets on either side of horizon and meridian, by longitude.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hemispheres {
    /// Between Descendant, Midheaven and Ascendant.
    pub above: u8,
    /// Between Ascendant, Imum Coeli and Descendant.
    pub below: u8,
    /// Between Midheaven, Ascendant and Imum Coeli.
    pub east: u8,
    /// Between Imum Coeli, Descendant and Midheaven.
    pub west: u8,
    /// From the Ascendant on, against the daily motion: to the Imum Coeli, the Descendant, the Midheaven, the Ascendant.
    pub quadrants: [u8; 4],
}

/// How many points stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Fire, earth, air, water.
    pub elements: [u8; 4],
    /// Cardinal, fixed, mutable.
    pub modalities: [u8; 3],
    /// Points in masculine signs (fire and air).
    pub masculine: u8,
    /// Points in feminine signs (earth and water).
    pub feminine: u8,
    /// The ten planets about horizon and meridian; none where the angles are not known.
    pub hemispheres: Option<Hemispheres>,
    /// The planets and angles counted in signs: those whose sign is known.
    pub counted: Vec<Point>,
    /// How many there may be where the time is vague, planets of open sign and the angles with them.
    pub most: Option<Most>,
}

/// The most that may stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Most {
    /// Fire, earth, air, water.
    pub elements: [u8; 4],
    /// Cardinal, fixed, mutable.
    pub modalities: [u8; 3],
    /// In masculine signs.
    pub masculine: u8,
    /// In feminine signs.
    pub feminine: u8,
}

/// Counts planets in signs, the two angles with them, and planets (with their longitudes) about the angles.
pub fn spread(placed: &[InSign], angles: Option<&Angles>, places: &[(Body, f64, Option<u8>)]) -> Spread {
    let mut points: Vec<(Point, Sign)> = placed.iter().map(|&(body, sign)| (Point::Body(body), sign)).collect();
    if let Some(angles) = angles {
        points.push((Point::Ascendant, angles.ascendant.sign));
        points.push((Point::Midheaven, angles.midheaven.sign));
    }
    let mut spread = Spread::default();
    for (point, sign) in points {
        let (element, modality) = classes(sign);
        spread.elements[element] += 1;
        spread.modalities[modality] += 1;
        *if is_masculine(sign) { &mut spread.masculine } else { &mut spread.feminine } += 1;
        spread.counted.push(point);
    }
    spread.hemispheres = angles.map(|angles| hemispheres(angles, places));
    spread
}

/// Where a sign counts among the elements and among the modalities.
fn classes(sign: Sign) -> (usize, usize) {
    let element = match sign.element() {
        Element::Fire => 0,
        Element::Earth => 1,
        Element::Air => 2,
        Element::Water => 3,
    };
    let modality = match sign.modality() {
        Modality::Cardinal => 0,
        Modality::Fixed => 1,
        Modality::Mutable => 2,
    };
    (element, modality)
}

impl Spread {
    /// The most that may stand where, with each of the open planets in any of its signs, and as many angles everywhere.
    pub fn most(&self, open: &[Vec<Sign>], angles: u8) -> Most {
        let more = |counts: u8| counts + angles;
        let mut most = Most {
            elements: self.elements.map(more),
            modalities: self.modalities.map(more),
            masculine: more(self.masculine),
            feminine: more(self.feminine),
        };
        for signs in open {
            let places: Vec<(usize, usize)> = signs.iter().map(|sign| classes(*sign)).collect();
            for (index, count) in most.elements.iter_mut().enumerate() {
                *count += u8::from(places.iter().any(|place| place.0 == index));
            }
            for (index, count) in most.modalities.iter_mut().enumerate() {
                *count += u8::from(places.iter().any(|place| place.1 == index));
            }
            most.masculine += u8::from(signs.iter().any(|sign| is_masculine(*sign)));
            most.feminine += u8::from(signs.iter().any(|sign| !is_masculine(*sign)));
        }
        most
    }
}

fn hemispheres(angles: &Angles, places: &[(Body, f64, Option<u8>)]) -> Hemispheres {
    let mut quadrants = [0_u8; 4];
    let ascendant = angles.ascendant.longitude_deg;
    let to_imum_coeli = norm_deg(angles.imum_coeli.longitude_deg - ascendant);
    for (_, longitude_deg, _) in places {
        let along = norm_deg(longitude_deg - ascendant);
        let (below, within) = (along < 180.0, along % 180.0);
        let first = within < to_imum_coeli;
        quadrants[usize::from(!below) * 2 + usize::from(!first)] += 1;
    }
    let [first, second, third, fourth] = quadrants;
    Hemispheres { above: third + fourth, below: first + second, east: first + fourth, west: second + third, quadrants }
}
