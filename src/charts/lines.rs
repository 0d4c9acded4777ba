//! The time lines of a chart and the comparison of two, asked for in text: bodies, dates, places, methods. Says what is
//! wrong with each field; computes nothing itself.

use crate::astro::composite::{Composite, CompositeHouses, MiddlePlace, composite, davison};
use crate::astro::firdaria::{self, Firdaria, NightNodes};
use crate::astro::profections::{self, Profections};
use crate::astro::progressions::{AngleMethod, Method, Progressed, progress};
use crate::astro::returns::{self, Return, TROPICAL_YEAR_DAYS};
use crate::astro::rulesets::{Context, Ruleset};
use crate::astro::spans::Span;
use crate::astro::synastry::{Synastry, synastry};
use crate::astro::{Aspect, Body, Chart, Figure, Point, Site, Unknown, calendar, places, time};
use crate::clock::UnixMs;
use crate::error::{Error, FieldError, Result};
use crate::limits;

/// Julian Date UTC of 1970-01-01.
const UNIX_EPOCH_JD: f64 = 2_440_587.5;
const INSTANT_ALLOWED: &str = "a date YYYY-MM-DD (its midnight UTC) or an instant such as 2026-03-20T14:46:00Z";

/// A return and its sky.
#[derive(Clone, Debug)]
pub struct ReturnChart {
    /// The pass.
    pub pass: Return,
    /// The sky.
    pub figure: Figure,
    /// What the birth leaves open.
    pub unknowns: Vec<Unknown>,
}

/// Which returns, as text. Names are those of the fields, after the prefix.
#[derive(Clone, Debug, Default)]
pub struct ReturnsAsk {
    /// Code of the body; the Sun when absent.
    pub body: Option<String>,
    /// Start of the period.
    pub from: Option<String>,
    /// End of the period; without it the next return after the start is meant.
    pub to: Option<String>,
    /// A calendar year, instead of a period.
    pub year: Option<String>,
    /// Where the person is then, instead of the birthplace.
    pub place: Option<String>,
    /// Degrees north, instead of a place.
    pub lat: Option<String>,
    /// Degrees east, instead of a place.
    pub lon: Option<String>,
    /// What stands before the names of the three fields of the place, after the prefix.
    pub site_prefix: &'static str,
}

/// Which progressions, as text.
#[derive(Clone, Debug, Default)]
pub struct ProgressionsAsk {
    /// The date; now when absent.
    pub date: Option<String>,
    /// Code of the method.
    pub method: Option<String>,
    /// Code of the method for angles.
    pub angles: Option<String>,
}

/// Which profections and firdaria, as text.
#[derive(Clone, Debug, Default)]
pub struct ProfectionsAsk {
    /// The date; now when absent.
    pub date: Option<String>,
    /// Code of the convention for the nodes in a birth by night.
    pub night_nodes: Option<String>,
}

/// Which composite, as text.
#[derive(Clone, Debug, Default)]
pub struct CompositeAsk {
    /// `midpoint` or `davison`.
    pub method: Option<String>,
    /// `midpoints` or `derived`.
    pub houses: Option<String>,
    /// Degrees north, for derived houses.
    pub latitude_deg: Option<f64>,
    /// `coordinates` or `great_circle`.
    pub middle: Option<String>,
}

/// Profections and firdaria of one date.
#[derive(Clone, Debug)]
pub struct Lords {
    /// The profections.
    pub profections: Profections,
    /// The firdaria, or why they are not known.
    pub firdaria: std::result::Result<Firdaria, Unknown>,
    /// Between what the age lies, tropical years.
    pub ages: Span,
}

/// Two charts as one.
#[derive(Clone, Debug)]
pub enum Combined {
    /// Midpoints.
    Midpoint(Composite),
    /// The sky of the middle in time and space, with what vague births leave open.
    Davison(Box<Figure>, Vec<Unknown>),
}

