//! S: Plans: how many messages a tenant and its users may have answered, as versions that never change; which tenant and
//! which user has which. Counts nothing.
//!
//! A new version supersedes the one before for everybody who follows its code; whoever has one version for good
//! (`code@version`) keeps it. A user without a plan of their own has the tenant's, a tenant without one the default of the
//! settings. What bounds a whole tenant is always the tenant's plan, what bounds a user the user's.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::audit::{self, Auditor, RequestContext, SYSTEM_TENANT};
use crate::clock::{Ambient, UnixMs};
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::{TenantId, UserId};
use crate::limits::{PLAN_MESSAGES_MAX, PLAN_VERSIONS_MAX};
use crate::store::tables::limits::{PLAN_OF_TENANT, PLAN_OF_USER, PLANS, PlanChoiceRow, PlanRow};
use crate::store::tables::{Actor, TENANTS, USERS};
use crate::store::{Reads, Span, Store, Tx};

/// The plans that the program brings.
const BUILT_IN: &str = include_str!("../../data/plans.toml");
/// Longest code of a plan, in bytes.
const CODE_MAX_BYTES: usize = 48;
/// Longest name of a plan, in Unicode scalar values.
const NAME_MAX_CHARS: usize = 80;
/// Version of each plan that the program brings.
const FIRST: u32 = 1;

/// What a plan allows; no number, no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Messages of each user on one day.
    pub user_per_day: Option<u64>,
    /// Messages of the whole tenant on one day.
    pub tenant_per_day: Option<u64>,
    /// Messages of the whole tenant in one month.
    pub tenant_per_month: Option<u64>,
}

/// A version of a plan. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its code.
    pub code: String,
    /// Its version, from 1.
    pub version: u32,
    /// Its name, for people.
    pub name: String,
    /// What it allows.
    pub bounds: Bounds,
    /// When an operator made it; the program brought those without.
    pub created_at: Option<UnixMs>,
}

/// A plan as it is chosen: the newest version of a code, or one version for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Code of the plan.
    pub code: String,
    /// The version, when it does not follow the newest.
    pub version: Option<u32>,
}

impl FromStr for Choice {
    type Err = String;

    /// `premium` or `premium@2`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (code, version) = text.split_once('@').map_or((text, None), |(code, version)| (code, Some(version)));
        let version = version.map(|text| text.parse::<u32>().ok().filter(|n| *n > 0 && n.to_string() == text));
        match version {
            _ if !is_code(code) => Err("a plan such as `premium`, or a version of it such as `premium@1`".to_owned()),
            Some(None) => Err("a version such as `premium@1`".to_owned()),
            version => Ok(Self { code: code.to_owned(), version: version.flatten() }),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        self.version.map_or(Ok(()), |version| write!(f, "@{version}"))
    }
}

impl From<Choice> for PlanChoiceRow {
    fn from(Choice { code, version }: Choice) -> Self {
        Self { code, version }
    }
}

impl From<PlanChoiceRow> for Choice {
    fn from(PlanChoiceRow { code, version }: PlanChoiceRow) -> Self {
        Self { code, version }
    }
}

/// Whose plan it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A tenant.
    Tenant(TenantId),
    /// A user of it.
    User(TenantId, UserId),
}

/// Where a plan in force came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The user's own.
    User,
    /// The tenant's.
    Tenant,
    /// The default of the settings.
    Default,
}

impl Source {
    /// Its name on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Tenant => "tenant",
            Self::Default => "default",
        }
    }
}

/// A plan in force: what was chosen, by whom, and what it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The version that holds.
    pub plan: Plan,
    /// As it was chosen.
    pub choice: Choice,
    /// Where the choice stands.
    pub source: Source,
}

/// A new version of a plan, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPlan {
    /// Code: of a plan that is there, which gets a version more, or of a new one.
    pub code: String,
    /// Name, 1 to 80 characters.
    pub name: String,
    /// What it allows.
    pub bounds: Bounds,
}

