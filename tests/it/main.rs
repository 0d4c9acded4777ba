//! The appliance from outside: one binary for every integration test.

mod store_kill;
