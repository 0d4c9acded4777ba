//! S: Limits as operators set, remove and reset them, each change audited with it; and what stands against each. Charges
//! nobody.

use super::accounts::{account, balance};
use super::caps::{Defaults, name};
use super::{Ledger, slug_of};
use super::{period, verify};
use crate::audit::{self, RequestContext, SYSTEM_TENANT};
use crate::clock::UnixMs;
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::{ApiKeyId, TenantId};
use crate::limits::{API_KEY_ROWS_PER_TENANT_MAX, BUDGET_MAX_MICRO_USD, MODEL_NAME_MAX_BYTES, PAGE_MAX_ROWS};
use crate::store::tables::ledger::{Cap, LIMITS, Scope, Subject, Window};
use crate::store::tables::limits::API_KEYS;
use crate::store::tables::{Actor, TENANTS, USERS};
use crate::store::{Reads, Span, Tx};
use crate::tokens::MicroUsd;

/// A limit and what stands against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Whose.
    pub scope: Scope,
    /// Slug of the tenant.
    pub slug: String,
    /// How long it counts.
    pub window: Window,
    /// How much; `None` when there is no limit.
    pub limit: Option<MicroUsd>,
    /// Whether a request beyond it is refused.
    pub hard: bool,
    /// Whether it comes from the settings.
    pub from_settings: bool,
    /// Counts its changes and resets.
    pub epoch: u64,
    /// What counts as spent in the present period.
    pub spent: MicroUsd,
    /// What is held.
    pub reserved: MicroUsd,
    /// What is left of the limit.
    pub remaining: Option<MicroUsd>,
    /// When it starts anew.
    pub resets_at: Option<UnixMs>,
}

/// What to do with the limit of one window of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetChange {
    /// Set it; nothing means no limit.
    Set(Cap),
    /// Leave it to the settings again.
    Remove,
    /// What was spent in the present period no longer counts.
    Reset,
}

impl BudgetChange {
    const fn action(self) -> &'static str {
        match self {
            Self::Set(_) => "budget_set",
            Self::Remove => "budget_remove",
            Self::Reset => "budget_reset",
        }
    }
}

impl Ledger {
    /// Changes the limit of one window of a scope, with its audit entries and whatever `also` writes, together or not at
    /// all. A lower limit than what is spent already takes effect at once: nothing more is granted.
    ///
    /// # Errors
    /// `insufficient_role`, `tenant_not_found`, `user_not_found`, `api_key_not_found`, `budget_not_found` where there is none to remove,
    /// `invalid_fields`.
    pub async fn change_budget<F>(
        &self,
        request: &RequestContext,
        by: &Actor,
        scope: &Scope,
        window: Window,
        change: BudgetChange,
        also: F,
    ) -> Result<Budget>
    where
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        if !by.is_operator() {
            return Err(Code::InsufficientRole.into());
        }
        check(scope, change)?;
        let on = &self.core.on;
        let entry = |chain| {
            let entry = on.auditor.entry(chain, request, by.clone(), change.action());
            let entry = entry.target("budget", name(scope)).detail("window", window.code());
            match change {
                BudgetChange::Set(cap) => {
                    entry.detail("limit_micro_usd", cap.limit.0).detail("block", if cap.hard { "hard" } else { "soft" })
                }
                BudgetChange::Remove | BudgetChange::Reset => entry,
            }
        };
        let mut entries = vec![entry(SYSTEM_TENANT)];
        if scope.tenant != SYSTEM_TENANT {
            entries.push(entry(scope.tenant));
        }
        let (now, defaults, auditor) = (on.ambient.now(), on.defaults.clone(), on.auditor.clone());
        let scope = scope.clone();
        on.store
            .write(move |tx| {
                also(tx)?;
                exists(tx, &scope, change)?;
                applied(tx, &scope, window, change, now)?;
                entries.iter().try_for_each(|entry| audit::append(tx, &auditor, entry.clone()))?;
                budget(tx, &scope, window, now, &defaults)
            })
            .await
    }

    /// The scope that `scope` is counted under: of an API key, the first of its line.
    ///
    /// # Errors
    /// Those of the store.
    pub fn counted_under(&self, scope: Scope) -> Result<Scope> {
        let Subject::Key(key) = scope.subject else { return Ok(scope) };
        let first = self.core.on.store.read(|view| first_of_line(view, scope.tenant, key))?;
        Ok(Scope { subject: Subject::Key(first.unwrap_or(key)), ..scope })
    }

    /// The limits of a scope that hold now, by window.
    ///
    /// # Errors
    /// `tenant_not_found`; those of the store.
    pub fn budgets_of(&self, scope: &Scope) -> Result<Vec<Budget>> {
        let on = &self.core.on;
        let now = on.ambient.now();
        on.store.read(|view| held_by(view, scope, now, &on.defaults))
    }

    /// Scopes with limits of their own, in the order of their keys: those of one tenant or of all, at most `limit` (100
    /// at most) behind `after`, each with every window that has one.
    ///
    /// # Errors
    /// Those of the store.
    pub fn budgets(
        &self,
        tenant: Option<TenantId>,
        after: Option<&Scope>,
        limit: usize,
    ) -> Result<Vec<(Scope, Vec<Budget>)>> {
        let on = &self.core.on;
        let now = on.ambient.now();
        let span = tenant.map_or_else(Span::all, |tenant| Span::prefix(&tenant));
        let span = after.map_or(span.clone(), |after| span.after(after));
        on.store.read(|view| {
            let rows = view.scan(&LIMITS, span, limit.min(PAGE_MAX_ROWS))?;
            let scopes = rows.into_iter().map(|(scope, _)| scope);
            scopes.map(|scope| Ok((scope.clone(), held_by(view, &scope, now, &on.defaults)?))).collect()
        })
    }

    /// Limits that the settings give to tenants without their own.
    pub fn defaults(&self) -> &Defaults {
        &self.core.on.defaults
    }

    /// Rebuilds every balance from the entries and compares; reads all of the ledger, so not on an async thread.
    ///
    /// # Errors
    /// Those of the store.
    pub fn verify(&self) -> Result<verify::Report> {
        verify::verify(&self.core.on.store, self.core.boot)
    }
}

