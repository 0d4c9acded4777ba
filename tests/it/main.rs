//! The appliance from outside: one binary for every integration test.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod cli_demo;
#[cfg(test)]
mod store_kill;
