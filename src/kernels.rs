//! P: The arithmetic that models spend their time in, for the instructions this processor has. The only place with `unsafe`
//! code: each function is safe to call, and says beside each unsafe block why it is sound. Knows no model.

pub mod float;