/// The returns asked for, each with its sky.
///
/// # Errors
/// `invalid_fields`; `house_system_undefined` where the place has no such houses.
pub fn returns_of(
    chart: &Chart,
    ask: &ReturnsAsk,
    rules: &Ruleset,
    now: UnixMs,
    prefix: &str,
) -> Result<(Body, Vec<ReturnChart>)> {
    let mut fields = Fields::new(prefix);
    let body = fields.body(chart, ask.body.as_deref());
    let site = fields.site(chart, ask);
    let period = fields.period(ask, now);
    fields.settle()?;
    let passes = match period {
        (from, Some(to)) => returns::within(chart, body, from, to)?,
        (from, None) => returns::next_after(chart, body, from)?,
    };
    if passes.len() > limits::RETURNS_MAX {
        let allowed = format!("a period with at most {} returns; this one has {}", limits::RETURNS_MAX, passes.len());
        return Err(Error::fields(vec![FieldError::unshown(format!("{prefix}to"), allowed)]));
    }
    let cast = |pass: Return| {
        let (figure, unknowns) = returns::figure(chart, &pass, site, rules)?;
        Ok(ReturnChart { pass, figure, unknowns })
    };
    Ok((body, passes.into_iter().map(cast).collect::<Result<_>>()?))
}

/// The chart carried on to a date.
///
/// # Errors
/// `invalid_fields`, also for a date before birth; `date_out_of_range`.
pub fn progressions_of(
    chart: &Chart,
    ask: &ProgressionsAsk,
    rules: &Ruleset,
    now: UnixMs,
    prefix: &str,
) -> Result<Progressed> {
    let mut fields = Fields::new(prefix);
    let at = fields.instant("date", ask.date.as_deref(), now);
    let methods = Method::ALL.map(Method::code);
    let method = fields.code("method", ask.method.as_deref(), Method::from_code, &methods);
    let angle_methods = AngleMethod::ALL.map(AngleMethod::code);
    let angles = fields.code("angles", ask.angles.as_deref(), AngleMethod::from_code, &angle_methods);
    fields.settle()?;
    let orbs = |aspect: Aspect, a: Point, b: Point| rules.orb_deg(Context::ProgressionToNatal, aspect, a, b);
    progress(chart, at, method, angles, &orbs)?.ok_or_else(|| before_birth(prefix, ask.date.as_deref()))
}

/// Profections and firdaria of a date.
///
/// # Errors
/// `invalid_fields`, also for a date before birth.
pub fn profections_of(chart: &Chart, ask: &ProfectionsAsk, now: UnixMs, prefix: &str) -> Result<Lords> {
    let mut fields = Fields::new(prefix);
    let at = fields.instant("date", ask.date.as_deref(), now);
    let conventions = [NightNodes::Last, NightNodes::AfterMars].map(NightNodes::code);
    let nodes = fields.code("night_nodes", ask.night_nodes.as_deref(), NightNodes::from_code, &conventions);
    fields.settle()?;
    let found = profections::at(chart, at)?;
    Ok(Lords {
        profections: found.ok_or_else(|| before_birth(prefix, ask.date.as_deref()))?,
        firdaria: firdaria::of(chart, nodes, at),
        ages: firdaria::ages(chart, at),
    })
}

/// The synastry of two charts.
///
/// # Errors
/// `invalid_fields` for charts that cannot be compared.
pub fn synastry_of(a: &Chart, b: &Chart, rules: &Ruleset, field: &str) -> Result<Synastry> {
    comparable(a, b, field)?;
    Ok(synastry(a, b, &|aspect, from, to| rules.orb_deg(Context::Synastry, aspect, from, to)))
}

/// Two charts as one.
///
/// # Errors
/// `invalid_fields`; `house_system_undefined`.
pub fn composite_of(
    (a, b): (&Chart, &Chart),
    ask: &CompositeAsk,
    rules: &Ruleset,
    field: &str,
    prefix: &str,
) -> Result<Combined> {
    let mut fields = Fields::new(prefix);
    let is_davison = |code: &str| match code {
        "midpoint" => Some(false),
        "davison" => Some(true),
        _ => None,
    };
    let davison_wanted = fields.code("method", ask.method.as_deref(), is_davison, &["midpoint", "davison"]);
    let houses = fields.houses(a, b, ask);
    let middle = |code: &str| match code {
        "coordinates" => Some(MiddlePlace::Coordinates),
        "great_circle" => Some(MiddlePlace::GreatCircle),
        _ => None,
    };
    let middle = fields.code("middle", ask.middle.as_deref(), middle, &["coordinates", "great_circle"]);
    fields.settle()?;
    comparable(a, b, field)?;
    if davison_wanted {
        let (figure, unknowns) = davison(a, b, middle, rules)?;
        return Ok(Combined::Davison(Box::new(figure), unknowns));
    }
    let orbs = |aspect: Aspect, from: Point, to: Point| rules.orb_deg(Context::Natal, aspect, from, to);
    Ok(Combined::Midpoint(composite(a, b, houses, &orbs)?))
}

