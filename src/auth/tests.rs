//! Tests of the identity service over a real store in a temporary directory, with a clock that stands still.

use std::sync::Arc;

use secrecy::SecretString;
use tempfile::TempDir;

use super::*;
use crate::clock::{ManualClock, SystemEntropy};
use crate::config::MasterKey;
use crate::limits::{ACCESS_TOKEN_S, REFRESH_TOKEN_S, SESSIONS_PER_USER_MAX};
use crate::store::Span;
use crate::store::Tx;
use crate::store::tables::{AUDIT, AUDIT_HEADS, AuditRow, Revocation, STORE_TABLES};

const CHEAP: HashCost = HashCost { memory_kib: 8, passes: 1, lanes: 1 };
const EMAIL: &str = "ada@example.org";
const PASSWORD: &str = "a quiet river";

struct House {
    dir: TempDir,
    clock: Arc<ManualClock>,
    on: Foundations,
    identity: Identity,
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn request() -> RequestContext {
    RequestContext { request_id: "req-1".to_owned(), address: None }
}

fn from(address: &str) -> RequestContext {
    RequestContext { address: Some(address.parse().unwrap()), ..request() }
}

fn credentials(tenant: &str, email: &str, password: &str) -> Credentials {
    Credentials {
        tenant_slug: tenant.to_owned(),
        email: email.to_owned(),
        password: secret(password),
        device: Some("Ada's telephone".to_owned()),
    }
}

impl House {
    /// An empty appliance with the open tenant `acme`.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(UnixMs(1_700_000_000_000)));
        let ambient = Ambient::new(Arc::<ManualClock>::clone(&clock), Arc::new(SystemEntropy));
        let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
        let vault = Vault::open(&dir.path().join("keys.redb"), &MasterKey::new([5; 32]), ambient.clone()).unwrap();
        let vault = Arc::new(vault);
        let auditor = Auditor::new(vault.mac(Auditor::KEY_LABEL, b""), ambient.clone());
        let on = Foundations { store, vault, auditor, ambient, policy: TokenPolicy::default() };
        let identity = Identity::open(on.clone(), CHEAP).await.unwrap();
        let house = Self { dir, clock, on, identity };
        house.put_tenant(SYSTEM_TENANT, audit::SYSTEM_SLUG, false).await;
        house.tenant("acme", true).await;
        house
    }

    /// The same with Ada's account in it.
    async fn with_ada() -> Self {
        let house = Self::new().await;
        house.identity.register(&request(), "acme", EMAIL, &secret(PASSWORD)).await.unwrap();
        house
    }

    async fn tenant(&self, slug: &str, registration_open: bool) -> TenantId {
        let id = TenantId::new(&self.on.ambient);
        self.put_tenant(id, slug, registration_open).await;
        id
    }

    async fn put_tenant(&self, id: TenantId, slug: &str, registration_open: bool) {
        let row = TenantRow {
            slug: slug.to_owned(),
            display_name: slug.to_owned(),
            zone: "Europe/Paris".to_owned(),
            registration_open,
            suspended_at: None,
            created_at: self.on.ambient.now(),
        };
        let entry = self.on.auditor.entry(id, &request(), Actor::Console, "tenant_create").target("tenant", id);
        let auditor = self.on.auditor.clone();
        let put = move |tx: &mut Tx<'_>| {
            tx.put(&TENANT_BY_SLUG, &row.slug, &id)?;
            tx.put(&TENANTS, &id, &row)?;
            audit::append(tx, &auditor, entry.clone())
        };
        self.on.store.write(put).await.unwrap();
    }

    async fn change_tenant(&self, id: TenantId, change: impl Fn(&mut TenantRow) + Send + 'static) {
        let put = move |tx: &mut Tx<'_>| {
            let mut row = tx.get(&TENANTS, &id)?.unwrap();
            change(&mut row);
            tx.put(&TENANTS, &id, &row)
        };
        self.on.store.write(put).await.unwrap();
    }

    async fn suspend(&self, id: TenantId, suspended: bool) {
        let now = self.on.ambient.now();
        self.change_tenant(id, move |row| row.suspended_at = suspended.then_some(now)).await;
    }

    async fn login(&self) -> LoggedIn {
        self.identity.login(&request(), &credentials("acme", EMAIL, PASSWORD)).await.unwrap()
    }

    fn caller(&self, login: &LoggedIn) -> Caller {
        self.identity.authenticate(&login.tokens.access).unwrap()
    }

    fn code(&self, login: &LoggedIn) -> Option<Code> {
        self.identity.authenticate(&login.tokens.access).err().map(|error| error.code())
    }

    fn acme(&self) -> TenantId {
        self.on.store.read(|view| view.get(&TENANT_BY_SLUG, &"acme".to_owned())).unwrap().unwrap()
    }

    fn told(&self, tenant: TenantId) -> Vec<AuditRow> {
        let rows = self.on.store.read(|view| view.scan(&AUDIT, Span::prefix(&tenant), 10_000)).unwrap();
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn actions(&self, tenant: TenantId) -> Vec<String> {
        self.told(tenant).into_iter().map(|row| row.action).collect()
    }

    fn users(&self) -> usize {
        self.on.store.read(|view| view.scan(&USERS, Span::all(), 10_000)).unwrap().len()
    }

    fn verified(&self) -> audit::Report {
        self.on.store.read(|view| audit::verify(view, &self.on.auditor)).unwrap()
    }

    /// Makes the head of a tenant's chain one that nobody signed.
    async fn spoil_audit(&self, tenant: TenantId) {
        let spoil = move |tx: &mut Tx<'_>| {
            let mut head = tx.get(&AUDIT_HEADS, &tenant)?.unwrap();
            head.sequence += 1;
            tx.put(&AUDIT_HEADS, &tenant, &head)
        };
        self.on.store.write(spoil).await.unwrap();
    }
}

mod accounts;
mod sessions;

/// Nothing beside the change.
#[expect(clippy::unnecessary_wraps, reason = "the shape that the services ask for")]
fn nothing(_: &mut Tx<'_>) -> Result<()> {
    Ok(())
}

/// A user and nothing else.
#[expect(clippy::unnecessary_wraps, reason = "the shape that the services ask for")]
fn alone(_: UserId) -> Result<impl Fn(&mut Tx<'_>) -> Result<()> + Send + 'static + use<>> {
    Ok(nothing)
}
