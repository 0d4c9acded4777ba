//! The appliance from outside: one binary for every integration test.

#[cfg(test)]
mod analysis;
#[cfg(test)]
mod astro;
#[cfg(test)]
mod charts;
#[cfg(test)]
mod chat;
#[cfg(test)]
mod child;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod cli_demo;
#[cfg(test)]
mod cli_limits;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod embeddings;
#[cfg(test)]
mod encoder;
#[cfg(test)]
mod ephemeris;
#[cfg(test)]
mod evaluation;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod jobs_kill;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod ledger_kill;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod local;
#[cfg(test)]
mod models;
#[cfg(test)]
mod money;
#[cfg(test)]
mod money_told;
#[cfg(test)]
mod openai_client;
#[cfg(test)]
mod options;
#[cfg(test)]
mod places;
#[cfg(test)]
mod quotas;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod relevance;
#[cfg(test)]
mod rulesets;
#[cfg(test)]
mod store_kill;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod support;
#[cfg(test)]
mod timeline;
#[cfg(test)]
mod tiny;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod toys;
#[cfg(test)]
mod upstream;
#[cfg(test)]
mod vague;
#[cfg(test)]
mod vague_transits;
#[cfg(test)]
mod wheel;
