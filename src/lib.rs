//! Orrery: a private astrology-advice appliance in one executable.

pub mod clock;
pub mod error;
pub mod ids;
pub mod limits;
pub mod store;
