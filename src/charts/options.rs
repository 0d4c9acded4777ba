//! Turns the options of a chart as typed into options, naming every one that is wrong at once. Guesses nothing.

use crate::astro::{Ayanamsa, Body, Center, ChartOptions, HouseSystem, Reduction, Site, View, Zodiac};
use crate::error::FieldError;

/// Altitudes from which a sky may be seen, metres above the ellipsoid: from below the Dead Sea to a satellite.
const ALTITUDES_M: (f64, f64) = (-500.0, 100_000.0);

/// Options as typed; what is left out is the default.
#[derive(Clone, Debug, Default)]
pub struct OptionsDraft {
    /// `tropical` or `sidereal`.
    pub zodiac: Option<String>,
    /// Code of the ayanamsa.
    pub ayanamsa: Option<String>,
    /// Epoch of the user's ayanamsa, Julian Date TT.
    pub ayanamsa_epoch_jd_tt: Option<f64>,
    /// Its value there, degrees.
    pub ayanamsa_value_deg: Option<f64>,
    /// Code of the house system.
    pub house_system: Option<String>,
    /// `geocentric`, `topocentric` or `heliocentric`.
    pub frame: Option<String>,
    /// `apparent` or `geometric`.
    pub reduction: Option<String>,
    /// Metres above the ellipsoid.
    pub altitude_m: Option<f64>,
    /// Codes of bodies.
    pub bodies: Option<Vec<String>>,
    /// Name and version of the ruleset.
    pub ruleset: Option<String>,
}

impl OptionsDraft {
    /// The options. A topocentric view has no place yet: [`ChartOptions::for_place`] gives it one.
    pub fn read(&self, errors: &mut Vec<FieldError>) -> ChartOptions {
        let default = ChartOptions::default();
        let view = View { center: self.center(errors), reduction: self.reduction(errors) };
        ChartOptions {
            zodiac: self.zodiac(errors),
            view,
            house_system: self
                .house_system
                .as_deref()
                .map_or(HouseSystem::Placidus, |code| house_system(code, &view.center, errors)),
            bodies: self.bodies(&view.center, errors).unwrap_or_else(|| match view.center {
                Center::Heliocentric => ChartOptions::HELIOCENTRIC.to_vec(),
                _ => default.bodies,
            }),
            ruleset: self.ruleset.clone().unwrap_or(default.ruleset),
        }
    }

    fn zodiac(&self, errors: &mut Vec<FieldError>) -> Zodiac {
        let ayanamsa = self.ayanamsa(errors);
        match (self.zodiac.as_deref(), ayanamsa) {
            (None, None) => Zodiac::Tropical,
            (Some("sidereal"), Some(ayanamsa)) => Zodiac::Sidereal(ayanamsa),
            (Some("sidereal"), None) => {
                if self.ayanamsa.is_none() {
                    errors.push(FieldError::unshown("ayanamsa", format!("one of: {}", ayanamsas())));
                }
                Zodiac::Tropical
            }
            (Some("tropical"), _) => {
                if let Some(code) = &self.ayanamsa {
                    errors.push(FieldError::new("ayanamsa", code, "leave it out, or say zodiac sidereal"));
                }
                Zodiac::Tropical
            }
            (None, Some(ayanamsa)) => {
                errors.push(FieldError::unshown("zodiac", format!("sidereal, beside ayanamsa {}", ayanamsa.code())));
                Zodiac::Tropical
            }
            (Some(other), _) => {
                errors.push(FieldError::new("zodiac", other, "one of: tropical, sidereal"));
                Zodiac::Tropical
            }
        }
    }

    fn ayanamsa(&self, errors: &mut Vec<FieldError>) -> Option<Ayanamsa> {
        let code = self.ayanamsa.as_deref();
        if code == Some(Ayanamsa::USER_CODE) {
            return self.users_own(errors);
        }
        let only = "leave it out, or say ayanamsa user";
        for (field, given) in
            [("ayanamsa_epoch_jd_tt", self.ayanamsa_epoch_jd_tt), ("ayanamsa_value_deg", self.ayanamsa_value_deg)]
        {
            errors.extend(given.map(|given| FieldError::new(field, given, only)));
        }
        let code = code?;
        let known = Ayanamsa::from_code(code);
        if known.is_none() {
            errors.push(FieldError::new("ayanamsa", code, format!("one of: {}", ayanamsas())));
        }
        known
    }

