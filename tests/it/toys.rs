//! The toy model of the engine's own tests, behind a whole appliance.

pub use orrery::llm::local::forward;

#[path = "../../src/llm/local/toy.rs"]
#[expect(dead_code, reason = "the engine's own tests use more of it")]
pub mod toy;
