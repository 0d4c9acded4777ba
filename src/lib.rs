//! Orrery: a private astrology-advice appliance in one executable. It computes charts to JPL accuracy, says what a day
//! holds for a chart, and answers questions with text that cites its sources; for many tenants, from one directory.
//!
//! A tour of the modules, in reading order. Each level uses the ones above it, never one below; `tests/tidy.rs` holds
//! that. `P` is pure (values in, values out), `A` adapts one outside thing, `S` is sequence and policy, `E` is edge.
//!
//! | level | module | kind | holds |
//! |---|---|---|---|
//! | 0 | [`limits`] | P | every bound, with its unit in the name |
//! | 0 | [`clock`] | A | the only reader of time and the only source of randomness |
//! | 0 | [`ids`] | P | identifiers, time-ordered, one type a kind |
//! | 1 | [`error`] | P | one table of everything that can go wrong in public |
//! | 2 | [`config`] | A | settings from flags, environment and file, and where each came from |
//! | 2 | [`astro`] | P | ephemeris, time scales, houses, aspects, charts, the day's transits, places |
//! | 2 | [`kernels`] | P | the arithmetic that models spend their time in; the only `unsafe` code |
//! | 2 | [`guard`] | P | what a question may be, and what of it may leave the machine |
//! | 2 | [`turns`] | S | long work: so much at once, off the async threads, told when nobody waits for it |
//! | 2 | [`tokens`] | P | token counts, the price table, money in whole micro-dollars |
//! | 3 | [`telemetry`] | A | logs and metrics, without personal data |
//! | 4 | [`store`] | A | typed ordered tables, snapshots, one write path with group commit |
//! | 5 | [`vault`] | A | the key ring: personal data sealed with its user's key |
//! | 5 | [`audit`] | S | a hash chain a tenant, written with the change it records |
//! | 5 | [`jobs`] | S | the durable queue: fair, leased, exactly once in effect |
//! | 5 | [`retrieval`] | A | the knowledge corpus and its search, by words and by meaning |
//! | 5 | [`charts`] | S | charts made, kept, listed, deleted; each within its owner's reach |
//! | 6 | [`almanac`] | S | calendars of a period and transits to a chart, as a person asks for them |
//! | 6 | [`idempotency`] | S | answers kept for replay, written with the change they answer |
//! | 6 | [`tenants`] | S | who the appliance serves; the ledger of what they may spend; plans, rates, the gate before streams |
//! | 6 | [`auth`] | S | accounts, logins, sessions, tokens, API keys, throttles |
//! | 6 | [`llm`] | S | the built-in composer; the gateway to models behind OpenAI-compatible addresses and to the one on this machine; its engine |
//! | 7 | [`chat`] | S | the one sequence that answers a question, and the verifier no sentence passes unchecked |
//! | 9 | [`worker`] | S | the kinds of jobs, one file each, and what runs them |
//! | 10 | [`app`] | S | the composition root |
//! | 11 | [`http`] | E | routes, callers, envelopes, the API description |
//! | 12 | [`cli`] | E | subcommands; the demo |
//!
//! One request, followed: [`http`]'s edge gives it an id, a deadline and an envelope; `limited.rs` looks who asks and
//! whether every rate has room; `v1/chat.rs` looks for an earlier answer under its key and at the plan; [`charts`] opens the chart and computes the day; [`chat`] gathers passages,
//! lets the provider write, checks each sentence against chart, day and passages; [`chat::Answers`] keeps the answer, its
//! audit entry, its count against the plan and its idempotency record in one [`store`] transaction; then it is sent.
//!
//! Where the route names a model, [`chat::advisor`] does the same in a task of its own: a place among the streams, money
//! held, a prompt without the person, the model's sentences checked as they come, the composer where they do not suffice,
//! and the charge in that transaction. Whoever stops reading stops the call.
//!
//! Two departures from the first design, each because a transaction must hold all of a change: `charts` also uses the
//! vault, the audit log and the caller of `auth`, as it seals, audits and asks who calls; and `idempotency` is a module of
//! its own, as several services write its record with their change.

pub mod almanac;
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
pub mod jobs;
pub mod kernels;
pub mod limits;
pub mod llm;
pub mod retrieval;
pub mod store;
pub mod telemetry;
pub mod tenants;
pub mod tokens;
pub mod turns;
pub mod vault;
pub mod worker;