fn before_birth(prefix: &str, given: Option<&str>) -> Error {
    let field = format!("{prefix}date");
    let allowed = "a date after birth and within the ephemeris";
    Error::fields(vec![match given {
        Some(given) => FieldError::new(field, given, allowed),
        None => FieldError::unshown(field, allowed),
    }])
}

/// Longitudes of different zodiacs or centres make no aspects.
fn comparable(a: &Chart, b: &Chart, field: &str) -> Result<()> {
    let center = |chart: &Chart| std::mem::discriminant(&chart.options.view.center);
    if a.options.zodiac == b.options.zodiac && center(a) == center(b) {
        return Ok(());
    }
    let allowed =
        format!("a chart in the zodiac of the other ({}) and seen from the same centre", a.options.zodiac.code());
    Err(Error::fields(vec![FieldError::new(field, b.options.zodiac.code(), allowed)]))
}

/// The wrong fields so far.
struct Fields<'p> {
    prefix: &'p str,
    errors: Vec<FieldError>,
}

impl<'p> Fields<'p> {
    const fn new(prefix: &'p str) -> Self {
        Self { prefix, errors: Vec::new() }
    }

    fn settle(&mut self) -> Result<()> {
        if self.errors.is_empty() { Ok(()) } else { Err(Error::fields(std::mem::take(&mut self.errors))) }
    }

    fn wrong(&mut self, field: &str, given: &str, allowed: impl Into<String>) {
        self.errors.push(FieldError::new(format!("{}{field}", self.prefix), given, allowed));
    }

    fn missing(&mut self, field: &str, allowed: &str) {
        self.errors.push(FieldError::unshown(format!("{}{field}", self.prefix), allowed));
    }

    /// One of a few codes; the default when absent.
    fn code<T: Default>(
        &mut self,
        field: &str,
        given: Option<&str>,
        read: impl Fn(&str) -> Option<T>,
        allowed: &[&str],
    ) -> T {
        let Some(code) = given else { return T::default() };
        read(code).unwrap_or_else(|| {
            self.wrong(field, code, format!("one of: {}", allowed.join(", ")));
            T::default()
        })
    }

    /// A body of the chart; the Sun when absent.
    fn body(&mut self, chart: &Chart, given: Option<&str>) -> Body {
        let code = given.unwrap_or(Body::Sun.code());
        Body::from_code(code).filter(|body| chart.placement(*body).is_some()).unwrap_or_else(|| {
            let has: Vec<_> = chart.bodies.iter().map(|placed| placed.body.code()).collect();
            self.wrong("body", code, format!("a body of the chart: {}", has.join(", ")));
            Body::Sun
        })
    }

    /// Julian Date UTC of a date or an instant; now when absent.
    fn instant(&mut self, field: &str, given: Option<&str>, now: UnixMs) -> f64 {
        let now_jd = UNIX_EPOCH_JD + now.0 as f64 / 86_400_000.0;
        let Some(text) = given else { return now_jd };
        instant(text).unwrap_or_else(|| {
            self.wrong(field, text, INSTANT_ALLOWED);
            now_jd
        })
    }

