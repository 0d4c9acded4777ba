//! P: Houses cut from semi-arcs: Placidus, Koch, Alcabitius. The arcs must exist, which is for the caller to see to.

use crate::astro::angles::LocalSky;

/// Newton steps allowed for one Placidus cusp; bisection takes over where a step leaves the bracket, and 60 halvings of
/// 120 degrees are below the spacing of doubles.
const PLACIDUS_STEPS_MAX: usize = 64;
/// A Placidus cusp is accepted when the step in right ascension is below this, degrees (0.00004 milliarcseconds).
const PLACIDUS_TOLERANCE_DEG: f64 = 1e-11;

/// tan(latitude) * tan(obliquity): the sine of the ascensional difference of an ecliptic point is this times the sine
/// of its right ascension, since tan(declination) = tan(obliquity) * sin(right ascension) on the ecliptic. Below 1
/// outside the polar circles.
fn ascensional_factor(sky: &LocalSky) -> f64 {
    sky.latitude_deg.to_radians().tan() * sky.obliquity_deg.to_radians().tan()
}

/// Koch (birthplace) houses: the diurnal semi-arc of the Midheaven's degree is cut in three, and each cusp is the
/// ecliptic degree that rises a third of that arc earlier or later (Holden 1977, The Elements of House Division).
pub(super) fn koch(sky: &LocalSky) -> [f64; 4] {
    let sine = ascensional_factor(sky) * sky.armc_deg.to_radians().sin();
    let third = (90.0 + sine.clamp(-1.0, 1.0).asin().to_degrees()) / 3.0;
    [-2.0, -1.0, 1.0, 2.0].map(|steps| sky.rising_deg(sky.armc_deg + 90.0 + steps * third, sky.latitude_deg))
}

/// Placidus houses: a cusp has gone through one or two thirds of its own diurnal or nocturnal semi-arc (Meeus-style
/// spherical trigonometry; Holden 1977).
pub(super) fn placidus(sky: &LocalSky) -> [f64; 4] {
    [(1.0 / 3.0, true), (2.0 / 3.0, true), (2.0 / 3.0, false), (1.0 / 3.0, false)]
        .map(|(fraction, above)| placidus_cusp(sky, fraction, above))
}

/// Solves for the right ascension whose distance from the meridian is `fraction` of its semi-arc: east of the upper
/// meridian for `above`, west of the lower one otherwise.
///
/// The function `distance - fraction * semi-arc` rises strictly (its slope is at least `1 - fraction * factor`, and
/// both are below 1 outside the polar circles), so that the bracket holds exactly one root.
fn placidus_cusp(sky: &LocalSky, fraction: f64, above: bool) -> f64 {
    let factor = ascensional_factor(sky);
    let lower_meridian = sky.armc_deg + 180.0;
    let (mut low, mut high) = if above {
        (sky.armc_deg, sky.armc_deg + 180.0 * fraction)
    } else {
        (lower_meridian - 180.0 * fraction, lower_meridian)
    };
    let mut ra = 0.5 * (low + high);
    for _ in 0..PLACIDUS_STEPS_MAX {
        let (sin_ra, cos_ra) = ra.to_radians().sin_cos();
        let sine = (factor * sin_ra).clamp(-1.0, 1.0);
        let ascensional_difference = sine.asin().to_degrees();
        let value = if above {
            ra - sky.armc_deg - fraction * (90.0 + ascensional_difference)
        } else {
            ra - lower_meridian + fraction * (90.0 - ascensional_difference)
        };
        if value > 0.0 {
            high = ra;
        } else {
            low = ra;
        }
        let cosine = (1.0 - sine * sine).sqrt().max(1e-12);
        let newton = ra - value / (1.0 - fraction * factor * cos_ra / cosine);
        // The ends belong to the bracket: at the root itself the step is nothing.
        let next = if (low..=high).contains(&newton) { newton } else { 0.5 * (low + high) };
        let step = (next - ra).abs();
        ra = next;
        if step < PLACIDUS_TOLERANCE_DEG {
            break;
        }
    }
    sky.ecliptic_of_right_ascension_deg(ra)
}

/// Alcabitius houses: the diurnal semi-arc of the Ascendant's degree is cut in three on the equator, and so is its
/// nocturnal one; each cusp is the ecliptic degree with that right ascension (Holden 1977; al-Qabisi, 10th century).
/// Cusps 11, 12, 2, 3. The Ascendant stands on the horizon, so that its semi-arcs exist at every latitude.
pub(super) fn alcabitius(sky: &LocalSky, ascendant_deg: f64) -> [f64; 4] {
    let sin_dec = sky.obliquity_deg.to_radians().sin() * ascendant_deg.to_radians().sin();
    let tan_dec = sin_dec / (1.0 - sin_dec * sin_dec).max(f64::MIN_POSITIVE).sqrt();
    let sine = sky.latitude_deg.to_radians().tan() * tan_dec;
    let ascensional_difference = sine.clamp(-1.0, 1.0).asin().to_degrees();
    let (above, below) = ((90.0 + ascensional_difference) / 3.0, (90.0 - ascensional_difference) / 3.0);
    let lower_meridian = sky.armc_deg + 180.0;
    [sky.armc_deg + above, sky.armc_deg + 2.0 * above, lower_meridian - 2.0 * below, lower_meridian - below]
        .map(|right_ascension_deg| sky.ecliptic_of_right_ascension_deg(right_ascension_deg))
}
