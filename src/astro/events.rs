//! P: What happens in the sky over a period: the moments of it, by kind. Interprets nothing.

pub mod moment;
pub mod path;
