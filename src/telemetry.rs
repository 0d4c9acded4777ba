//! A: Logs and metrics of the appliance. Knows no HTTP framework, decides nothing, holds no personal data.
//!
//! Never logged, at no level: passwords, tokens, keys, e-mail addresses, names, birth data, questions, answers, and
//! request bodies. What may be logged of a person is an opaque id.

mod engine;
mod gateway;
pub mod labels;
pub mod logs;
pub mod metrics;

pub use engine::{EngineMetrics, EngineState};
pub use gateway::{GatewayMetrics, OpenStream};
pub use logs::{LoggingError, init_logging};
pub use metrics::{InFlight, Metrics, bounded};
