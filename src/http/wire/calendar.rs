//! Wire form of a calendar of the sky. Computes nothing.

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::chart::Versions;
use crate::almanac::{Calendar, titles};
use crate::astro::events::moment::{utc_of_tt, utc_text};
use crate::astro::events::{Event, Happening, LunarEclipse, Period, SolarEclipse};
use crate::astro::rise::HorizonEvent;
use crate::astro::signs::degree_in_sign;
use crate::astro::zone::local_rfc3339;
use crate::astro::{self, Lang, Sign};

/// The events of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarReply {
    /// First local day.
    pub from: String,
    /// Last local day.
    pub to: String,
    /// IANA time zone of the days and of local times.
    pub tz: String,
    /// `tropical` or `sidereal`.
    pub zodiac: String,
    /// Of a sidereal zodiac.
    pub ayanamsa: Option<String>,
    /// The events, by time.
    pub events: Vec<EventReply>,
    /// How many there are; more than `events` holds if it was cut.
    pub total: usize,
    /// What made this result.
    pub versions: Versions,
}

/// Something that happens at a moment or through a stretch. What does not belong to the kind is left out.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct EventReply {
    /// A name that the same event always has.
    pub id: String,
    /// `station`, `ingress`, `aspect`, `lunation`, `solar_eclipse`, `lunar_eclipse`, `void_moon`, `rise`, `set`,
    /// `upper_culmination`, `lower_culmination`, `stays_up`, `stays_down`, `dawn`, `dusk`.
    pub kind: String,
    /// A line for people.
    pub title: String,
    /// Its moment, its maximum, or its start; RFC 3339, UTC.
    pub at: String,
    /// The same by the clocks of `tz`.
    pub at_local: Option<String>,
    /// The end of a stretch, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// The same by the clocks of `tz`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at_local: Option<String>,
    /// Which body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The other body of an aspect; of a void Moon, that of her last aspect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_body: Option<String>,
    /// The aspect; of a void Moon, her last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect: Option<String>,
    /// `retrograde` or `direct`; the phase; the type of the eclipse; `civil`, `nautical` or `astronomical`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The sign, or the one that is entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign: Option<String>,
    /// Longitude in the zodiac, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude_deg: Option<f64>,
    /// Degrees within the sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degree_in_sign: Option<f64>,
    /// Azimuth from north by east, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azimuth_deg: Option<f64>,
    /// Altitude of the centre without refraction, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altitude_deg: Option<f64>,
    /// Of an eclipse of the Sun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solar_eclipse: Option<SolarEclipseReply>,
    /// Of an eclipse of the Moon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lunar_eclipse: Option<LunarEclipseReply>,
}

/// An eclipse of the Sun.
#[derive(Debug, Serialize, ToSchema)]
pub struct SolarEclipseReply {
    /// `partial`, `annular`, `total` or `hybrid`.
    pub r#type: String,
    /// Whether the axis of the shadow meets the Earth.
    pub central: bool,
    /// When the axis passes nearest to the centre of the Earth, RFC 3339, UTC; up to ten seconds from the maximum.
    pub greatest_at: String,
    /// That distance in radii of the Earth, positive north.
    pub gamma: f64,
    /// Part of the Sun's diameter covered at the maximum, or the ratio of the diameters for a central eclipse.
    pub magnitude: f64,
    /// Where the maximum is seen: degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// The Earth enters the penumbra.
    pub partial_begins_at: String,
    /// It leaves it.
    pub partial_ends_at: String,
    /// Totality or annularity begins somewhere on the Earth.
    pub umbral_begins_at: Option<String>,
    /// It ends.
    pub umbral_ends_at: Option<String>,
}

/// An eclipse of the Moon.
#[derive(Debug, Serialize, ToSchema)]
pub struct LunarEclipseReply {
    /// `penumbral`, `partial` or `total`.
    pub r#type: String,
    /// When the Moon passes nearest to the axis of the shadow, RFC 3339, UTC; up to seven seconds from the maximum.
    pub greatest_at: String,
    /// That distance in radii of the Earth, positive north.
    pub gamma: f64,
    /// Part of the Moon's diameter within the umbra; negative if she misses it.
    pub umbral_magnitude: f64,
    /// Part of it within the penumbra.
    pub penumbral_magnitude: f64,
    /// The penumbral phase begins.
    pub penumbral_begins_at: String,
    /// It ends.
    pub penumbral_ends_at: String,
    /// The partial phase begins.
    pub partial_begins_at: Option<String>,
    /// It ends.
    pub partial_ends_at: Option<String>,
    /// Totality begins.
    pub total_begins_at: Option<String>,
    /// It ends.
    pub total_ends_at: Option<String>,
}

impl CalendarReply {
    /// Wire form of a calendar.
    pub fn new(calendar: &Calendar, lang: Lang) -> Self {
        let Period { from, to, zone, .. } = &calendar.period;
        let zodiac = &calendar.wanted.zodiac;
        Self {
            from: from.clone(),
            to: to.clone(),
            tz: zone.clone(),
            zodiac: zodiac.code().to_owned(),
            ayanamsa: zodiac.ayanamsa().map(|ayanamsa| ayanamsa.code().to_owned()),
            events: calendar.events.iter().map(|e| event(e, zone, lang)).collect(),
            total: calendar.total,
            versions: (&astro::Versions::current()).into(),
        }
    }
}