    fn users_own(&self, errors: &mut Vec<FieldError>) -> Option<Ayanamsa> {
        let (first, last) = Ayanamsa::USER_EPOCHS_JD_TT;
        let epochs = format!("a Julian Date (TT) from {first} to {last}, beside ayanamsa user");
        let epoch = within("ayanamsa_epoch_jd_tt", self.ayanamsa_epoch_jd_tt, (first, last), &epochs, errors);
        let values = "degrees, -360 to 360, beside ayanamsa user";
        let value = within("ayanamsa_value_deg", self.ayanamsa_value_deg, (-360.0, 360.0), values, errors);
        Some(Ayanamsa::User { epoch_jd_tt: epoch?, value_deg: value? })
    }

    fn center(&self, errors: &mut Vec<FieldError>) -> Center {
        let allowed =
            format!("metres above the ellipsoid, {} to {}, beside frame topocentric", ALTITUDES_M.0, ALTITUDES_M.1);
        match (self.frame.as_deref(), self.altitude_m) {
            (Some("topocentric"), altitude_m) => {
                let altitude_m =
                    within("altitude_m", Some(altitude_m.unwrap_or(0.0)), ALTITUDES_M, &allowed, errors).unwrap_or(0.0);
                Center::Topocentric(Site { latitude_deg: 0.0, longitude_deg: 0.0, altitude_m })
            }
            (frame, altitude_m) => {
                errors.extend(altitude_m.map(|given| FieldError::new("altitude_m", given, &allowed)));
                match frame {
                    None | Some("geocentric") => Center::Geocentric,
                    Some("heliocentric") => Center::Heliocentric,
                    Some(other) => {
                        let all = "one of: geocentric, topocentric, heliocentric";
                        errors.push(FieldError::new("frame", other, all));
                        Center::Geocentric
                    }
                }
            }
        }
    }

    fn reduction(&self, errors: &mut Vec<FieldError>) -> Reduction {
        match self.reduction.as_deref() {
            None | Some("apparent") => Reduction::Apparent,
            Some("geometric") => Reduction::Geometric,
            Some(other) => {
                errors.push(FieldError::new("reduction", other, "one of: apparent, geometric"));
                Reduction::Apparent
            }
        }
    }

    /// The bodies named, in the order of the enum; none when none was named.
    fn bodies(&self, center: &Center, errors: &mut Vec<FieldError>) -> Option<Vec<Body>> {
        let codes = self.bodies.as_ref()?;
        let is_allowed = |body: &Body| *center != Center::Heliocentric || goes_around_the_sun(*body);
        let allowed: Vec<_> = Body::ALL.iter().filter(|body| is_allowed(body)).map(|body| body.code()).collect();
        let mut bodies = Vec::new();
        for (index, code) in codes.iter().enumerate() {
            match Body::from_code(code.trim()).filter(is_allowed) {
                Some(body) if bodies.contains(&body) => errors.push(twice("bodies", index, code)),
                Some(body) => bodies.push(body),
                None => errors.push(FieldError::new(
                    format!("bodies[{index}]"),
                    code,
                    format!("one of: {}", allowed.join(", ")),
                )),
            }
        }
        if codes.is_empty() {
            errors.push(FieldError::unshown("bodies", format!("at least one of: {}", allowed.join(", "))));
        }
        bodies.sort_unstable();
        Some(bodies)
    }
}

/// The house system of a code, for a sky seen from a centre; where that is an error, Placidus stands for it.
pub fn house_system(code: &str, center: &Center, errors: &mut Vec<FieldError>) -> HouseSystem {
    if *center == Center::Heliocentric {
        errors.push(FieldError::new("house_system", code, "left out: a sky seen from the Sun has no houses"));
    }
    HouseSystem::from_code(code).unwrap_or_else(|| {
        let all: Vec<_> = HouseSystem::ALL.iter().map(|system| system.code()).collect();
        errors.push(FieldError::new("house_system", code, format!("one of: {}", all.join(", "))));
        HouseSystem::Placidus
    })
}

/// A member of a list that stands there already.
pub fn twice(field: &str, index: usize, code: &str) -> FieldError {
    FieldError::new(format!("{field}[{index}]"), code, "each once")
}

/// Whether a body can be seen from the Sun: neither the Sun itself nor a point of the Moon's orbit.
const fn goes_around_the_sun(body: Body) -> bool {
    !matches!(body, Body::Sun | Body::MeanNode | Body::TrueNode | Body::MeanApogee | Body::OsculatingApogee)
}

