//! Version 1 of the API, one file per resource.

pub mod auth;
pub mod charts;
pub mod chat;
pub mod ops;
pub mod places;
pub mod reference;
pub mod retrieval;
pub mod rulesets;
pub mod sky;