fn check(scope: &Scope, change: BudgetChange) -> Result<()> {
    if let Subject::Model(model) | Subject::ModelEverywhere(model) = &scope.subject
        && super::check_model(model).is_err()
    {
        let allowed = format!("1 to {MODEL_NAME_MAX_BYTES} printable ASCII characters, no spaces");
        return Err(Error::fields(vec![FieldError::new("model", model, allowed)]));
    }
    match change {
        BudgetChange::Set(cap) if cap.limit.0 > BUDGET_MAX_MICRO_USD => {
            let allowed = format!("at most {}", MicroUsd(BUDGET_MAX_MICRO_USD).decimal());
            Err(Error::fields(vec![FieldError::new("limit_usd", cap.limit.decimal(), allowed)]))
        }
        _ => Ok(()),
    }
}

/// Refuses a scope that nothing would ever be counted under, as a limit on it would hold nobody.
fn exists(reads: &impl Reads, scope: &Scope, change: BudgetChange) -> Result<()> {
    if reads.get(&TENANTS, &scope.tenant)?.is_none() {
        return Err(Code::TenantNotFound.into());
    }
    match scope.subject {
        Subject::User(user) if reads.get(&USERS, &(scope.tenant, user))?.is_none() => Err(Code::UserNotFound.into()),
        // The limit of a key that is long gone can still be removed.
        Subject::Key(key)
            if change != BudgetChange::Remove && first_of_line(reads, scope.tenant, key)? != Some(key) =>
        {
            Err(Code::ApiKeyNotFound.into())
        }
        _ => Ok(()),
    }
}

/// The first key of the line that `key` is of; nothing when neither it nor a later one of its line is there.
fn first_of_line(reads: &impl Reads, tenant: TenantId, key: ApiKeyId) -> Result<Option<ApiKeyId>> {
    if let Some(row) = reads.get(&API_KEYS, &(tenant, key))? {
        return Ok(Some(row.root.unwrap_or(key)));
    }
    // The rows of keys that ended make room, the first of a line before the others.
    let rows = reads.scan(&API_KEYS, Span::prefix(&tenant), API_KEY_ROWS_PER_TENANT_MAX)?;
    Ok(rows.iter().any(|(_, row)| row.root == Some(key)).then_some(key))
}

fn applied(tx: &mut Tx<'_>, scope: &Scope, window: Window, change: BudgetChange, now: UnixMs) -> Result<()> {
    let mut row = tx.get(&LIMITS, scope)?.unwrap_or_default();
    let standing = row.standing_mut(window);
    match change {
        // The same limit again is no change, so nothing of it is told anew.
        BudgetChange::Set(cap) if standing.cap == Some(cap) => return Ok(()),
        BudgetChange::Set(cap) => standing.cap = Some(cap),
        BudgetChange::Remove => {
            standing.cap.take().ok_or_else(|| Error::new(Code::BudgetNotFound))?;
        }
        BudgetChange::Reset => {
            let period = period::period(now, window);
            let account = account(tx, scope)?;
            standing.forgiven = balance(tx, scope, &account, period)?.spent;
            standing.forgiven_in = period.index;
        }
    }
    standing.epoch += 1;
    Ok(tx.put(&LIMITS, scope, &row)?)
}

/// The limits of a scope that hold, by window.
fn held_by(reads: &impl Reads, scope: &Scope, now: UnixMs, defaults: &Defaults) -> Result<Vec<Budget>> {
    let all = Window::ALL.into_iter().map(|window| budget(reads, scope, window, now, defaults));
    let held = |budget: &Result<Budget>| {
        budget.as_ref().map_or(true, |budget| budget.limit.is_some() || !budget.from_settings)
    };
    all.filter(held).collect()
}

/// What holds for one window; a limit of nothing is told as no limit.
fn budget(reads: &impl Reads, scope: &Scope, window: Window, now: UnixMs, defaults: &Defaults) -> Result<Budget> {
    let slug = slug_of(reads, scope.tenant)?;
    let row = reads.get(&LIMITS, scope)?.unwrap_or_default();
    let standing = row.standing(window);
    let cap = standing.cap.or_else(|| defaults.cap(scope, &slug, window));
    let limit = cap.map(|cap| cap.limit).filter(|limit| !limit.is_zero());
    let period = period::period(now, window);
    let balance = balance(reads, scope, &account(reads, scope)?, period)?;
    let spent = standing.counted(&balance, period);
    Ok(Budget {
        scope: scope.clone(),
        slug,
        window,
        limit,
        hard: cap.is_some_and(|cap| cap.hard),
        from_settings: standing.cap.is_none(),
        epoch: standing.epoch,
        spent,
        reserved: balance.reserved,
        remaining: limit.map(|limit| limit.less(spent).less(balance.reserved)),
        resets_at: period::ends_at(period),
    })
}