/// Codes of all ayanamsas.
fn ayanamsas() -> String {
    let named: Vec<_> = Ayanamsa::NAMED.iter().map(|ayanamsa| ayanamsa.code()).collect();
    format!("{}, {}", named.join(", "), Ayanamsa::USER_CODE)
}

/// A number that must be there and within bounds.
fn within(
    field: &str,
    given: Option<f64>,
    (least, most): (f64, f64),
    allowed: &str,
    errors: &mut Vec<FieldError>,
) -> Option<f64> {
    let fits = given.filter(|value| (least..=most).contains(value));
    if fits.is_none() {
        errors.push(match given {
            Some(given) => FieldError::new(field, given, allowed),
            None => FieldError::unshown(field, allowed),
        });
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "fields of a draft are optional")]
    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn read(draft: &OptionsDraft) -> Result<ChartOptions, Vec<String>> {
        let mut errors = Vec::new();
        let options = draft.read(&mut errors);
        assert!(errors.iter().all(|error| !error.allowed.is_empty()));
        if errors.is_empty() { Ok(options) } else { Err(errors.into_iter().map(|error| error.field).collect()) }
    }

    #[test]
    fn nothing_typed_is_the_default() {
        assert_eq!(read(&OptionsDraft::default()), Ok(ChartOptions::default()));
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let draft = OptionsDraft {
            zodiac: text("draconic"),
            ayanamsa: text("lahire"),
            house_system: text("campanile"),
            frame: text("barycentric"),
            reduction: text("mean"),
            altitude_m: Some(1.0),
            bodies: Some(vec!["sun".into(), "vulcan".into()]),
            ..OptionsDraft::default()
        };
        let mut fields = read(&draft).unwrap_err();
        fields.sort();
        assert_eq!(fields, ["altitude_m", "ayanamsa", "bodies[1]", "frame", "house_system", "reduction", "zodiac"]);
    }

    #[test]
    fn a_sidereal_zodiac_needs_its_ayanamsa_and_a_tropical_one_has_none() {
        let sidereal = OptionsDraft { zodiac: text("sidereal"), ..OptionsDraft::default() };
        assert_eq!(read(&sidereal), Err(vec!["ayanamsa".to_owned()]));
        let tropical = OptionsDraft { zodiac: text("tropical"), ayanamsa: text("lahiri"), ..OptionsDraft::default() };
        assert_eq!(read(&tropical), Err(vec!["ayanamsa".to_owned()]));
        let lahiri = OptionsDraft { ayanamsa: text("lahiri"), ..sidereal.clone() };
        assert_eq!(read(&lahiri).unwrap().zodiac, Zodiac::Sidereal(Ayanamsa::Lahiri));
        let own = OptionsDraft { ayanamsa: text("user"), ..sidereal };
        assert_eq!(read(&own), Err(vec!["ayanamsa_epoch_jd_tt".to_owned(), "ayanamsa_value_deg".to_owned()]));
        let own = OptionsDraft { ayanamsa_epoch_jd_tt: Some(2_415_020.0), ayanamsa_value_deg: Some(22.46), ..own };
        let user = Ayanamsa::User { epoch_jd_tt: 2_415_020.0, value_deg: 22.46 };
        assert_eq!(read(&own).unwrap().zodiac, Zodiac::Sidereal(user));
    }

    #[test]
    fn a_house_system_is_refused_where_there_are_no_houses() {
        let koch = OptionsDraft { house_system: text("koch"), ..OptionsDraft::default() };
        assert_eq!(read(&koch).unwrap().house_system, HouseSystem::Koch);
        let from_the_sun = OptionsDraft { frame: text("heliocentric"), ..koch };
        assert_eq!(read(&from_the_sun), Err(vec!["house_system".to_owned()]));
    }

    #[test]
    fn bodies_come_once_and_in_their_order() {
        let codes = |list: &[&str]| Some(list.iter().map(|code| (*code).to_owned()).collect());
        let again = OptionsDraft { bodies: codes(&["moon", "sun", "moon"]), ..OptionsDraft::default() };
        assert_eq!(read(&again), Err(vec!["bodies[2]".to_owned()]));
        let codes = ["moon", "chiron", "sun"].map(str::to_owned).to_vec();
        let draft = OptionsDraft { bodies: Some(codes), ..OptionsDraft::default() };
        assert_eq!(read(&draft).unwrap().bodies, [Body::Sun, Body::Moon, Body::Chiron]);
        let from_the_sun = OptionsDraft { frame: text("heliocentric"), ..draft };
        assert_eq!(read(&from_the_sun), Err(vec!["bodies[2]".to_owned()]));
    }
}
