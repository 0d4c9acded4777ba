//! P: Reads the fields of a time line as they were typed, and keeps what is wrong with each. Computes no time line.

use super::{CompositeAsk, ReturnsAsk};
use crate::astro::composite::CompositeHouses;
use crate::astro::returns::TROPICAL_YEAR_DAYS;
use crate::astro::vague::Instants;
use crate::astro::{Body, Calendar, Center, Chart, Ephemeris, HouseSystem, Site, places, time, zone};
use crate::charts::draft::{in_span, span_allowed};
use crate::charts::options::house_system;
use crate::clock::UnixMs;
use crate::error::{Error, FieldError, Result};
use crate::limits;

/// Julian Date UTC of 1970-01-01.
const UNIX_EPOCH_JD: f64 = 2_440_587.5;
const INSTANT_ALLOWED: &str = "a date YYYY-MM-DD (its midnight UTC) or an instant such as 2026-03-20T14:46:00Z";

/// Where returns of a body can be looked for: from birth on, as far as the ephemeris has it. Julian Dates UTC.
#[derive(Clone, Copy)]
pub(super) struct Life {
    birth: f64,
    last: f64,
}

impl Life {
    pub(super) fn of(chart: &Chart, body: Body) -> Self {
        let (_, last_tt) = Ephemeris::embedded().span_of(body);
        // TT is ahead of UTC by less than a quarter of an hour.
        Self { birth: Instants::of(chart).from_jd_utc, last: last_tt - 0.01 }
    }

    /// The year of birth, and the last year that is wholly known.
    fn years(self) -> (i32, i32) {
        let year = |jd: f64| Calendar::Gregorian.day_of((jd + 0.5).floor() as i64).0;
        let last = year(self.last);
        let is_whole = time::julian_date(last + 1, 1, 1, 0.0) <= self.last;
        (year(self.birth), if is_whole { last } else { last - 1 })
    }
}

/// The Gregorian day of a Julian Date, `YYYY-MM-DD`.
pub(super) fn day(jd_utc: f64) -> String {
    zone::rfc3339_of_julian_date(jd_utc).and_then(|text| text.get(..10).map(str::to_owned)).unwrap_or_default()
}

/// The wrong fields so far.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) errors: Vec<FieldError>,
}

impl Fields {
    pub(super) fn settle(&mut self) -> Result<()> {
        if self.errors.is_empty() { Ok(()) } else { Err(Error::fields(std::mem::take(&mut self.errors))) }
    }

    pub(super) fn wrong(&mut self, field: &str, given: &str, allowed: impl Into<String>) {
        self.errors.push(FieldError::new(field, given, allowed));
    }

    fn missing(&mut self, field: &str, allowed: &str) {
        self.errors.push(FieldError::unshown(field, allowed));
    }

