//! S: Turns what a person typed into the events of a period or the transits to a chart, naming every field that is wrong at
//! once. Keeps nothing.

pub mod ics;
pub mod titles;

use crate::astro::aspects::Aspect;
use crate::astro::chart::Unknown;
use crate::astro::events::{self, Event, Kind, NatalArc, Period, Sky, Transit, Wanted, natal, transits};
use crate::astro::rise::{Horizon, Limb, STANDARD_REFRACTION_DEG};
use crate::astro::rulesets::{Context, Ruleset};
use crate::astro::{AstroError, Body, Center, Chart, ChartOptions, Point, Site, Stop, View, Zodiac};
use crate::charts::{OptionsDraft, twice};
use crate::error::{Error, FieldError, Result};
use crate::limits;

/// A calendar as typed; what is left out is the default.
#[derive(Clone, Debug, Default)]
pub struct CalendarDraft {
    /// First local day, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// Last local day.
    pub to: Option<String>,
    /// IANA zone of the days and of local times; UTC by default.
    pub tz: Option<String>,
    /// Codes of kinds; those that need no place by default, and all with a place.
    pub kinds: Option<Vec<String>>,
    /// Codes of bodies; the ten planets by default.
    pub bodies: Option<Vec<String>>,
    /// Codes of aspects; the five major ones by default.
    pub aspects: Option<Vec<String>>,
    /// `tropical` or `sidereal`.
    pub zodiac: Option<String>,
    /// Code of the ayanamsa.
    pub ayanamsa: Option<String>,
    /// Degrees, north positive.
    pub lat: Option<f64>,
    /// Degrees, east positive.
    pub lon: Option<f64>,
    /// Metres above the ellipsoid.
    pub altitude_m: Option<f64>,
    /// `upper`, `center` or `lower`.
    pub limb: Option<String>,
    /// Refraction at the horizon, degrees.
    pub refraction_deg: Option<f64>,
    /// `saturn` or `pluto`: the farthest planet whose aspect counts for the Moon's course.
    pub void_to: Option<String>,
}

/// A calendar.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The period.
    pub period: Period,
    /// What was asked for.
    pub wanted: Wanted,
    /// The events, by time, at most [`limits::CALENDAR_EVENTS_MAX`].
    pub events: Vec<Event>,
    /// How many there are in all.
    pub total: usize,
}

/// Transits as typed.
#[derive(Clone, Debug, Default)]
pub struct TransitsDraft {
    /// First local day, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// Last local day.
    pub to: Option<String>,
    /// IANA zone of the days; that of the birth by default.
    pub tz: Option<String>,
    /// Codes of transiting bodies; the ten planets by default.
    pub bodies: Option<Vec<String>>,
    /// Codes of points of the chart; ten planets, true node, Ascendant and Midheaven by default.
    pub points: Option<Vec<String>>,
    /// Codes of aspects; the five major ones by default.
    pub aspects: Option<Vec<String>>,
    /// Most transits wanted.
    pub limit: Option<u32>,
}

/// Transits to a chart.
#[derive(Clone, Debug)]
pub struct Transits {
    /// The period.
    pub period: Period,
    /// The ruleset that measured the orbs.
    pub ruleset: String,
    /// The transits by their start, at most as many as wanted.
    pub transits: Vec<Transit>,
    /// How many there are in all.
    pub total: usize,
    /// Points that the chart cannot give, with the reason.
    pub unknowns: Vec<Unknown>,
}

