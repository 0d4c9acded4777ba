//! Orrery: a private astrology-advice appliance in one executable.

pub mod astro;
pub mod clock;
pub mod config;
pub mod error;
pub mod ids;
pub mod limits;
pub mod store;
pub mod telemetry;
