//! P: The calendar of a period: the events of the kinds wanted, in one order. Renders none.

use serde::{Deserialize, Serialize};

use super::aspects::{SkyAspect, sky_aspects};
use super::eclipses::{LunarEclipse, SolarEclipse, lunar_eclipses, solar_eclipses};
use super::ingresses::{Ingress, ingresses};
use super::lunations::{Lunation, Phase, lunations};
use super::sky::Sky;
use super::stations::{Station, stations};
use super::void_moon::{VoidMoon, void_moons};
use crate::astro::angles::norm_deg;
use crate::astro::aspects::Aspect;
use crate::astro::body::Body;
use crate::astro::ephemeris::Site;
use crate::astro::error::AstroError;
use crate::astro::rise::{Horizon, HorizonEvent, Passage, PolarStretch, horizon_events};
use crate::astro::stop::Stop;
use crate::astro::zodiac::Zodiac;

/// Planets whose aspects end the Moon's course by the traditional rule, the Sun besides.
const TO_SATURN: [Body; 5] = [Body::Mercury, Body::Venus, Body::Mars, Body::Jupiter, Body::Saturn];
/// By the modern rule.
const TO_PLUTO: [Body; 8] =
    [Body::Mercury, Body::Venus, Body::Mars, Body::Jupiter, Body::Saturn, Body::Uranus, Body::Neptune, Body::Pluto];

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Planets that turn retrograde or direct.
    Stations,
    /// Bodies that enter a sign.
    Ingresses,
    /// Exact aspects between bodies.
    Aspects,
    /// New moons, quarters, full moons.
    Lunations,
    /// Eclipses of Sun and Moon.
    Eclipses,
    /// The Moon void of course.
    VoidMoon,
    /// Rising and setting over a place.
    RiseSet,
    /// Upper and lower culmination over a place.
    Culminations,
    /// Civil, nautical and astronomical twilight over a place.
    Twilight,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Stations,
        Self::Ingresses,
        Self::Aspects,
        Self::Lunations,
        Self::Eclipses,
        Self::VoidMoon,
        Self::RiseSet,
        Self::Culminations,
        Self::Twilight,
    ];

    /// Those that need no place.
    pub const PLACELESS: [Self; 6] =
        [Self::Stations, Self::Ingresses, Self::Aspects, Self::Lunations, Self::Eclipses, Self::VoidMoon];

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stations => "stations",
            Self::Ingresses => "ingresses",
            Self::Aspects => "aspects",
            Self::Lunations => "lunations",
            Self::Eclipses => "eclipses",
            Self::VoidMoon => "void_moon",
            Self::RiseSet => "rise_set",
            Self::Culminations => "culminations",
            Self::Twilight => "twilight",
        }
    }

    /// The kind with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether it depends on the place.
    pub fn needs_site(self) -> bool {
        !Self::PLACELESS.contains(&self)
    }
}

/// How far the Sun is below the horizon when a twilight starts or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Twilight {
    /// 6 degrees.
    Civil,
    /// 12 degrees.
    Nautical,
    /// 18 degrees.
    Astronomical,
}

impl Twilight {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Civil, Self::Nautical, Self::Astronomical];

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Civil => "civil",
            Self::Nautical => "nautical",
            Self::Astronomical => "astronomical",
        }
    }

    /// Altitude of the Sun's centre, degrees.
    const fn altitude_deg(self) -> f64 {
        match self {
            Self::Civil => -6.0,
            Self::Nautical => -12.0,
            Self::Astronomical => -18.0,
        }
    }
}

/// What happens. Longitudes and signs are in the zodiac of the calendar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Happening {
    /// A planet turns.
    Station(Station),
    /// A body enters a sign.
    Ingress(Ingress),
    /// Two bodies are in exact aspect.
    Aspect(SkyAspect),
    /// A principal phase of the Moon.
    Lunation(Lunation),
    /// An eclipse of the Sun; longitude of the Moon at the syzygy, degrees.
    Solar(SolarEclipse, f64),
    /// An eclipse of the Moon; her longitude at the syzygy, degrees.
    Lunar(LunarEclipse, f64),
    /// The Moon is void of course.
    VoidMoon(VoidMoon),
    /// A body passes the horizon or the meridian.
    Horizon(Body, HorizonEvent),
    /// A body neither rises nor sets for days.
    Polar(Body, PolarStretch),
    /// Morning twilight starts (the Sun comes up to the altitude) or evening twilight ends.
    Twilight(Twilight, HorizonEvent),
}

/// Something that happens at a moment or through a stretch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Its moment, or its start; Julian Date TT.
    pub jd_tt: f64,
    /// The end of a stretch.
    pub to_jd_tt: Option<f64>,
    /// What it is.
    pub what: Happening,
}

/// What a calendar is asked to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Start, Julian Date TT.
    pub from_jd_tt: f64,
    /// End, Julian Date TT.
    pub to_jd_tt: f64,
    /// The kinds of event.
    pub kinds: Vec<Kind>,
    /// The bodies of stations, ingresses, aspects, rises and culminations.
    pub bodies: Vec<Body>,
    /// The aspects.
    pub aspects: Vec<Aspect>,
    /// The zodiac of signs and longitudes.
    pub zodiac: Zodiac,
    /// The place of rises, culminations and twilight; without one there are none.
    pub site: Option<Site>,
    /// What counts as rising.
    pub horizon: Horizon,
    /// Whether the Moon's course ends with her last aspect to Pluto or any nearer planet, instead of Saturn or nearer.
    pub void_to_pluto: bool,
}