impl CalendarDraft {
    /// The calendar.
    ///
    /// # Errors
    /// `invalid_fields` with every field that is wrong; `date_out_of_range` outside the ephemeris.
    pub fn find(&self, stop: Stop<'_>) -> Result<Calendar> {
        let mut errors = Vec::new();
        let site = self.site(&mut errors);
        let default = if site.is_some() { Kind::ALL.to_vec() } else { Kind::PLACELESS.to_vec() };
        let all = Kind::ALL.map(Kind::code);
        let kinds = codes("kinds", self.kinds.as_deref(), &all, Kind::from_code, &mut errors).unwrap_or(default);
        if self.lat.is_none() && self.lon.is_none() && kinds.iter().any(|kind| kind.needs_site()) {
            errors.push(FieldError::unshown("lat", "lat and lon, beside kinds rise_set, culminations and twilight"));
        }
        let needs_site = kinds.iter().any(|kind| kind.needs_site());
        let days_max = if needs_site { limits::HORIZON_DAYS_MAX } else { limits::TIMELINE_DAYS_MAX };
        let zone = self.tz.as_deref().unwrap_or("UTC");
        let period = period(self.from.as_deref(), self.to.as_deref(), zone, days_max, &mut errors);
        let zodiac = self.zodiac(&mut errors);
        let void_to_pluto =
            choice("void_to", self.void_to.as_deref(), &[("saturn", false), ("pluto", true)], &mut errors);
        let horizon = self.horizon(&mut errors);
        let bodies = bodies(self.bodies.as_deref(), &Body::PLANETS, &mut errors);
        let aspects = aspects(self.aspects.as_deref(), &mut errors);
        // An option that is wrong in itself is named once.
        if errors.is_empty() {
            self.of_other_kinds(&kinds, &mut errors);
        }
        let (Some(period), true) = (period, errors.is_empty()) else { return Err(Error::fields(errors)) };
        let (from_jd_tt, to_jd_tt) = (period.from_jd_tt, period.to_jd_tt);
        let wanted = Wanted { from_jd_tt, to_jd_tt, kinds, bodies, aspects, zodiac, site, horizon, void_to_pluto };
        let mut events = events::calendar(&wanted, stop)?;
        let total = events.len();
        events.truncate(limits::CALENDAR_EVENTS_MAX);
        Ok(Calendar { period, wanted, events, total })
    }

    /// Names the options that only kinds have which were not asked for.
    fn of_other_kinds(&self, kinds: &[Kind], errors: &mut Vec<FieldError>) {
        use Kind::{Aspects, Culminations, Eclipses, Ingresses, Lunations, RiseSet, Stations, Twilight, VoidMoon};
        let over_a_place: &[Kind] = &[RiseSet, Culminations, Twilight];
        let in_signs: &[Kind] = &[Stations, Ingresses, Lunations, Eclipses, VoidMoon];
        let of_bodies: &[Kind] = &[Stations, Ingresses, Aspects, RiseSet, Culminations];
        let text = |number: Option<f64>| number.map(|number| number.to_string());
        let list = |codes: Option<&Vec<String>>| codes.map(|codes| codes.join(","));
        // Twilight is geometric, and so are culminations: a disc on the horizon is a matter of rise and set alone.
        let options: [(&str, Option<String>, &[Kind]); 10] = [
            ("bodies", list(self.bodies.as_ref()), of_bodies),
            ("aspects", list(self.aspects.as_ref()), &[Aspects]),
            ("zodiac", self.zodiac.clone(), in_signs),
            ("ayanamsa", self.ayanamsa.clone(), in_signs),
            ("lat", text(self.lat), over_a_place),
            ("lon", text(self.lon), over_a_place),
            ("altitude_m", text(self.altitude_m), over_a_place),
            ("limb", self.limb.clone(), &[RiseSet]),
            ("refraction_deg", text(self.refraction_deg), &[RiseSet]),
            ("void_to", self.void_to.clone(), &[VoidMoon]),
        ];
        for (field, given, of) in options {
            if let Some(given) = given.filter(|_| !kinds.iter().any(|kind| of.contains(kind))) {
                let names: Vec<_> = of.iter().map(|kind| kind.code()).collect();
                let allowed = format!("left out, as kinds has none of: {}", names.join(", "));
                errors.push(FieldError::new(field, given, allowed));
            }
        }
    }

    fn zodiac(&self, errors: &mut Vec<FieldError>) -> Zodiac {
        let (zodiac, ayanamsa) = (self.zodiac.clone(), self.ayanamsa.clone());
        OptionsDraft { zodiac, ayanamsa, ..OptionsDraft::default() }.read(errors).zodiac
    }

