//! S: What operators write to name a limit or a usage, at the command line and over HTTP alike, and what it means. Changes
//! nothing.

use std::str::FromStr;

use jiff::civil::Date;

use super::period::{date_of, periods};
use super::{BudgetChange, Cap, Ledger, Scope, Subject, Window, check_model};
use crate::audit::SYSTEM_TENANT;
use crate::clock::UnixMs;
use crate::error::{Error, FieldError, Result};
use crate::limits::{BUDGET_MAX_MICRO_USD, MODEL_NAME_MAX_BYTES};
use crate::tenants::{Tenant, Tenants};
use crate::tokens::MicroUsd;

/// Names of a scope, as they were written. None but the tenant: the whole tenant; a model alone: the model as all tenants
/// use it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeWords {
    /// Slug of the tenant.
    pub tenant: Option<String>,
    /// A user's id.
    pub user: Option<String>,
    /// An API key's id.
    pub key: Option<String>,
    /// A model's name.
    pub model: Option<String>,
}

impl ScopeWords {
    /// The scope that is meant; any key of a line means the line. `prefix` goes before the names of fields in what is refused, such as `query.`.
    ///
    /// # Errors
    /// `invalid_fields`, `tenant_not_found`.
    pub fn resolve(&self, tenants: &Tenants, ledger: &Ledger, prefix: &str) -> Result<Scope> {
        let field = |name: &str| format!("{prefix}{name}");
        let wrong = |error| Error::fields(vec![error]);
        let Self { tenant, user, key, model } = self;
        if [user, key, model].into_iter().flatten().count() > 1 {
            let allowed = "at most one of user, key and model";
            return Err(wrong(FieldError::unshown(field("user"), allowed)));
        }
        if let Some(name) = model.as_ref().filter(|name| check_model(name).is_err()) {
            let allowed = format!("1 to {MODEL_NAME_MAX_BYTES} printable ASCII characters, no spaces");
            return Err(wrong(FieldError::new(field("model"), name, allowed)));
        }
        let Some(slug) = tenant else {
            let Some(name) = model else {
                let allowed = "the slug of a tenant; it may be left out for a model as all tenants use it";
                return Err(wrong(FieldError::unshown(field("tenant"), allowed)));
            };
            return Ok(Scope { tenant: SYSTEM_TENANT, subject: Subject::ModelEverywhere(name.clone()) });
        };
        let Tenant { id, .. } = tenants.by_slug(slug)?;
        let subject = match (user, key, model) {
            (Some(user), _, _) => Subject::User(parsed(&field("user"), user)?),
            (_, Some(key), _) => Subject::Key(parsed(&field("key"), key)?),
            (_, _, Some(name)) => Subject::Model(name.clone()),
            _ => Subject::Tenant,
        };
        ledger.counted_under(Scope { tenant: id, subject })
    }
}

fn parsed<I: FromStr>(field: &str, text: &str) -> Result<I>
where
    I::Err: std::fmt::Display,
{
    text.parse().map_err(|cause: I::Err| Error::fields(vec![FieldError::new(field, text, cause.to_string())]))
}

/// The window of this name.
///
/// # Errors
/// `invalid_fields`.
pub fn window(field: &str, text: &str) -> Result<Window> {
    let wrong = || Error::fields(vec![FieldError::new(field, text, "one of: day, month, total")]);
    Window::from_code(text).ok_or_else(wrong)
}

/// A limit of so many dollars, `soft` or `hard`; 0 or less means none.
///
/// # Errors
/// `invalid_fields`.
pub fn limit(dollars: &str, block: Option<&str>) -> Result<BudgetChange> {
    let mut wrong = Vec::new();
    let limit = match MicroUsd::parse_or_negative(dollars) {
        Ok(limit) if limit.unwrap_or_default().0 <= BUDGET_MAX_MICRO_USD => limit.unwrap_or_default(),
        Ok(_) => {
            let allowed = format!("at most {}", MicroUsd(BUDGET_MAX_MICRO_USD).decimal());
            wrong.push(FieldError::new("limit_usd", dollars, allowed));
            MicroUsd::ZERO
        }
        Err(allowed) => {
            wrong.push(FieldError::new("limit_usd", dollars, format!("{allowed}; 0 or less for no limit")));
            MicroUsd::ZERO
        }
    };
    let hard = match block {
        None | Some("soft") => false,
        Some("hard") => true,
        Some(other) => {
            wrong.push(FieldError::new("block", other, "one of: soft, hard"));
            false
        }
    };
    if wrong.is_empty() { Ok(BudgetChange::Set(Cap { limit, hard })) } else { Err(Error::fields(wrong)) }
}

