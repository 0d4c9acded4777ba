//! E: `orrery audit verify`. Reads the audit log and changes nothing in it.

use super::args::DirectoryArgs;
use super::terminal::say;
use super::{Failure, config, open, runtime};
use crate::clock::Ambient;

/// Checks every chain from its beginning.
pub fn verify(options: &DirectoryArgs) -> Result<(), Failure> {
    let settings = config::load(&options.sources())?;
    let report = runtime()?.block_on(async {
        let app = open::open_existing(settings, Ambient::system())
            .await
            .map_err(|failure| with_hint(failure, "while it serves, ask GET /v1/ops/audit/verify as an operator"))?;
        let report = app.verify_audit().await.map_err(Failure::failed);
        app.shutdown().await;
        report
    })?;
    match report.first_problem {
        None => Ok(say(&format!("the audit log is intact: {} entries in {} chains", report.entries, report.tenants))?),
        Some(problem) => Err(Failure::failed(format!(
            "the audit log is broken: chain of tenant {}, entry {}: {} ({} good entries were read before it)",
            problem.tenant, problem.sequence, problem.what, report.entries,
        ))),
    }
}

/// `failure` with what to do instead, when the directory is in use.
pub fn with_hint(mut failure: Failure, hint: &str) -> Failure {
    if failure.code == 3 {
        failure.text = format!("{}; {hint}", failure.text);
    }
    failure
}
