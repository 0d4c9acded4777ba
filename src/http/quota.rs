//! A plan's part in answering: the place taken before the work, the count with the answer, the headers after. Owns no rule.

use salvo::Response;
use salvo::http::HeaderValue;

use super::caller::Caller;
use crate::app::App;
use crate::error::{Error, Result};
use crate::tenants::plans::Holder;
use crate::tenants::quotas::Charge;

/// Refuses what the plan would refuse later; otherwise a place within it, which is counted in the transaction of the answer.
///
/// # Errors
/// `quota_exceeded`.
pub fn begin(app: &App, caller: &Caller, res: &mut Response) -> Result<Charge> {
    let begun = app.quotas().begin(caller.tenant, caller.user);
    if begun.is_err() {
        end(app, caller, true, &begun, res);
    }
    begun
}

/// Notes in the metrics what became of a message that was to be kept here, and tells the caller what is left. What the
/// advisor keeps it notes itself. Where the plan has no bound there is nothing to tell.
pub fn end<T>(app: &App, caller: &Caller, is_bounded: bool, outcome: &Result<T>, res: &mut Response) {
    let slug = || app.tenants().by_id(caller.tenant).map(|tenant| tenant.row.slug).unwrap_or_default();
    app.metrics().limits.quota(slug, outcome.as_ref().err().map(Error::code));
    if is_bounded {
        tell(app, caller, res);
    }
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
