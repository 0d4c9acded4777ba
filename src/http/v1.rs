//! Version 1 of the API, one file per resource.

pub mod auth;
pub mod charts;
pub mod chat;
pub mod lines;
pub mod ops;
pub mod reference;
pub mod places;
pub mod retrieval;
pub mod sky;
pub mod rulesets;
