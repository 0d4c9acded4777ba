//! Orrery: a private astrology-advice appliance in one executable.

pub mod app;
pub mod astro;
pub mod audit;
pub mod auth;
pub mod charts;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod error;
pub mod guard;
pub mod http;
pub mod idempotency;
pub mod ids;
pub mod limits;
pub mod llm;
pub mod retrieval;
pub mod store;
pub mod telemetry;
pub mod tenants;
pub mod vault;