/// The events of a period, by time.
///
/// # Errors
/// [`AstroError::OutOfSpan`] where the period leaves the ephemeris; [`AstroError::Stopped`].
pub fn calendar(wanted: &Wanted, stop: Stop<'_>) -> Result<Vec<Event>, AstroError> {
    let mut events = Vec::new();
    of_longitudes(wanted, stop, &mut events)?;
    of_moon(wanted, stop, &mut events)?;
    if let Some(site) = wanted.site {
        of_place(wanted, site, stop, &mut events)?;
    }
    events.sort_by(|a, b| a.jd_tt.total_cmp(&b.jd_tt));
    Ok(events)
}

fn moment(jd_tt: f64, what: Happening) -> Event {
    Event { jd_tt, to_jd_tt: None, what }
}

/// Stations, ingresses and aspects.
fn of_longitudes(wanted: &Wanted, stop: Stop<'_>, events: &mut Vec<Event>) -> Result<(), AstroError> {
    let has = |kind| wanted.kinds.contains(&kind);
    if ![Kind::Stations, Kind::Ingresses, Kind::Aspects].into_iter().any(has) {
        return Ok(());
    }
    let sky = Sky::unless(stop, wanted.from_jd_tt, wanted.to_jd_tt, &wanted.bodies)?;
    if has(Kind::Stations) {
        events.extend(stations(&sky).into_iter().map(|station| {
            let longitude_deg = norm_deg(station.longitude_deg - wanted.zodiac.offset_deg(station.jd_tt));
            moment(station.jd_tt, Happening::Station(Station { longitude_deg, ..station }))
        }));
    }
    if has(Kind::Aspects) {
        events.extend(sky_aspects(&sky, &wanted.aspects).into_iter().map(|a| moment(a.jd_tt, Happening::Aspect(a))));
    }
    if has(Kind::Ingresses) {
        let sky = sky.in_zodiac(&wanted.zodiac);
        events.extend(ingresses(&sky).into_iter().map(|i| moment(i.jd_tt, Happening::Ingress(i))));
    }
    Ok(())
}

/// Lunations, eclipses and the void Moon.
fn of_moon(wanted: &Wanted, stop: Stop<'_>, events: &mut Vec<Event>) -> Result<(), AstroError> {
    let has = |kind| wanted.kinds.contains(&kind);
    let (from, to) = (wanted.from_jd_tt, wanted.to_jd_tt);
    let in_zodiac = |longitude_deg: f64, jd_tt: f64| norm_deg(longitude_deg - wanted.zodiac.offset_deg(jd_tt));
    if has(Kind::Lunations) {
        events.extend(lunations(stop, from, to, &Phase::ALL)?.into_iter().map(|l| {
            let moon_longitude_deg = in_zodiac(l.moon_longitude_deg, l.jd_tt);
            moment(l.jd_tt, Happening::Lunation(Lunation { moon_longitude_deg, ..l }))
        }));
    }
    if has(Kind::Eclipses) {
        for eclipse in solar_eclipses(stop, from, to)? {
            let longitude_deg = in_zodiac(eclipse.moon_longitude_deg, eclipse.maximum_jd_tt);
            events.push(moment(eclipse.maximum_jd_tt, Happening::Solar(eclipse, longitude_deg)));
        }
        for eclipse in lunar_eclipses(stop, from, to)? {
            let longitude_deg = in_zodiac(eclipse.moon_longitude_deg, eclipse.maximum_jd_tt);
            events.push(moment(eclipse.maximum_jd_tt, Happening::Lunar(eclipse, longitude_deg)));
        }
    }
    if has(Kind::VoidMoon) {
        let planets: &[Body] = if wanted.void_to_pluto { &TO_PLUTO } else { &TO_SATURN };
        events.extend(void_moons(stop, from, to, planets, &wanted.zodiac)?.into_iter().map(|void| Event {
            jd_tt: void.from_jd_tt,
            to_jd_tt: Some(void.to_jd_tt),
            what: Happening::VoidMoon(void),
        }));
    }
    Ok(())
}

/// Rises, sets, culminations and twilight.
fn of_place(wanted: &Wanted, site: Site, stop: Stop<'_>, events: &mut Vec<Event>) -> Result<(), AstroError> {
    let has = |kind| wanted.kinds.contains(&kind);
    let (from, to) = (wanted.from_jd_tt, wanted.to_jd_tt);
    if has(Kind::RiseSet) || has(Kind::Culminations) {
        for &body in &wanted.bodies {
            let found = horizon_events(stop, body, site, wanted.horizon, from, to)?;
            let kind = |passage| match passage {
                Passage::Rise | Passage::Set => Kind::RiseSet,
                Passage::UpperCulmination | Passage::LowerCulmination => Kind::Culminations,
            };
            let kept = found.events.into_iter().filter(|event| has(kind(event.passage)));
            events.extend(kept.map(|event| moment(event.jd_tt, Happening::Horizon(body, event))));
            let stretches = found.stretches.into_iter().filter(|_| has(Kind::RiseSet));
            events.extend(stretches.map(|stretch| Event {
                jd_tt: stretch.from_jd_tt,
                to_jd_tt: Some(stretch.to_jd_tt),
                what: Happening::Polar(body, stretch),
            }));
        }
    }
    if has(Kind::Twilight) {
        for twilight in Twilight::ALL {
            let horizon = Horizon::Geometric(twilight.altitude_deg());
            let found = horizon_events(stop, Body::Sun, site, horizon, from, to)?.events.into_iter();
            let edges = found.filter(|event| matches!(event.passage, Passage::Rise | Passage::Set));
            events.extend(edges.map(|event| moment(event.jd_tt, Happening::Twilight(twilight, event))));
        }
    }
    Ok(())
}
