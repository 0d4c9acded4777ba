//! E: The command line: reads arguments, runs one command, turns its outcome into an exit code. Holds no business rule.

mod analysis_page;
mod args;
mod audit;
mod birth;
mod budget;
mod chart;
mod client;
mod config;
mod demo;
mod ephemeris;
mod eval;
mod houses;
mod init;
mod jobs;
mod key;
mod keys;
mod model;
mod open;
mod pair;
mod password;
mod places;
mod plan;
mod returns;
mod ruleset;
mod serve;
mod signals;
mod sky;
mod tenant;
mod terminal;
mod text;
mod timeline;

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use clap::Parser;

use self::args::{Arguments, AuditCommand, Command, ConfigCommand, KeysCommand};

/// Where to go about money when the directory is served.
const HINT_MONEY: &str = "while it serves, use /v1/ops/budgets, /v1/ops/usage and /v1/ops/ledger/verify as an operator";

/// A command that did not do what was asked: the exit code, and what was wrong in words for whoever typed it.
#[derive(Debug)]
struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    /// It was tried and did not work: 1.
    fn failed(text: impl Display) -> Self {
        Self { code: 1, text: text.to_string() }
    }

    /// What was typed or configured is wrong: 2.
    fn usage(text: impl Display) -> Self {
        Self { code: 2, text: text.to_string() }
    }

    /// Another process owns the data directory: 3.
    fn owned(text: impl Display) -> Self {
        Self { code: 3, text: text.to_string() }
    }
}

impl From<io::Error> for Failure {
    fn from(cause: io::Error) -> Self {
        Self::failed(cause)
    }
}

/// Runs the command that the process was started with.
///
/// Exit codes: 0 done; 1 failed; 2 wrong arguments or settings; 3 the data directory belongs to another process.
pub fn run() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Chart(options) => chart::run(&options),
        Command::Sky(options) => sky::run(&options),
        Command::Houses(options) => houses::run(&options),
        Command::Returns(options) => returns::run(&options),
        Command::Synastry(options) => pair::run(&options),
        Command::Calendar(options) => timeline::calendar(&options),
        Command::Transits(options) => timeline::transits(&options),
        Command::Init(options) => init::run(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Ephemeris(options) => ephemeris::run(&options),
        Command::Config(ConfigCommand::Print(options)) => config::print(&options),
        Command::Config(ConfigCommand::Check(options)) => config::check(&options),
        Command::Audit(AuditCommand::Verify(options)) => audit::verify(&options),
        Command::Places(options) => places::run(&options),
        Command::Keys(KeysCommand::Rotate(rotate)) => keys::rotate(&rotate),
        Command::Ruleset(command) => ruleset::run(&command),
        Command::Jobs(command) => jobs::run(&command),
        Command::Eval(command) => eval::run(&command),
        Command::Budget(command) => budget::run(&command),
        Command::Ledger(command) => budget::ledger(&command),
        Command::Usage(options) => budget::usage(&options),
        Command::Tenant(command) => tenant::run(&command),
        Command::Plan(command) => plan::run(&command),
        Command::Key(command) => key::run(&command),
        Command::Model(command) => model::run(&command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, text }) => {
            terminal::complain(&format!("orrery: {text}"));
            ExitCode::from(code)
        }
    }
}

/// The threads that a command runs on.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Failure::failed(format!("the system gives no threads: {cause}")))
}