/// The plans. Clones share everything.
#[derive(Clone, Debug)]
pub struct Plans {
    store: Store,
    auditor: Auditor,
    ambient: Ambient,
    default: Choice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    plan: Vec<BuiltIn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuiltIn {
    code: String,
    name: String,
    user_per_day: Option<u64>,
    tenant_per_day: Option<u64>,
    tenant_per_month: Option<u64>,
}

/// The plans that the program brings, in the order of the file.
fn built_in() -> &'static [Plan] {
    static PLANS: OnceLock<Vec<Plan>> = OnceLock::new();
    PLANS.get_or_init(|| {
        // A test holds that the file can be read.
        let file = toml::from_str(BUILT_IN).unwrap_or(File { plan: Vec::new() });
        let plan = |b: BuiltIn| {
            let BuiltIn { code, name, user_per_day, tenant_per_day, tenant_per_month } = b;
            let bounds = Bounds { user_per_day, tenant_per_day, tenant_per_month };
            Plan { code, version: FIRST, name, bounds, created_at: None }
        };
        file.plan.into_iter().map(plan).collect()
    })
}

impl Plan {
    fn of((code, version): (String, u32), row: PlanRow) -> Self {
        let PlanRow { name, user_per_day, tenant_per_day, tenant_per_month, created_at } = row;
        let bounds = Bounds { user_per_day, tenant_per_day, tenant_per_month };
        Self { code, version, name, bounds, created_at: Some(created_at) }
    }
}

impl Plans {
    /// Over `store`; `default` is the plan of tenants that have none.
    ///
    /// # Errors
    /// [`Code::InvalidFields`] when there is no such plan.
    pub fn open(store: Store, auditor: Auditor, ambient: Ambient, default: &str) -> Result<Self> {
        let wrong = |allowed: String| Error::fields(vec![FieldError::new("quotas.default_plan", default, allowed)]);
        let choice: Choice = default.parse().map_err(wrong)?;
        store.read(|view| chosen(view, &choice)).map_err(|error| match error.code() {
            Code::PlanNotFound => {
                let known: Vec<&str> = built_in().iter().map(|plan| plan.code.as_str()).collect();
                let allowed = format!("a plan that there is: {}, or one that was made", known.join(", "));
                wrong(allowed.clone())
                    .message(format!("quotas.default_plan: there is no plan {default}; expected {allowed}"))
            }
            _ => error,
        })?;
        Ok(Self { store, auditor, ambient, default: choice })
    }

    /// Every version of every plan: those of the program, then the others by code and version.
    pub fn list(&self) -> Result<Vec<Plan>> {
        let rows = self.store.read(|view| view.scan(&PLANS, Span::all(), PLAN_VERSIONS_MAX))?;
        let made = rows.into_iter().map(|(key, row)| Plan::of(key, row));
        Ok(built_in().iter().cloned().chain(made).collect())
    }

    /// The version that a choice means now.
    ///
    /// # Errors
    /// [`Code::PlanNotFound`].
    pub fn get(&self, choice: &Choice) -> Result<Plan> {
        self.store.read(|view| chosen(view, choice))
    }

    /// Every version of one plan, oldest first.
    ///
    /// # Errors
    /// [`Code::PlanNotFound`].
    pub fn versions(&self, code: &str) -> Result<Vec<Plan>> {
        let found: Vec<Plan> = self.list()?.into_iter().filter(|plan| plan.code == code).collect();
        if found.is_empty() { Err(Error::new(Code::PlanNotFound)) } else { Ok(found) }
    }

