//! Orrery: a private astrology-advice appliance in one executable.

pub mod audit;
pub mod auth;
pub mod clock;
pub mod error;
pub mod ids;
pub mod limits;
pub mod store;
pub mod tenants;
pub mod vault;
