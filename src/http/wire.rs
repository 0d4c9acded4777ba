//! What clients see: requests and answers with their names, units and ranges. Computes nothing.

pub mod analysis;
pub mod aspects;
pub mod auth;
pub mod calendar;
pub mod chart;
pub mod chat;
pub mod embeddings;
pub mod figure;
pub mod jobs;
pub mod keys;
pub mod ledger;
pub mod lines;
pub mod lords;
pub mod models;
pub mod openai;
pub mod ops;
pub mod pair;
pub mod place;
pub mod plans;
pub mod ranges;
pub mod reference;
pub mod rulesets;
pub mod today;
pub mod transits;
