//! A plan's part in answering: the look before the work, the count with the answer, the headers after. Owns no rule.

use salvo::Response;
use salvo::http::HeaderValue;

use super::caller::Caller;
use crate::app::App;
use crate::error::{Code, Error, Result};
use crate::tenants::plans::Holder;
use crate::tenants::quotas::Charge;

/// Refuses what the plan would refuse later; otherwise the count, for the transaction of the answer.
///
/// # Errors
/// `quota_exceeded`.
pub fn begin(app: &App, caller: &Caller, res: &mut Response) -> Result<Charge> {
    let looked = app.quotas().check(caller.tenant, caller.user);
    if looked.is_err() {
        end(app, caller, &looked, res);
    }
    looked.map(|()| app.quotas().charge(caller.tenant, caller.user))
}

/// Counts what became of a message that was to be kept, and tells the caller what is left.
pub fn end<T>(app: &App, caller: &Caller, outcome: &Result<T>, res: &mut Response) {
    note(app, caller, outcome.as_ref().err());
    tell(app, caller, res);
}

/// Tells the caller what is left: `X-Quota-Limit`, `-Remaining`, and `-Reset` in seconds since the epoch.
pub fn tell(app: &App, caller: &Caller, res: &mut Response) {
    let Ok(quota) = app.quotas().of(Holder::User(caller.tenant, caller.user)) else { return };
    let Some((count, limit)) = quota.tightest().and_then(|count| Some((count, count.limit?))) else { return };
    let told = [
        ("x-quota-limit", limit),
        ("x-quota-remaining", count.remaining().unwrap_or_default()),
        ("x-quota-reset", count.resets_at.0.div_ceil(1_000)),
    ];
    for (name, value) in told {
        res.headers_mut().insert(name, HeaderValue::from(value));
    }
}

fn note(app: &App, caller: &Caller, error: Option<&Error>) {
    let slug = || app.tenants().by_id(caller.tenant).map(|tenant| tenant.row.slug).unwrap_or_default();
    match error.map(Error::code) {
        None => app.metrics().limits.quota_consumed(&slug()),
        Some(Code::QuotaExceeded) => app.metrics().limits.quota_refused(&slug()),
        Some(_) => {}
    }
}
