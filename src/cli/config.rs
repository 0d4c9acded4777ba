//! E: `orrery config print` and `orrery config check`. Starts nothing and changes nothing.

use super::Failure;
use super::args::SettingsArgs;
use super::terminal::say;
use crate::config::{Problem, Settings, Sources};

/// Shows every setting as it holds, and where it came from.
pub fn print(options: &SettingsArgs) -> Result<(), Failure> {
    let inspection = Settings::inspect(&options.sources());
    say(inspection.provenance.to_string().trim_end())?;
    refuse(&inspection.problems)
}

/// Says everything that is wrong.
pub fn check(options: &SettingsArgs) -> Result<(), Failure> {
    refuse(&Settings::inspect(&options.sources()).problems)?;
    say("the settings are good")?;
    Ok(())
}

/// The settings that `sources` make.
///
/// # Errors
/// Everything that is wrong with them, one line each.
pub fn load(sources: &Sources) -> Result<Settings, Failure> {
    match Settings::load(sources) {
        Ok((settings, _)) => Ok(settings),
        Err(problems) => refuse(&problems).and_then(|()| Err(Failure::usage("the settings cannot be read"))),
    }
}

fn refuse(problems: &[Problem]) -> Result<(), Failure> {
    let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
    match problems.len() {
        0 => Ok(()),
        1 => Err(Failure::usage(format!("one setting is wrong:\n{}", lines.join("\n")))),
        n => Err(Failure::usage(format!("{n} settings are wrong:\n{}", lines.join("\n")))),
    }
}