    /// Makes a version of a plan, with whatever `also` prepares for it, together or not at all.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`], [`Code::InvalidFields`], [`Code::TooManyPlans`]; [`Code::Overloaded`] when another
    /// version of the plan was made in the same moment.
    pub async fn create<P, F>(&self, request: &RequestContext, by: &Actor, new: NewPlan, also: P) -> Result<Plan>
    where
        P: FnOnce(&Plan) -> Result<F> + Send,
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        super::require_operator(by)?;
        check(&new)?;
        let newest = self.store.read(|view| newest(view, &new.code))?.map_or(0, |plan| plan.version);
        let NewPlan { code, name, bounds } = new;
        let now = self.ambient.now();
        let name = name.trim().to_owned();
        let plan = Plan { code, version: newest + 1, name, bounds, created_at: Some(now) };
        let also = also(&plan)?;
        let target = format!("{}@{}", plan.code, plan.version);
        let entry = self.auditor.entry(SYSTEM_TENANT, request, by.clone(), "plan_create").target("plan", target);
        let (auditor, made) = (self.auditor.clone(), plan.clone());
        let write = self.store.write(move |tx| {
            if self::newest(tx, &plan.code)?.map_or(0, |plan| plan.version) != newest {
                return Err(
                    Error::new(Code::Overloaded).message("Another version was made meanwhile; look, and try again.")
                );
            }
            if tx.scan(&PLANS, Span::all(), PLAN_VERSIONS_MAX)?.len() >= PLAN_VERSIONS_MAX {
                return Err(Error::new(Code::TooManyPlans));
            }
            let Bounds { user_per_day, tenant_per_day, tenant_per_month } = plan.bounds;
            let row =
                PlanRow { name: plan.name.clone(), user_per_day, tenant_per_day, tenant_per_month, created_at: now };
            tx.put(&PLANS, &(plan.code.clone(), plan.version), &row)?;
            also(tx)?;
            audit::append(tx, &auditor, entry.clone())
        });
        write.await?;
        Ok(made)
    }

    /// Gives a tenant or a user a plan, or takes away the one of their own.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`], [`Code::PlanNotFound`], [`Code::TenantNotFound`], [`Code::UserNotFound`].
    pub async fn assign(
        &self,
        request: &RequestContext,
        by: &Actor,
        holder: Holder,
        choice: Option<Choice>,
    ) -> Result<InForce> {
        super::require_operator(by)?;
        let (Holder::Tenant(tenant) | Holder::User(tenant, _)) = holder;
        let entry = self.auditor.entry(tenant, request, by.clone(), "plan_assign");
        let entry = match holder {
            Holder::Tenant(tenant) => entry.target("tenant", tenant),
            Holder::User(_, user) => entry.target("user", user),
        };
        let entry = entry.detail("plan", choice.as_ref().map_or_else(|| "none".to_owned(), Choice::to_string));
        let (auditor, plans) = (self.auditor.clone(), self.clone());
        let write = self.store.write(move |tx| {
            exists(tx, holder)?;
            let row =
                choice.clone().map(|choice| chosen(tx, &choice).map(|_| PlanChoiceRow::from(choice))).transpose()?;
            match (holder, row) {
                (Holder::Tenant(tenant), Some(row)) => tx.put(&PLAN_OF_TENANT, &tenant, &row)?,
                (Holder::Tenant(tenant), None) => drop(tx.delete(&PLAN_OF_TENANT, &tenant)?),
                (Holder::User(tenant, user), Some(row)) => tx.put(&PLAN_OF_USER, &(tenant, user), &row)?,
                (Holder::User(tenant, user), None) => drop(tx.delete(&PLAN_OF_USER, &(tenant, user))?),
            }
            audit::append(tx, &auditor, entry.clone())?;
            plans.in_force(tx, holder)
        });
        write.await
    }

    /// The plan of a tenant or a user.
    ///
    /// # Errors
    /// [`Code::TenantNotFound`], [`Code::UserNotFound`].
    pub fn of(&self, holder: Holder) -> Result<InForce> {
        self.store.read(|view| {
            exists(view, holder)?;
            self.in_force(view, holder)
        })
    }

    /// The plan that holds, as these reads see it.
    pub(super) fn in_force(&self, reads: &impl Reads, holder: Holder) -> Result<InForce> {
        let (Holder::Tenant(tenant) | Holder::User(tenant, _)) = holder;
        let own = match holder {
            Holder::Tenant(_) => None,
            Holder::User(tenant, user) => reads.get(&PLAN_OF_USER, &(tenant, user))?,
        };
        let (choice, source) = match own {
            Some(own) => (own.into(), Source::User),
            None => match reads.get(&PLAN_OF_TENANT, &tenant)? {
                Some(row) => (row.into(), Source::Tenant),
                None => (self.default.clone(), Source::Default),
            },
        };
        let plan = chosen(reads, &choice)?;
        Ok(InForce { plan, choice, source })
    }

    /// The plan of the tenant, and the one that was chosen for the user, if one was: as [`Self::in_force`] for both, with
    /// the tenant's read once.
    pub(super) fn of_both(&self, reads: &impl Reads, holder: Holder) -> Result<(Plan, Option<Plan>)> {
        let (Holder::Tenant(tenant) | Holder::User(tenant, _)) = holder;
        let of_tenant = self.in_force(reads, Holder::Tenant(tenant))?.plan;
        let own = match holder {
            Holder::Tenant(_) => None,
            Holder::User(tenant, user) => reads.get(&PLAN_OF_USER, &(tenant, user))?,
        };
        Ok((of_tenant, own.map(|own| chosen(reads, &own.into())).transpose()?))
    }
}

