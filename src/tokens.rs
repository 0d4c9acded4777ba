//! P: Token counts and what they cost: money in whole micro-dollars, the price table, counts and who made them. Calls
//! nobody, reads no file, and uses no floating point.

pub mod bpe;
mod count;
mod money;
mod prices;

pub use count::{Count, MessageBound, Method, Strategy, Tokenizer, count, prompt_bound};
pub use money::{BadMoney, MicroUsd};
pub use prices::{Price, PriceError, Prices, Tokens};
