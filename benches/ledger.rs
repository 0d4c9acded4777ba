//! Reserve and settle.
fn main() {}