fn exists(reads: &impl Reads, holder: Holder) -> Result<()> {
    let (Holder::Tenant(tenant) | Holder::User(tenant, _)) = holder;
    reads.get(&TENANTS, &tenant)?.ok_or_else(|| Error::new(Code::TenantNotFound))?;
    if let Holder::User(tenant, user) = holder {
        reads.get(&USERS, &(tenant, user))?.ok_or_else(|| Error::new(Code::UserNotFound))?;
    }
    Ok(())
}

fn built_in_of(code: &str) -> Option<Plan> {
    built_in().iter().find(|plan| plan.code == code).cloned()
}

fn newest(reads: &impl Reads, code: &str) -> Result<Option<Plan>> {
    let rows = reads.scan(&PLANS, Span::prefix(&code.to_owned()).reversed(), 1)?;
    Ok(rows.into_iter().next().map(|(key, row)| Plan::of(key, row)).or_else(|| built_in_of(code)))
}

/// The version that a choice means now.
fn chosen(reads: &impl Reads, choice: &Choice) -> Result<Plan> {
    let found = match choice.version {
        None => newest(reads, &choice.code)?,
        Some(FIRST) if built_in_of(&choice.code).is_some() => built_in_of(&choice.code),
        Some(version) => {
            let key = (choice.code.clone(), version);
            reads.get(&PLANS, &key)?.map(|row| Plan::of(key, row))
        }
    };
    found.ok_or_else(|| Error::new(Code::PlanNotFound).detail("plan", choice.to_string().into()))
}

fn is_code(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let first = |byte: &u8| byte.is_ascii_lowercase();
    text.len() <= CODE_MAX_BYTES && text.as_bytes().first().is_some_and(first) && text.bytes().all(rest)
}

fn check(new: &NewPlan) -> Result<()> {
    let mut wrong = Vec::new();
    if !is_code(&new.code) {
        let allowed = format!("1 to {CODE_MAX_BYTES} of a-z, 0-9 and -, a letter first");
        wrong.push(FieldError::new("code", &new.code, allowed));
    }
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control) {
        let allowed = format!("1 to {NAME_MAX_CHARS} characters, none of them a control character");
        wrong.push(FieldError::new("name", &new.name, allowed));
    }
    let Bounds { user_per_day, tenant_per_day, tenant_per_month } = new.bounds;
    let numbers =
        [("user_per_day", user_per_day), ("tenant_per_day", tenant_per_day), ("tenant_per_month", tenant_per_month)];
    for (field, number) in numbers {
        if let Some(number) = number.filter(|number| *number > PLAN_MESSAGES_MAX) {
            wrong.push(FieldError::new(field, number, format!("0 to {PLAN_MESSAGES_MAX}, or nothing for no bound")));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::fields(wrong)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plans_of_the_program_are_the_promised_ones() {
        let file: File = toml::from_str(BUILT_IN).unwrap();
        assert_eq!(file.plan.len(), built_in().len());
        let per_day = |code: &str| built_in_of(code).unwrap().bounds.user_per_day;
        assert_eq!(per_day("basic-entry"), Some(5));
        assert_eq!(per_day("premium"), Some(1_000));
        assert_eq!(built_in_of("unmetered").unwrap().bounds, Bounds::default());
        for plan in built_in() {
            let new = NewPlan { code: plan.code.clone(), name: plan.name.clone(), bounds: plan.bounds };
            assert!(check(&new).is_ok(), "{}", plan.code);
            assert_eq!(built_in().iter().filter(|other| other.code == plan.code).count(), 1);
        }
    }

    #[test]
    fn choices_are_read_as_they_are_written() {
        for text in ["premium", "premium@1", "a-1@4294967295"] {
            assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
        }
        for bad in ["", "@1", "premium@", "premium@0", "premium@01", "premium@x", "Premium", "a@1@2", "1a", "a b"] {
            assert!(bad.parse::<Choice>().is_err(), "{bad}");
        }
    }
}
