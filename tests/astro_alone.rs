//! The astronomy compiled and tested with no other module of the crate: what it needs of others would not be found here.

#[path = "../src"]
mod sources {
    pub mod astro;
}

pub use sources::astro;