/// The days that are meant: from the first of this month to today (both of UTC) where nothing is said.
///
/// # Errors
/// `invalid_fields`.
pub fn days(now: UnixMs, from: Option<&str>, to: Option<&str>, prefix: &str) -> Result<(Date, Date)> {
    let [day, _, _] = periods(now);
    let today = date_of(day.index).ok_or_else(|| Error::internal("the clock is out of range"))?;
    let date = |name: &str, text: &str| {
        let wrong = || Error::fields(vec![FieldError::new(format!("{prefix}{name}"), text, "a date, YYYY-MM-DD")]);
        text.parse::<Date>().map_err(|_| wrong())
    };
    let to = to.map_or(Ok(today), |text| date("to", text))?;
    let from = from.map_or(Ok(to.first_of_month()), |text| date("from", text))?;
    Ok((from, to))
}

/// A place in a list of scopes, as text that means nothing to clients.
pub fn cursor(scope: &Scope) -> String {
    let (tenant, tag) = (scope.tenant, scope.subject.tag());
    match &scope.subject {
        Subject::Tenant => format!("{tenant}.{tag}."),
        Subject::User(id) => format!("{tenant}.{tag}.{id}"),
        Subject::Key(id) => format!("{tenant}.{tag}.{id}"),
        Subject::Model(name) | Subject::ModelEverywhere(name) => format!("{tenant}.{tag}.{name}"),
    }
}

/// A place in a list of scopes, as [`cursor`] wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeCursor(pub Scope);

impl FromStr for ScopeCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(());
        let tenant = part()?.parse().map_err(drop)?;
        let (tag, rest) = (part()?, part()?);
        let subject = match tag {
            "0" if rest.is_empty() => Subject::Tenant,
            "1" => Subject::User(rest.parse().map_err(drop)?),
            "2" => Subject::Key(rest.parse().map_err(drop)?),
            "3" => Subject::Model(rest.to_owned()),
            "4" => Subject::ModelEverywhere(rest.to_owned()),
            _ => return Err(()),
        };
        Ok(Self(Scope { tenant, subject }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ApiKeyId, TenantId, UserId};

    #[test]
    fn cursors_read_back() {
        let subjects = [
            Subject::Tenant,
            Subject::User(UserId([1; 16])),
            Subject::Key(ApiKeyId([2; 16])),
            Subject::Model("gpt-4.1".into()),
            Subject::ModelEverywhere("a.b/c".into()),
        ];
        for subject in subjects {
            let scope = Scope { tenant: TenantId([9; 16]), subject };
            assert_eq!(cursor(&scope).parse(), Ok(ScopeCursor(scope)));
        }
        for bad in ["", "x", "ten_1.0.", "..", &format!("{}.0.x", TenantId([9; 16]))] {
            assert_eq!(bad.parse::<ScopeCursor>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn limits_are_read_or_told_apart() {
        let cap = |micro, hard| Ok(BudgetChange::Set(Cap { limit: MicroUsd(micro), hard }));
        let read = |dollars, block| limit(dollars, block).map_err(|error| error.details()["errors"].to_string());
        assert_eq!(read("25.00", Some("hard")), cap(25_000_000, true));
        assert_eq!(read("-1", None), cap(0, false));
        let told = read("ten", Some("firm")).unwrap_err();
        assert!(told.contains("limit_usd") && told.contains("block"), "{told}");
        assert!(read("1000000001", None).is_err());
    }
}