    fn site(&self, errors: &mut Vec<FieldError>) -> Option<Site> {
        let mut check = |field: &str, given: Option<f64>, (least, most): (f64, f64), unit: &str| {
            if let Some(given) = given.filter(|value| !(least..=most).contains(value)) {
                errors.push(FieldError::new(field, given, format!("{unit}, {least} to {most}")));
            }
        };
        check("lat", self.lat, (-90.0, 90.0), "degrees north");
        check("lon", self.lon, (-180.0, 180.0), "degrees east");
        check("altitude_m", self.altitude_m, (-500.0, 10_000.0), "metres above the ellipsoid");
        match (self.lat, self.lon) {
            (Some(latitude_deg), Some(longitude_deg)) => {
                Some(Site { latitude_deg, longitude_deg, altitude_m: self.altitude_m.unwrap_or(0.0) })
            }
            (None, None) => None,
            (lat, _) => {
                let missing = if lat.is_none() { "lat" } else { "lon" };
                errors.push(FieldError::unshown(missing, "lat and lon together, or neither"));
                None
            }
        }
    }

    fn horizon(&self, errors: &mut Vec<FieldError>) -> Horizon {
        let limbs = [("upper", Limb::Upper), ("center", Limb::Center), ("lower", Limb::Lower)];
        let limb = choice("limb", self.limb.as_deref(), &limbs, errors);
        let refraction_deg = self.refraction_deg.unwrap_or(STANDARD_REFRACTION_DEG);
        if !(0.0..=2.0).contains(&refraction_deg) {
            errors.push(FieldError::new("refraction_deg", refraction_deg, "degrees, 0 to 2; 0.5667 (34') by default"));
        }
        Horizon::Seen { refraction_deg, limb }
    }
}

impl TransitsDraft {
    /// The transits to a chart under a ruleset, in the chart's zodiac and view.
    ///
    /// # Errors
    /// `invalid_fields` with every field that is wrong; `date_out_of_range` outside the ephemeris.
    pub fn find(&self, chart: &Chart, ruleset: &Ruleset, stop: Stop<'_>) -> Result<Transits> {
        let mut errors = Vec::new();
        let zone = self.tz.as_deref().unwrap_or(&chart.birth.zone);
        let period = period(self.from.as_deref(), self.to.as_deref(), zone, limits::TIMELINE_DAYS_MAX, &mut errors);
        let default: &[Body] = match chart.options.view.center {
            Center::Heliocentric => &ChartOptions::HELIOCENTRIC,
            _ => &Body::PLANETS,
        };
        let bodies = bodies(self.bodies.as_deref(), default, &mut errors);
        let aspects = aspects(self.aspects.as_deref(), &mut errors);
        let all: Vec<_> = Point::all().map(Point::code).collect();
        let points = codes("points", self.points.as_deref(), &all, Point::from_code, &mut errors)
            .unwrap_or_else(natal::standard_points);
        let limit = self.limit.map_or(limits::TRANSITS_MAX, |limit| limit as usize);
        if !(1..=limits::TRANSITS_MAX).contains(&limit) {
            errors.push(FieldError::new("limit", limit, format!("a number from 1 to {}", limits::TRANSITS_MAX)));
        }
        let (Some(period), true) = (period, errors.is_empty()) else { return Err(Error::fields(errors)) };
        let orb = |body: Body, aspect: Aspect, point: Point| {
            ruleset.orb_deg(Context::TransitToNatal, aspect, Point::Body(body), point)
        };
        let widest = |point: Point| {
            let orbs =
                bodies.iter().flat_map(|body| aspects.iter().filter_map(move |aspect| orb(*body, *aspect, point)));
            2.0 * orbs.fold(0.0, f64::max)
        };
        let (arcs, unknowns) = natal::arcs(chart, &points, widest);
        let mut found = find(stop, &period, &bodies, &chart.options, (&arcs, &aspects), orb)?;
        let total = found.len();
        found.truncate(limit);
        Ok(Transits { period, ruleset: ruleset.id().to_string(), transits: found, total, unknowns })
    }
}

