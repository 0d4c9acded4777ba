//! The HTTP edge: routes, callers, envelopes, the API description. Rules live in the services below; this only carries.

pub mod body;
pub mod caller;
mod edge;
mod health;
mod idempotency;
mod legacy;
mod limited;
mod methods;
pub mod metrics;
mod openapi;
pub mod problem;
mod quota;
pub mod reply;
pub mod router;
mod serve;
mod shape;
mod v1;
pub mod wire;

pub use serve::{Bound, ServeError, bind};
