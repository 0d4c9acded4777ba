//! P: What happens in the sky over a period: the moments of it, by kind. Interprets nothing.
//!
//! Longitudes are sampled once per body as a [`path::Path`] true to 2e-7 degrees; stations, ingresses, aspects and transits
//! are read off it, so that a year of ten bodies against twelve points costs a few milliseconds.

pub mod aspects;
pub mod calendar;
pub mod eclipses;
pub mod ingresses;
pub mod lunations;
pub mod moment;
pub mod natal;
pub mod path;
pub mod period;
pub mod sky;
pub mod stations;
pub mod transits;
pub mod void_moon;

pub use aspects::{SkyAspect, sky_aspects};
pub use calendar::{Event, Happening, Kind, Twilight, Wanted, calendar};
pub use eclipses::{LunarEclipse, LunarKind, SolarEclipse, SolarKind, lunar_eclipses, solar_eclipses};
pub use ingresses::{Ingress, ingresses};
pub use lunations::{Lunation, Phase, lunations};
pub use period::Period;
pub use sky::Sky;
pub use stations::{Station, stations};
pub use transits::{NatalArc, Pass, Transit, Window, transits};
pub use void_moon::{VoidMoon, void_moons};

#[cfg(test)]
mod tests;