fn find(
    stop: Stop<'_>,
    period: &Period,
    bodies: &[Body],
    options: &ChartOptions,
    (arcs, aspects): (&[NatalArc], &[Aspect]),
    orb: impl Fn(Body, Aspect, Point) -> Option<f64>,
) -> Result<Vec<Transit>, AstroError> {
    // Where the person of a topocentric chart will stand is not known: transits are geocentric, as those of a day are.
    let view = match options.view.center {
        Center::Topocentric(_) => View { center: Center::Geocentric, ..options.view },
        _ => options.view,
    };
    let sky = Sky::of_view(stop, period.from_jd_tt, period.to_jd_tt, bodies, &view)?.in_zodiac(&options.zodiac);
    transits(stop, &sky, arcs, aspects, orb)
}

fn period(
    from: Option<&str>,
    to: Option<&str>,
    zone: &str,
    days_max: u32,
    errors: &mut Vec<FieldError>,
) -> Option<Period> {
    let mut given = |field: &str, value: Option<&str>| {
        if value.is_none() {
            errors
                .push(FieldError::unshown(field, format!("a local date, YYYY-MM-DD; at most {days_max} days in all")));
        }
        value.map(str::to_owned)
    };
    let (from, to) = (given("from", from), given("to", to));
    let (from, to) = (from?, to?);
    match Period::read(&from, &to, zone, days_max) {
        Ok(period) => Some(period),
        Err(AstroError::BadBirth(problems)) => {
            let named =
                |p: crate::astro::FieldProblem| FieldError { field: p.field, given: p.given, allowed: p.allowed };
            errors.extend(problems.into_iter().map(named));
            None
        }
        Err(other) => {
            errors.push(FieldError::new("from", from, other.to_string()));
            None
        }
    }
}

fn bodies(given: Option<&[String]>, default: &[Body], errors: &mut Vec<FieldError>) -> Vec<Body> {
    let all = Body::ALL.map(Body::code);
    let mut bodies = codes("bodies", given, &all, Body::from_code, errors).unwrap_or_else(|| default.to_vec());
    bodies.sort_unstable();
    bodies
}

fn aspects(given: Option<&[String]>, errors: &mut Vec<FieldError>) -> Vec<Aspect> {
    let all = Aspect::ALL.map(Aspect::code);
    let mut aspects =
        codes("aspects", given, &all, Aspect::from_code, errors).unwrap_or_else(|| Aspect::MAJOR.to_vec());
    aspects.sort_unstable();
    aspects
}

/// A list of codes, each once; `None` when none was given.
fn codes<T: PartialEq>(
    field: &str,
    given: Option<&[String]>,
    all: &[&str],
    read: impl Fn(&str) -> Option<T>,
    errors: &mut Vec<FieldError>,
) -> Option<Vec<T>> {
    let mut found = Vec::new();
    for (index, code) in given?.iter().enumerate() {
        match read(code.trim()) {
            Some(value) if found.contains(&value) => errors.push(twice(field, index, code)),
            Some(value) => found.push(value),
            None => {
                errors.push(FieldError::new(format!("{field}[{index}]"), code, format!("one of: {}", all.join(", "))));
            }
        }
    }
    Some(found)
}

/// One of a few words, the first by default.
fn choice<T: Copy>(field: &str, given: Option<&str>, all: &[(&str, T)], errors: &mut Vec<FieldError>) -> T {
    let (_, default) = all[0];
    let Some(word) = given else { return default };
    all.iter().find(|(code, _)| *code == word).map_or_else(
        || {
            let codes: Vec<_> = all.iter().map(|(code, _)| *code).collect();
            errors.push(FieldError::new(field, word, format!("one of: {}", codes.join(", "))));
            default
        },
        |(_, value)| *value,
    )
}

#[cfg(test)]
mod tests;
