//! P: What a chart is asked to be: zodiac, centre, houses, bodies, rules. Reads no text and computes nothing.

use serde::{Deserialize, Serialize};

use super::body::Body;
use super::ephemeris::{Center, Site, View};
use super::error::AstroError;
use super::houses::HouseSystem;
use super::rulesets::Ruleset;
use super::zodiac::Zodiac;

/// Options of a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChartOptions {
    /// Where the zodiac begins.
    pub zodiac: Zodiac,
    /// From where, and how, bodies are seen.
    pub view: View,
    /// How houses are divided.
    pub house_system: HouseSystem,
    /// The bodies wanted, each once, in the order of the enum.
    pub bodies: Vec<Body>,
    /// Name and version of the ruleset, such as `modern-1.0.0`.
    pub ruleset: String,
}

impl Default for ChartOptions {
    /// Tropical, geocentric and apparent, Placidus, ten planets and the two nodes, the ruleset of the build.
    fn default() -> Self {
        Self {
            zodiac: Zodiac::Tropical,
            view: View::default(),
            house_system: HouseSystem::Placidus,
            bodies: Body::STANDARD.to_vec(),
            ruleset: Ruleset::builtin().id().to_string(),
        }
    }
}

impl ChartOptions {
    /// The bodies that [`Center::Heliocentric`] has by default: those that go around the Sun.
    pub const HELIOCENTRIC: [Body; 8] =
        [Body::Mercury, Body::Venus, Body::Mars, Body::Jupiter, Body::Saturn, Body::Uranus, Body::Neptune, Body::Pluto];

    /// The default with another house system.
    #[must_use]
    pub fn with_houses(house_system: HouseSystem) -> Self {
        Self { house_system, ..Self::default() }
    }

    /// These with a topocentric view moved to a place (degrees north, degrees east); its altitude stays.
    #[must_use]
    pub fn for_place(&self, latitude_deg: f64, longitude_deg: f64) -> Self {
        let mut moved = self.clone();
        if let Center::Topocentric(site) = &mut moved.view.center {
            *site = Site { latitude_deg, longitude_deg, ..*site };
        }
        moved
    }

    /// The built-in ruleset that these options name.
    ///
    /// # Errors
    /// [`AstroError::UnknownRuleset`], with those that there are.
    pub fn builtin_ruleset(&self) -> Result<&'static Ruleset, AstroError> {
        Ruleset::find_builtin(&self.ruleset).map(|ruleset| &**ruleset).ok_or_else(|| AstroError::UnknownRuleset {
            given: self.ruleset.clone(),
            offers: Ruleset::builtins().iter().map(|ruleset| ruleset.id().to_string()).collect(),
        })
    }

    /// Metres above the ellipsoid from which the sky is seen, where that was said.
    #[must_use]
    pub const fn altitude_m(&self) -> f64 {
        match self.view.center {
            Center::Topocentric(site) => site.altitude_m,
            _ => 0.0,
        }
    }

    /// Whether houses, angles and lots have a meaning: not as seen from the Sun.
    #[must_use]
    pub const fn has_horizon(&self) -> bool {
        !matches!(self.view.center, Center::Heliocentric)
    }
}