    /// The period, Julian Dates UTC; without an end the next return after its start is meant.
    fn period(&mut self, ask: &ReturnsAsk, now: UnixMs) -> (f64, Option<f64>) {
        if let Some(year) = &ask.year {
            if ask.from.is_some() || ask.to.is_some() {
                self.wrong("year", year, "alone, or else from and to");
            }
            let (first, last) = (calendar::FIRST_YEAR, calendar::LAST_YEAR);
            let read = year.parse::<i16>().ok().filter(|year| (first..=last).contains(year));
            let Some(year) = read.map(i32::from) else {
                self.wrong("year", year, format!("a year from {first} to {last}"));
                return (0.0, None);
            };
            return (time::julian_date(year, 1, 1, 0.0), Some(time::julian_date(year + 1, 1, 1, 0.0)));
        }
        let from = self.instant("from", ask.from.as_deref(), now);
        let Some(text) = &ask.to else { return (from, None) };
        if ask.from.is_none() {
            self.missing("from", "the start of the period, beside its end");
        }
        let to = self.instant("to", Some(text), now);
        let longest = f64::from(limits::RETURNS_PERIOD_MAX_YEARS) * TROPICAL_YEAR_DAYS;
        if self.errors.is_empty() && !(0.0..=longest).contains(&(to - from)) {
            self.wrong("to", text, format!("after from, by at most {} years", limits::RETURNS_PERIOD_MAX_YEARS));
        }
        (from, Some(to))
    }

    /// The place of the return: one named, coordinates, or the birthplace.
    fn site(&mut self, chart: &Chart, ask: &ReturnsAsk) -> Site {
        let home = chart.birth.site(&chart.options);
        let named = |field: &str| format!("{}{field}", ask.site_prefix);
        match (&ask.place, &ask.lat, &ask.lon) {
            (None, None, None) => home,
            (Some(place), None, None) => match places::resolve(place) {
                Ok(found) => Site { latitude_deg: found.latitude_deg, longitude_deg: found.longitude_deg, ..home },
                Err(error) => {
                    self.wrong(&named("place"), place, format!("{error}; or give lat and lon"));
                    home
                }
            },
            (None, Some(lat), Some(lon)) => Site {
                latitude_deg: self.degrees(&named("lat"), lat, 90.0, "degrees north, -90 to 90"),
                longitude_deg: self.degrees(&named("lon"), lon, 180.0, "degrees east, -180 to 180"),
                ..home
            },
            (None, Some(_), None) => {
                self.missing(&named("lon"), "lat and lon together");
                home
            }
            (None, None, Some(_)) => {
                self.missing(&named("lat"), "lat and lon together");
                home
            }
            (Some(place), _, _) => {
                self.wrong(&named("place"), place, "place alone, or else lat and lon");
                home
            }
        }
    }

    fn degrees(&mut self, field: &str, given: &str, limit: f64, allowed: &str) -> f64 {
        given.parse().ok().filter(|value: &f64| value.abs() <= limit).unwrap_or_else(|| {
            self.wrong(field, given, allowed);
            0.0
        })
    }

    /// How a composite gets its houses. Without a latitude, derived houses take the mean of the two births'.
    fn houses(&mut self, a: &Chart, b: &Chart, ask: &CompositeAsk) -> CompositeHouses {
        let latitude_deg = ask.latitude_deg.unwrap_or(0.5 * (a.birth.latitude_deg + b.birth.latitude_deg));
        if latitude_deg.is_nan() || latitude_deg.abs() > 90.0 {
            self.wrong("latitude_deg", &latitude_deg.to_string(), "degrees north, -90 to 90");
        }
        let read = |code: &str| match code {
            "midpoints" => Some(CompositeHouses::Midpoints),
            "derived" => Some(CompositeHouses::Derived(latitude_deg)),
            _ => None,
        };
        self.code("houses", ask.houses.as_deref(), read, &["midpoints", "derived"])
    }
}

/// Julian Date UTC of a date (its midnight) or an RFC 3339 instant.
fn instant(text: &str) -> Option<f64> {
    let of_date = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let stamp = if text.len() == 10 { of_date()?.timestamp() } else { text.parse::<jiff::Timestamp>().ok()? };
    Some(UNIX_EPOCH_JD + stamp.as_millisecond() as f64 / 86_400_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_instants_are_read() {
        assert_eq!(instant("1970-01-01"), Some(UNIX_EPOCH_JD));
        assert_eq!(instant("1970-01-01T06:00:00Z"), Some(UNIX_EPOCH_JD + 0.25));
        assert_eq!(instant("1970-01-01T06:00:00+06:00"), Some(UNIX_EPOCH_JD));
        for wrong in ["", "today", "1970-13-01", "1970-01-01T06:00:00", "19700101"] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }
}
