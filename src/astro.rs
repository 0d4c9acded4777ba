//! P: Real astronomy and the astrology on top of it; values in, values out. No IO, no clock, no randomness.

pub mod body;
pub mod ephemeris;
pub mod error;
pub mod frames;
mod nodes;
pub mod time;
