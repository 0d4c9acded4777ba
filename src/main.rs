//! The executable: takes the allocator and hands over to the command line. Holds nothing else.

use std::process::ExitCode;

/// The system's allocator keeps one lock per arena; under many small requests this one is markedly faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    orrery::cli::run()
}
