//! Orrery: a private astrology-advice appliance in one executable.

pub mod astro;
pub mod chat;
pub mod clock;
pub mod error;
pub mod guard;
pub mod ids;
pub mod limits;
pub mod llm;
pub mod retrieval;
