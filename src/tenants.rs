//! S: Tenants: made, opened and closed for registration, suspended and resumed by operators. Knows no users.
//!
//! What is done to a tenant stands in its own audit chain and in the system's.

pub mod admission;
pub mod ledger;
pub mod limiter;
pub mod plans;
pub mod quotas;
pub mod rates;

use crate::audit::{self, Auditor, RequestContext, SYSTEM_SLUG, SYSTEM_TENANT};
use crate::clock::Ambient;
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::TenantId;
pub use crate::ids::is_slug;
use crate::limits::PAGE_MAX_ROWS;
use crate::store::tables::{Actor, TENANT_BY_SLUG, TENANTS, TenantRow};
use crate::store::{Reads, Span, Store, Tx};

/// Longest display name, in Unicode scalar values.
const DISPLAY_NAME_MAX_CHARS: usize = 120;

/// A tenant as asked for.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// `^[a-z0-9][a-z0-9_-]{0,63}$`; `system` is reserved.
    pub slug: String,
    /// Name shown to people, 1 to 120 characters.
    pub display_name: String,
    /// IANA time zone of its day.
    pub zone: String,
    /// Whether people may register themselves.
    pub registration_open: bool,
}

/// A tenant as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its identifier.
    pub id: TenantId,
    /// Its facts.
    pub row: TenantRow,
}

/// What is to change of a tenant; `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Whether people may register themselves.
    pub registration_open: Option<bool>,
    /// Whether its users are shut out.
    pub suspended: Option<bool>,
}

/// The tenants of the appliance.
#[derive(Clone, Debug)]
pub struct Tenants {
    store: Store,
    auditor: Auditor,
    ambient: Ambient,
}

impl Tenants {
    /// Over this store.
    pub const fn new(store: Store, auditor: Auditor, ambient: Ambient) -> Self {
        Self { store, auditor, ambient }
    }

    /// Makes the reserved system tenant unless it is there. To be called before anything else at every start.
    pub async fn bootstrap(&self) -> Result<()> {
        let row = TenantRow {
            slug: SYSTEM_SLUG.to_owned(),
            display_name: "The appliance".to_owned(),
            zone: "UTC".to_owned(),
            registration_open: false,
            suspended_at: None,
            created_at: self.ambient.now(),
        };
        let entry = self
            .auditor
            .entry(SYSTEM_TENANT, &RequestContext::default(), Actor::System, "tenant_create")
            .target("tenant", SYSTEM_TENANT);
        let auditor = self.auditor.clone();
        self.store
            .write(move |tx| {
                if tx.get(&TENANTS, &SYSTEM_TENANT)?.is_some() {
                    return Ok(());
                }
                tx.put(&TENANTS, &SYSTEM_TENANT, &row)?;
                tx.put(&TENANT_BY_SLUG, &row.slug, &SYSTEM_TENANT)?;
                audit::append(tx, &auditor, entry.clone())
            })
            .await
    }

