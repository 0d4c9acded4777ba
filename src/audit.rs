//! S: The audit log: one hash chain for each tenant, written inside the transaction that it tells of. Keeps no
//! personal data: ids, codes and counts alone.
//!
//! An entry's hash covers the entry and the hash before it, so an edit, an insertion, a deletion or a new order shows;
//! the head is signed with a key from the ring, so a cut end shows. What does not show is a whole store put back to an
//! earlier state, heads included: that needs a witness outside the directory.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use zeroize::Zeroizing;

mod chain;

use chain::{ChainCheck, Fault, GENESIS};

use crate::clock::{Ambient, UnixMs};
use crate::error::{Code, Error};
use crate::ids::{AuditId, TenantId};
use crate::limits::REQUEST_ID_MAX_BYTES;
use crate::store::tables::{AUDIT, AUDIT_HEADS, Actor, AuditHeadRow, AuditRow, TENANTS};
use crate::store::{Reads, Span, StoreError, Tx, View};

/// The reserved tenant whose chain carries what operators do to the appliance as a whole.
pub const SYSTEM_TENANT: TenantId = TenantId([0; 16]);
/// Its slug, which nobody else may take.
pub const SYSTEM_SLUG: &str = "system";

/// Rows read at a time while verifying.
const PAGE_ROWS: usize = 512;

/// The request that asks for something. The address is personal data: it is not shown and not stored.
#[derive(Clone, Default)]
pub struct RequestContext {
    /// Identifier of the request.
    pub request_id: String,
    /// Where it came from, if it came over the network.
    pub address: Option<IpAddr>,
}

impl fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestContext").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// Signs heads and stamps entries.
#[derive(Clone)]
pub struct Auditor {
    key: Arc<Zeroizing<[u8; 32]>>,
    ambient: Ambient,
}

impl fmt::Debug for Auditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auditor(redacted)")
    }
}

impl Auditor {
    /// Label under which the ring derives the key: `Auditor::new(vault.mac(Auditor::KEY_LABEL, b""), ambient)`.
    pub const KEY_LABEL: &'static str = "audit heads v1";

    /// With this signing key.
    pub fn new(key: [u8; 32], ambient: Ambient) -> Self {
        Self { key: Arc::new(Zeroizing::new(key)), ambient }
    }

    /// An entry of the present instant that tells of a success; see [`Entry::failed`].
    pub fn entry(&self, tenant: TenantId, request: &RequestContext, actor: Actor, action: &'static str) -> Entry {
        Entry {
            tenant,
            row: AuditRow {
                id: AuditId::new(&self.ambient),
                at: self.ambient.now(),
                actor,
                action: action.to_owned(),
                target_kind: String::new(),
                target: String::new(),
                succeeded: true,
                request_id: request.request_id.chars().take(REQUEST_ID_MAX_BYTES).collect(),
                details: BTreeMap::new(),
                previous: GENESIS,
                hash: GENESIS,
            },
        }
    }
}

/// Something to be told, not yet in a chain.
#[derive(Clone, Debug)]
pub struct Entry {
    tenant: TenantId,
    row: AuditRow,
}

impl Entry {
    /// What it was done to. An id or a code, never personal data.
    #[must_use]
    pub fn target(mut self, kind: &'static str, target: impl fmt::Display) -> Self {
        kind.clone_into(&mut self.row.target_kind);
        self.row.target = target.to_string();
        self
    }

    /// Who did it, when that is known only inside the transaction.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.row.actor = actor;
        self
    }

    /// It was tried and not done.
    #[must_use]
    pub const fn failed(mut self) -> Self {
        self.row.succeeded = false;
        self
    }

    /// One more code or count. Never personal data.
    #[must_use]
    pub fn detail(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.row.details.insert(key.to_owned(), value.to_string());
        self
    }

    /// When it was made.
    pub const fn at(&self) -> UnixMs {
        self.row.at
    }
}

