//! The appliance from outside: one binary for every integration test.

#[cfg(test)]
mod store_kill;