    /// Makes a tenant, with whatever `also` prepares for it, together or not at all.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`] unless an operator asks, [`Code::InvalidFields`], [`Code::TenantExists`].
    pub async fn create<P, F>(&self, request: &RequestContext, by: &Actor, new: NewTenant, also: P) -> Result<()>
    where
        P: FnOnce(&Tenant) -> Result<F> + Send,
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        require_operator(by)?;
        check(&new)?;
        let id = TenantId::new(&self.ambient);
        let row = TenantRow {
            slug: new.slug,
            display_name: new.display_name.trim().to_owned(),
            zone: new.zone,
            registration_open: new.registration_open,
            suspended_at: None,
            created_at: self.ambient.now(),
        };
        let entries = self.entries(request, by, "tenant_create", id, &[("registration_open", row.registration_open)]);
        let auditor = self.auditor.clone();
        let tenant = Tenant { id, row };
        let also = also(&tenant)?;
        self.store
            .write(move |tx| {
                also(tx)?;
                if tx.get(&TENANT_BY_SLUG, &tenant.row.slug)?.is_some() {
                    return Err(Error::new(Code::TenantExists));
                }
                tx.put(&TENANTS, &id, &tenant.row)?;
                tx.put(&TENANT_BY_SLUG, &tenant.row.slug, &id)?;
                append_all(tx, &auditor, &entries)
            })
            .await
    }

    /// The tenant with this identifier.
    ///
    /// # Errors
    /// [`Code::TenantNotFound`].
    pub fn by_id(&self, id: TenantId) -> Result<Tenant> {
        self.store.read(|view| found(view, id))
    }

    /// The tenant with this slug.
    ///
    /// # Errors
    /// [`Code::TenantNotFound`].
    pub fn by_slug(&self, slug: &str) -> Result<Tenant> {
        if !is_slug(slug) {
            return Err(Error::new(Code::TenantNotFound));
        }
        self.store.read(|view| {
            let id = view.get(&TENANT_BY_SLUG, &slug.to_owned())?.ok_or_else(|| Error::new(Code::TenantNotFound))?;
            found(view, id)
        })
    }

    /// Tenants in the order they were made, the system's first: at most `limit` (100 at most) behind `after`.
    pub fn list(&self, after: Option<TenantId>, limit: usize) -> Result<Vec<Tenant>> {
        let span = after.map_or_else(Span::all, |after| Span::all().after(&after));
        let rows = self.store.read(|view| view.scan(&TENANTS, span, limit.min(PAGE_MAX_ROWS)))?;
        Ok(rows.into_iter().map(|(id, row)| Tenant { id, row }).collect())
    }

    /// Lets people register themselves, or no longer; suspends a tenant, which shuts out its users at once, or resumes it.
    /// Both together or not at all.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`], [`Code::TenantNotFound`]; the system tenant neither opens nor is suspended.
    pub async fn change(&self, request: &RequestContext, by: &Actor, id: TenantId, change: Change) -> Result<Tenant> {
        require_operator(by)?;
        if id == SYSTEM_TENANT {
            return Err(Error::new(Code::InsufficientRole).message("The system tenant stays as it is."));
        }
        let Change { registration_open, suspended } = change;
        let mut entries = Vec::new();
        if let Some(open) = registration_open {
            entries.extend(self.entries(request, by, "tenant_registration", id, &[("open", open)]));
        }
        if let Some(suspended) = suspended {
            let action = if suspended { "tenant_suspend" } else { "tenant_resume" };
            entries.extend(self.entries(request, by, action, id, &[]));
        }
        let (auditor, now) = (self.auditor.clone(), self.ambient.now());
        self.store
            .write(move |tx| {
                let mut tenant = found(tx, id)?;
                let row = &mut tenant.row;
                row.registration_open = registration_open.unwrap_or(row.registration_open);
                if let Some(suspended) = suspended {
                    row.suspended_at = suspended.then(|| row.suspended_at.unwrap_or(now));
                }
                tx.put(&TENANTS, &id, row)?;
                append_all(tx, &auditor, &entries)?;
                Ok(tenant)
            })
            .await
    }

    /// The same event for the tenant's chain and for the system's.
    fn entries(
        &self,
        request: &RequestContext,
        by: &Actor,
        action: &'static str,
        id: TenantId,
        details: &[(&'static str, bool)],
    ) -> Vec<audit::Entry> {
        let entry = |chain| {
            let entry = self.auditor.entry(chain, request, by.clone(), action).target("tenant", id);
            details.iter().fold(entry, |entry, (key, value)| entry.detail(key, value))
        };
        vec![entry(id), entry(SYSTEM_TENANT)]
    }
}

fn found(reads: &impl Reads, id: TenantId) -> Result<Tenant> {
    let row = reads.get(&TENANTS, &id)?.ok_or_else(|| Error::new(Code::TenantNotFound))?;
    Ok(Tenant { id, row })
}

fn append_all(tx: &mut Tx<'_>, auditor: &Auditor, entries: &[audit::Entry]) -> Result<()> {
    entries.iter().try_for_each(|entry| audit::append(tx, auditor, entry.clone()))
}

fn require_operator(by: &Actor) -> Result<()> {
    if by.is_operator() { Ok(()) } else { Err(Error::new(Code::InsufficientRole)) }
}

fn check(new: &NewTenant) -> Result<()> {
    let mut wrong = Vec::new();
    if !is_slug(&new.slug) {
        let allowed = "1 to 64 of a-z, 0-9, _ and -, a letter or digit first";
        wrong.push(FieldError::new("slug", &new.slug, allowed));
    } else if new.slug == SYSTEM_SLUG {
        wrong.push(FieldError::new("slug", &new.slug, "any other slug: this one is reserved"));
    }
    let name = new.display_name.trim();
    if name.is_empty() || name.chars().count() > DISPLAY_NAME_MAX_CHARS || name.chars().any(char::is_control) {
        let allowed = format!("1 to {DISPLAY_NAME_MAX_CHARS} characters, none of them a control character");
        wrong.push(FieldError::new("display_name", &new.display_name, allowed));
    }
    if jiff::tz::TimeZone::get(&new.zone).is_err() {
        wrong.push(FieldError::new("zone", &new.zone, "an IANA time zone such as Europe/Paris"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::fields(wrong)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A tenant and nothing else.
    #[expect(clippy::unnecessary_wraps, reason = "the shape that `create` asks for")]
    fn alone(_: &Tenant) -> Result<impl Fn(&mut Tx<'_>) -> Result<()> + Send + 'static + use<>> {
        Ok(|_: &mut Tx<'_>| Ok(()))
    }
    use crate::store::tables::{AUDIT_HEADS, Role, STORE_TABLES};

    #[test]
    fn slugs_have_one_form() {
        for good in ["a", "0", "tenant_01", "a-b", &"x".repeat(64)] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "a b", "..", "a/b", "é", "a\n", &"x".repeat(65)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }

    fn new(slug: &str) -> NewTenant {
        NewTenant {
            slug: slug.into(),
            display_name: " Acme ".into(),
            zone: "Europe/Paris".into(),
            registration_open: true,
        }
    }

    fn tenants() -> (tempfile::TempDir, Tenants) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
        let ambient = Ambient::system();
        (dir, Tenants::new(store, Auditor::new([1; 32], ambient.clone()), ambient))
    }

    fn opened(open: bool) -> Change {
        Change { registration_open: Some(open), ..Change::default() }
    }

    fn suspended(suspended: bool) -> Change {
        Change { suspended: Some(suspended), ..Change::default() }
    }

    fn code<T>(result: Result<T>) -> Option<Code> {
        result.err().map(|error| error.code())
    }

    #[tokio::test]
    async fn tenants_are_made_once_found_listed_and_changed() {
        let (_dir, tenants) = tenants();
        let request = RequestContext::default();
        tenants.bootstrap().await.unwrap();
        tenants.create(&request, &Actor::Console, new("acme"), alone).await.unwrap();
        let acme = tenants.by_slug("acme").unwrap();
        assert_eq!((acme.row.display_name.as_str(), acme.row.suspended_at), ("Acme", None));
        assert_eq!(code(tenants.create(&request, &Actor::Console, new("acme"), alone).await), Some(Code::TenantExists));
        assert_eq!(tenants.by_slug("acme").unwrap(), acme);
        assert_eq!(tenants.by_id(acme.id).unwrap(), acme);
        for slug in ["other", "Acme", "", "../acme"] {
            assert_eq!(code(tenants.by_slug(slug)), Some(Code::TenantNotFound), "{slug}");
        }
        let slugs = |after| tenants.list(after, 10).unwrap().into_iter().map(|t| t.row.slug).collect::<Vec<_>>();
        assert_eq!(slugs(None), ["system", "acme"]);
        assert_eq!(slugs(Some(SYSTEM_TENANT)), ["acme"]);
        let closed = tenants.change(&request, &Actor::Console, acme.id, opened(false)).await.unwrap();
        assert!(!closed.row.registration_open);
        let shut = tenants.change(&request, &Actor::Console, acme.id, suspended(true)).await.unwrap();
        let again = tenants.change(&request, &Actor::Console, acme.id, suspended(true)).await.unwrap();
        assert!(shut.row.suspended_at.is_some() && again == shut);
        let open = tenants.change(&request, &Actor::Console, acme.id, suspended(false)).await.unwrap();
        assert_eq!(open.row.suspended_at, None);
        let both = Change { registration_open: Some(true), suspended: Some(true) };
        let changed = tenants.change(&request, &Actor::Console, acme.id, both).await.unwrap();
        assert!(changed.row.registration_open && changed.row.suspended_at.is_some());
        let same = tenants.change(&request, &Actor::Console, acme.id, Change::default()).await.unwrap();
        assert_eq!(same, changed);
        let auditor = tenants.auditor.clone();
        let report = tenants.store.read(|view| audit::verify(view, &auditor)).unwrap();
        assert_eq!((report.tenants, report.entries, report.first_problem), (2, 15, None));
    }

    #[tokio::test]
    async fn the_system_tenant_is_reserved_and_stays_as_it_is() {
        let (_dir, tenants) = tenants();
        let request = RequestContext::default();
        tenants.bootstrap().await.unwrap();
        assert_eq!(
            code(tenants.create(&request, &Actor::Console, new("system"), alone).await),
            Some(Code::InvalidFields)
        );
        let open = tenants.change(&request, &Actor::Console, SYSTEM_TENANT, opened(true)).await;
        assert_eq!(code(open), Some(Code::InsufficientRole));
        let shut = tenants.change(&request, &Actor::Console, SYSTEM_TENANT, suspended(true)).await;
        assert_eq!(code(shut), Some(Code::InsufficientRole));
    }

    #[tokio::test]
    async fn operators_alone_change_tenants_and_only_when_it_can_be_audited() {
        let (_dir, tenants) = tenants();
        let request = RequestContext::default();
        tenants.bootstrap().await.unwrap();
        tenants.create(&request, &Actor::Console, new("acme"), alone).await.unwrap();
        let acme = tenants.by_slug("acme").unwrap();
        let user = |role| Actor::User(crate::ids::UserId([1; 16]), role);
        for by in [Actor::Anonymous, user(Role::User), user(Role::Support), user(Role::EnterpriseAdmin)] {
            let done = tenants.create(&request, &by, new("other"), alone).await;
            assert_eq!(code(done), Some(Code::InsufficientRole));
            let done = tenants.change(&request, &by, acme.id, suspended(true)).await;
            assert_eq!(code(done), Some(Code::InsufficientRole));
        }
        let spoil = move |tx: &mut Tx<'_>| {
            let mut head = tx.get(&AUDIT_HEADS, &acme.id)?.unwrap();
            head.mac[0] ^= 1;
            tx.put(&AUDIT_HEADS, &acme.id, &head)
        };
        tenants.store.write(spoil).await.unwrap();
        let done = tenants.change(&request, &user(Role::Ops), acme.id, suspended(true)).await;
        assert_eq!(code(done), Some(Code::AuditUnavailable));
        assert_eq!(tenants.by_id(acme.id).unwrap().row.suspended_at, None);
    }

    #[tokio::test]
    async fn every_wrong_field_is_named_at_once() {
        let (_dir, tenants) = tenants();
        let wrong = NewTenant {
            slug: "A b".into(),
            display_name: "\u{7}".into(),
            zone: "Mars/Phobos".into(),
            registration_open: false,
        };
        let error = tenants.create(&RequestContext::default(), &Actor::System, wrong, alone).await.unwrap_err();
        let named: Vec<_> = error.details()["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(named, ["slug", "display_name", "zone"]);
    }

    proptest! {
        #[test]
        fn every_slug_is_accepted_and_nothing_else(good in "[a-z0-9][a-z0-9_-]{0,63}", bad in "\\PC*[^a-z0-9_-]\\PC*") {
            prop_assert!(is_slug(&good));
            prop_assert!(!is_slug(&bad));
        }
    }
}
