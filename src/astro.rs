//! P: Real astronomy and the astrology on top of it; values in, values out. No IO, no clock, no randomness.

pub mod angles;
pub mod aspects;
pub mod birth;
pub mod body;
pub mod calendar;
pub mod chart;
pub mod daily;
pub mod ephemeris;
pub mod error;
pub mod frames;
pub mod houses;
pub mod names;
mod nodes;
pub mod places;
pub mod point;
pub mod rules;
pub mod signs;
pub mod time;
pub mod zone;

pub use angles::{AnglePlacement, Angles};
pub use aspects::{Aspect, AspectHit, Nature};
pub use birth::{BirthInput, Certainty, FieldProblem};
pub use body::Body;
pub use calendar::{CivilDate, CivilTime};
pub use chart::{Balance, Chart, LongitudeRange, Placement, TimeWindow, Unknown, Versions, compute};
pub use daily::{Factor, MoonToday, Today, today};
pub use ephemeris::{Center, Ephemeris, Position, Reduction, Site, View};
pub use error::AstroError;
pub use houses::{HouseSystem, Houses};
pub use names::Lang;
pub use places::{Place, PlaceError};
pub use point::Point;
pub use rules::RULESET_VERSION;
pub use signs::{Element, Modality, Sign};
pub use zone::{LocalMoment, OffsetSource, local_date, resolve_local};
