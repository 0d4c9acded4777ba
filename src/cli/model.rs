//! E: `orrery model ..`, the models on this machine, for a directory that nobody serves. A served one is asked through its
//! interface.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::args::DirectoryArgs;
use super::terminal::say;
use super::{Failure, open};
use crate::app::{App, Import, Model, Progress, hex};
use crate::auth::RequestContext;
use crate::error::Error;
use crate::store::tables::Actor;

/// `orrery model ..`
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Check a model and copy it into the data directory.
    Import(ImportArgs),
    /// Say which models there are.
    List(ListArgs),
    /// Show all that is known of a model.
    Show(NameArgs),
    /// Read the files of a model again and compare their hashes; exit 1 when they differ.
    Verify(NameArgs),
    /// Put a model to use, in the place of the one of its kind.
    Use(NameArgs),
    /// Take a model out of use.
    Release(NameArgs),
    /// Remove a model that is not in use, and its files.
    Remove(NameArgs),
}

/// `orrery model import ..`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A GGUF file, a directory with model.safetensors, or a wheel or zip that holds one of them.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What to call it; after its file when left out.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Which of several models of an archive: its path there.
    #[arg(long, value_name = "PATH")]
    pub inside: Option<String>,
    /// Put it to use at once.
    #[arg(long = "use")]
    pub put_to_use: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery model list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// A model by its name.
#[derive(Debug, Args)]
pub struct NameArgs {
    /// Its name, as `orrery model list` shows it.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// Does one of the commands.
pub fn run(command: &ModelCommand) -> Result<(), Failure> {
    let (request, by) = (RequestContext::default(), Actor::Console);
    match command {
        ModelCommand::Import(options) => import(options),
        ModelCommand::List(options) => {
            let models = with_app(&options.directory, async |app| app.models().list())?;
            if options.json {
                return Ok(say(&Value::Array(models.iter().map(told).collect()).to_string())?);
            }
            Ok(say(&models.iter().map(line).collect::<Vec<_>>().join("\n"))?)
        }
        ModelCommand::Show(options) => {
            let model = with_app(&options.directory, async |app| app.models().get(&options.name))?;
            page(&model, options.json)
        }
        ModelCommand::Verify(options) => {
            let bar = bar("checked");
            let done = with_app(&options.directory, async |app| {
                app.models().verify(&request, &by, &options.name, progress(&bar)).await
            });
            bar.finish_and_clear();
            let model = done?;
            if options.json { page(&model, true) } else { Ok(say(&format!("{} is whole", model.name))?) }
        }
        ModelCommand::Use(options) => {
            let used = async |app: &App| app.models().put_to_use(&request, &by, &options.name).await;
            page(&with_app(&options.directory, used)?, options.json)
        }
        ModelCommand::Release(options) => {
            let released = async |app: &App| app.models().release(&request, &by, &options.name).await;
            page(&with_app(&options.directory, released)?, options.json)
        }
        ModelCommand::Remove(options) => {
            with_app(&options.directory, async |app| app.models().remove(&request, &by, &options.name).await)?;
            let name = &options.name;
            Ok(say(&if options.json { json!({ "removed": name }).to_string() } else { format!("{name} is gone") })?)
        }
    }
}

fn import(options: &ImportArgs) -> Result<(), Failure> {
    let (request, by) = (RequestContext::default(), Actor::Console);
    let import = Import { path: options.file.clone(), inside: options.inside.clone(), name: options.name.clone() };
    let bar = bar("copied");
    let done = with_app(&options.directory, async |app| {
        let mut imported = app.models().import(&request, &by, import.clone(), progress(&bar)).await?;
        if options.put_to_use {
            imported.model = app.models().put_to_use(&request, &by, &imported.model.name).await?;
        }
        Ok(imported)
    });
    bar.finish_and_clear();
    let imported = done?;
    if options.json {
        let told = json!({ "was_there": imported.was_there, "model": told(&imported.model) });
        return Ok(say(&told.to_string())?);
    }
    if imported.was_there {
        say("These very bytes are there already:")?;
    }
    page(&imported.model, false)
}

/// A bar on a terminal, and nothing elsewhere.
fn bar(done: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let shape = format!("{{bar:30}} {{bytes}} of {{total_bytes}} {done}, {{bytes_per_sec}}, {{eta}} left");
    match ProgressStyle::with_template(&shape) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn progress(bar: &ProgressBar) -> Progress {
    let bar = bar.clone();
    Arc::new(move |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })
}

fn told(model: &Model) -> Value {
    let row = &model.row;
    let file =
        |file: &crate::app::ModelFile| json!({ "name": file.name, "bytes": file.bytes, "sha256": hex(&file.sha256) });
    json!({
        "name": model.name,
        "kind": row.kind.code(),
        "in_use": model.in_use,
        "architecture": row.architecture,
        "parameters": row.parameters,
        "quantisation": row.quantisation,
        "context": row.context,
        "embedding_length": row.embedding_length,
        "vocabulary": row.vocabulary,
        "has_template": row.has_template,
        "licence": row.licence,
        "bytes": model.bytes(),
        "memory_bytes": row.memory_bytes,
        "sha256": hex(&row.sha256),
        "imported_at": row.imported_at.rfc3339(),
        "verified_at": row.verified_at.rfc3339(),
        "files": row.files.iter().map(file).collect::<Vec<_>>(),
    })
}

fn line(model: &Model) -> String {
    let row = &model.row;
    let used = if model.in_use { "*" } else { " " };
    let (size, weights) = (mebibytes(model.bytes()), millions(row.parameters));
    format!(
        "{used} {:40} {:9} {:8} {weights:>8} {:6} {size:>10}",
        model.name,
        row.kind.code(),
        row.architecture,
        row.quantisation
    )
}

fn page(model: &Model, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return Ok(say(&told(model).to_string())?);
    }
    let row = &model.row;
    let template = if row.has_template { "its own" } else { "none; a usual one is used" };
    let rows = [
        ("name", model.name.clone()),
        ("kind", row.kind.code().to_owned()),
        ("in use", if model.in_use { "yes" } else { "no" }.to_owned()),
        ("architecture", row.architecture.clone()),
        ("parameters", millions(row.parameters)),
        ("quantisation", row.quantisation.clone()),
        ("context", format!("{} tokens", row.context)),
        ("embedding", row.embedding_length.to_string()),
        ("vocabulary", format!("{} tokens", row.vocabulary)),
        ("template", if row.kind.code() == "chat" { template } else { "-" }.to_owned()),
        ("licence", row.licence.clone().unwrap_or_else(|| "not said".to_owned())),
        ("size", mebibytes(model.bytes())),
        ("memory", format!("about {}", mebibytes(row.memory_bytes))),
        ("sha256", hex(&row.sha256)),
        ("imported", row.imported_at.rfc3339()),
        ("verified", row.verified_at.rfc3339()),
    ];
    Ok(say(&rows.map(|(name, value)| format!("{name:13} {value}")).join("\n"))?)
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / (1024. * 1024.))
}

fn millions(count: u64) -> String {
    format!("{:.1} M", count as f64 / 1e6)
}

fn with_app<T>(directory: &DirectoryArgs, work: impl AsyncFnOnce(&App) -> Result<T, Error>) -> Result<T, Failure> {
    open::with_app(directory, "while it serves, use /v1/ops/models as an operator", work)
}
