//! Version 1 of the API, one file per resource.

pub mod analysis;
pub mod aspects;
pub mod auth;
pub mod budgets;
pub mod calendar;
pub mod charts;
pub mod chat;
pub mod completions;
pub mod embeddings;
pub mod jobs;
pub mod keys;
pub mod lines;
pub mod local_models;
pub mod ops;
pub mod places;
pub mod plans;
pub mod reference;
pub mod retrieval;
pub mod rulesets;
pub mod sky;
pub mod stream;
pub mod transits;
pub mod usage;
pub mod webhooks;
pub mod wheel;