    /// One of a few codes; the default when absent.
    pub(super) fn code<T: Default>(
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
    pub(super) fn body(&mut self, chart: &Chart, given: Option<&str>) -> Body {
        let code = given.unwrap_or(Body::Sun.code());
        Body::from_code(code).filter(|body| chart.placement(*body).is_some()).unwrap_or_else(|| {
            let has: Vec<_> = chart.bodies.iter().map(|placed| placed.body.code()).collect();
            self.wrong("body", code, format!("a body of the chart: {}", has.join(", ")));
            Body::Sun
        })
    }

    /// The house system named, or that of the first chart.
    pub(super) fn house_system(&mut self, charts: &[&Chart], given: Option<&str>) -> HouseSystem {
        let own = charts.first().map_or(HouseSystem::Placidus, |chart| chart.options.house_system);
        let Some(code) = given else { return own };
        let center = charts.iter().map(|chart| chart.options.view.center).find(|c| *c == Center::Heliocentric);
        house_system(code, &center.unwrap_or_default(), &mut self.errors)
    }

    /// Julian Date UTC of a date or an instant; now when absent.
    pub(super) fn instant(&mut self, field: &str, given: Option<&str>, now: UnixMs) -> f64 {
        let now_jd = UNIX_EPOCH_JD + now.0 as f64 / 86_400_000.0;
        let Some(text) = given else { return now_jd };
        let Some(jd_utc) = instant(text) else {
            self.wrong(field, text, INSTANT_ALLOWED);
            return now_jd;
        };
        if !in_span(jd_utc) {
            self.wrong(field, text, span_allowed());
        }
        jd_utc
    }

    /// The period, Julian Dates UTC; without an end the next return after its start is meant. What lies before birth is
    /// left out.
    pub(super) fn period(&mut self, life: Life, ask: &ReturnsAsk, now: UnixMs) -> (f64, Option<f64>) {
        // Birth itself is the return of age 0, and its root may lie a moment before it.
        let start = life.birth - 0.5;
        if let Some(year) = &ask.year {
            if ask.from.is_some() || ask.to.is_some() {
                self.wrong("year", year, "alone, or else from and to");
            }
            let (first, last) = life.years();
            let Some(year) = year.parse().ok().filter(|year| (first..=last).contains(year)) else {
                self.wrong("year", year, format!("a year from {first}, that of the birth, to {last}"));
                return (0.0, None);
            };
            return (time::julian_date(year, 1, 1, 0.0).max(start), Some(time::julian_date(year + 1, 1, 1, 0.0)));
        }
        let from = self.instant("from", ask.from.as_deref(), now);
        let allowed = || format!("an instant from the birth ({}) to {}", day(life.birth), day(life.last));
        if let Some(text) = ask.from.as_deref().filter(|_| self.errors.is_empty() && from > life.last) {
            self.wrong("from", text, allowed());
        }
        let Some(text) = &ask.to else { return (from.max(start), None) };
        if ask.from.is_none() {
            self.missing("from", "the start of the period, beside its end");
        }
        let to = self.instant("to", Some(text), now);
        let longest = f64::from(limits::RETURNS_PERIOD_MAX_YEARS) * TROPICAL_YEAR_DAYS;
        if !self.errors.is_empty() {
            return (from, Some(to));
        }
        if !(0.0..=longest).contains(&(to - from)) {
            self.wrong("to", text, format!("after from, by at most {} years", limits::RETURNS_PERIOD_MAX_YEARS));
        } else if !(life.birth..=life.last).contains(&to) {
            self.wrong("to", text, allowed());
        }
        (from.max(start), Some(to))
    }

    /// Options of a composite that the other method has.
    pub(super) fn not_of_this_method(&mut self, ask: &CompositeAsk, davison_wanted: bool) {
        if !self.errors.is_empty() {
            return;
        }
        let latitude = ask.latitude_deg.map(|degrees| degrees.to_string());
        let derived = ask.houses.as_deref() == Some("derived");
        let strays = [
            ("houses", ask.houses.as_ref().filter(|_| davison_wanted), "beside method midpoint; left out otherwise"),
            (
                "latitude_deg",
                latitude.as_ref().filter(|_| davison_wanted || !derived),
                "beside houses derived; left out otherwise",
            ),
            ("middle", ask.middle.as_ref().filter(|_| !davison_wanted), "beside method davison; left out otherwise"),
        ];
        for (field, given, allowed) in strays {
            if let Some(given) = given {
                self.wrong(field, given, allowed);
            }
        }
    }

    /// The place of the return: one named, coordinates, or the birthplace.
    pub(super) fn site(&mut self, chart: &Chart, ask: &ReturnsAsk) -> Site {
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
    pub(super) fn houses(&mut self, a: &Chart, b: &Chart, ask: &CompositeAsk) -> CompositeHouses {
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
    if text.len() != 10 {
        return zone::julian_date_of_rfc3339(text);
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    let (month, day) = (u32::from(date.month().unsigned_abs()), u32::from(date.day().unsigned_abs()));
    Some(time::julian_date(i32::from(date.year()), month, day, 0.0))
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