/// Puts `entry` at the end of its tenant's chain.
///
/// # Errors
/// [`Code::AuditUnavailable`] when it cannot, or when the head there is not one that this appliance signed. The caller
/// must let its transaction fail with it.
pub fn append(tx: &mut Tx<'_>, auditor: &Auditor, entry: Entry) -> Result<(), Error> {
    let unavailable = |cause: StoreError| Error::new(Code::AuditUnavailable).because(cause);
    let Entry { tenant, mut row } = entry;
    let head = tx.get(&AUDIT_HEADS, &tenant).map_err(unavailable)?;
    if head.as_ref().is_some_and(|head| !chain::head_is_ours(&auditor.key, tenant, head)) {
        return Err(Error::new(Code::AuditUnavailable).because(format!("the audit head of {tenant} was altered")));
    }
    let (last, previous) = head.map_or((0, GENESIS), |head| (head.sequence, head.hash));
    let sequence = last + 1;
    row.previous = previous;
    row.hash = chain::entry_hash(tenant, sequence, &row);
    let mac = chain::head_mac(&auditor.key, tenant, sequence, &row.hash);
    let head = AuditHeadRow { sequence, hash: row.hash, mac };
    tx.put(&AUDIT, &(tenant, sequence), &row).map_err(unavailable)?;
    tx.put(&AUDIT_HEADS, &tenant, &head).map_err(unavailable)
}

/// What [`verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Chains read.
    pub tenants: u64,
    /// Entries read and found good.
    pub entries: u64,
    /// The first thing wrong, after which nothing more was read.
    pub first_problem: Option<Problem>,
}

/// Something wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whose chain.
    pub tenant: TenantId,
    /// At which entry.
    pub sequence: u64,
    /// In words.
    pub what: &'static str,
}

/// Reads every chain from its beginning and says what it found. Every tenant must have a chain.
///
/// # Errors
/// Only when the store cannot be read; a broken chain is a finding, not an error.
pub fn verify(view: &View<'_>, auditor: &Auditor) -> Result<Report, Error> {
    let mut report = Report::default();
    let problem = |tenant, fault: Fault| Problem { tenant, sequence: fault.sequence, what: fault.what };
    for tenant in tenants(view)? {
        report.tenants += 1;
        if let Err(fault) = verify_chain(view, auditor, tenant, &mut report.entries)? {
            report.first_problem = Some(problem(tenant, fault));
            break;
        }
    }
    Ok(report)
}

fn verify_chain(
    view: &View<'_>,
    auditor: &Auditor,
    tenant: TenantId,
    entries: &mut u64,
) -> Result<Result<(), Fault>, Error> {
    let mut check = ChainCheck::start(tenant);
    let mut span = Span::prefix(&tenant);
    loop {
        let page = match view.scan(&AUDIT, span, PAGE_ROWS) {
            Err(StoreError::Codec(_)) => return Ok(Err(check.unreadable())),
            other => other?,
        };
        for ((_, sequence), row) in &page {
            if let Err(fault) = check.step(*sequence, row) {
                return Ok(Err(fault));
            }
            *entries += 1;
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE_ROWS => span = Span::prefix(&tenant).after(last),
            _ => break,
        }
    }
    Ok(check.finish(&auditor.key, view.get(&AUDIT_HEADS, &tenant)?.as_ref()))
}

/// Everybody who has a row in any of the three tables: a chain whose head, entries or tenant is gone is looked at too.
fn tenants(view: &View<'_>) -> Result<std::collections::BTreeSet<TenantId>, Error> {
    let mut found = std::collections::BTreeSet::new();
    collect(&mut found, |span| Ok(keys(view.scan(&TENANTS, span, PAGE_ROWS)?)))?;
    collect(&mut found, |span| Ok(keys(view.scan(&AUDIT_HEADS, span, PAGE_ROWS)?)))?;
    // Chains are long: one entry of each is enough.
    let mut span = Span::all();
    while let Some(((tenant, _), _)) = view.scan(&AUDIT, span, 1)?.into_iter().next() {
        found.insert(tenant);
        span = Span::all().after(&tenant);
    }
    Ok(found)
}

fn keys<K, V>(rows: Vec<(K, V)>) -> Vec<K> {
    rows.into_iter().map(|(key, _)| key).collect()
}

fn collect(
    found: &mut std::collections::BTreeSet<TenantId>,
    page: impl Fn(Span) -> Result<Vec<TenantId>, Error>,
) -> Result<(), Error> {
    let mut span = Span::all();
    loop {
        let tenants = page(span)?;
        let Some(last) = tenants.last().copied() else { return Ok(()) };
        found.extend(tenants);
        span = Span::all().after(&last);
    }
}