/// RFC 3339, UTC, of a Julian Date TT.
pub(super) fn utc(jd_tt: f64) -> String {
    utc_text(jd_tt).unwrap_or_default()
}

fn event(event: &Event, zone: &str, lang: Lang) -> EventReply {
    let local = |jd_tt| local_rfc3339(utc_of_tt(jd_tt), zone);
    let mut reply = EventReply {
        id: titles::id(event),
        kind: titles::code(&event.what).to_owned(),
        title: titles::title(event, lang),
        at: utc(event.jd_tt),
        at_local: local(event.jd_tt),
        ends_at: event.to_jd_tt.map(utc),
        ends_at_local: event.to_jd_tt.and_then(local),
        ..EventReply::default()
    };
    fill(&mut reply, &event.what);
    reply
}

fn fill(reply: &mut EventReply, what: &Happening) {
    match what {
        Happening::Station(s) => {
            reply.body = Some(s.body.code().to_owned());
            reply.detail = Some(titles::turn(s.turns_retrograde).to_owned());
            place(reply, s.longitude_deg);
        }
        Happening::Ingress(i) => {
            reply.body = Some(i.body.code().to_owned());
            reply.sign = Some(i.sign.code().to_owned());
            reply.detail = Some(titles::turn(i.retrograde).to_owned());
        }
        Happening::Aspect(a) => {
            reply.body = Some(a.a.code().to_owned());
            reply.other_body = Some(a.b.code().to_owned());
            reply.aspect = Some(a.aspect.code().to_owned());
        }
        Happening::Lunation(l) => {
            reply.detail = Some(l.phase.code().to_owned());
            place(reply, l.moon_longitude_deg);
        }
        Happening::Solar(e, longitude_deg) => {
            reply.detail = Some(titles::solar_code(e.kind).to_owned());
            reply.solar_eclipse = Some(solar(e));
            place(reply, *longitude_deg);
        }
        Happening::Lunar(e, longitude_deg) => {
            reply.detail = Some(titles::lunar_code(e.kind).to_owned());
            reply.lunar_eclipse = Some(lunar(e));
            place(reply, *longitude_deg);
        }
        Happening::VoidMoon(v) => {
            reply.body = Some(astro::Body::Moon.code().to_owned());
            reply.sign = Some(v.enters.code().to_owned());
            reply.other_body = v.last.map(|(body, _)| body.code().to_owned());
            reply.aspect = v.last.map(|(_, aspect)| aspect.code().to_owned());
        }
        Happening::Horizon(body, e) => {
            reply.body = Some(body.code().to_owned());
            horizon(reply, e);
        }
        Happening::Polar(body, _) => reply.body = Some(body.code().to_owned()),
        Happening::Twilight(kind, e) => {
            reply.body = Some(astro::Body::Sun.code().to_owned());
            reply.detail = Some(kind.code().to_owned());
            horizon(reply, e);
        }
    }
}

fn place(reply: &mut EventReply, longitude_deg: f64) {
    reply.longitude_deg = Some(longitude_deg);
    reply.sign = Some(Sign::of(longitude_deg).code().to_owned());
    reply.degree_in_sign = Some(degree_in_sign(longitude_deg));
}

fn horizon(reply: &mut EventReply, event: &HorizonEvent) {
    reply.azimuth_deg = Some(event.azimuth_deg);
    reply.altitude_deg = Some(event.altitude_deg);
}

fn solar(e: &SolarEclipse) -> SolarEclipseReply {
    SolarEclipseReply {
        r#type: titles::solar_code(e.kind).to_owned(),
        central: e.central,
        greatest_at: utc(e.greatest_jd_tt),
        gamma: e.gamma,
        magnitude: e.magnitude,
        lat: e.latitude_deg,
        lon: e.longitude_deg,
        partial_begins_at: utc(e.partial_jd_tt.0),
        partial_ends_at: utc(e.partial_jd_tt.1),
        umbral_begins_at: e.umbral_jd_tt.map(|(begin, _)| utc(begin)),
        umbral_ends_at: e.umbral_jd_tt.map(|(_, end)| utc(end)),
    }
}

fn lunar(e: &LunarEclipse) -> LunarEclipseReply {
    LunarEclipseReply {
        r#type: titles::lunar_code(e.kind).to_owned(),
        greatest_at: utc(e.greatest_jd_tt),
        gamma: e.gamma,
        umbral_magnitude: e.umbral_magnitude,
        penumbral_magnitude: e.penumbral_magnitude,
        penumbral_begins_at: utc(e.penumbral_jd_tt.0),
        penumbral_ends_at: utc(e.penumbral_jd_tt.1),
        partial_begins_at: e.partial_jd_tt.map(|(begin, _)| utc(begin)),
        partial_ends_at: e.partial_jd_tt.map(|(_, end)| utc(end)),
        total_begins_at: e.total_jd_tt.map(|(begin, _)| utc(begin)),
        total_ends_at: e.total_jd_tt.map(|(_, end)| utc(end)),
    }
}
