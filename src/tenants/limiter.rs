//! S: Which rates a request falls under, from the settings and from what operators set for a tenant; asks `rates.rs`.
//! Knows no HTTP.
//!
//! What is counted lives in memory alone: a burst is a matter of seconds, so after a restart everybody has their burst
//! once more and no more than that. What must outlast a restart (messages of a day, of a month) is a plan's, in `quotas.rs`.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::rates::{Class, Decision, Demand, Limiter, Scope, Subject};
use crate::audit::{self, Auditor, RequestContext, SYSTEM_TENANT};
use crate::clock::Ambient;
use crate::config::{Limits, Rate, rate_or_off};
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::{ApiKeyId, TenantId, UserId};
use crate::limits::{PAGE_MAX_ROWS, RATE_SUBJECTS_MAX};
use crate::store::tables::limits::{RATES, RatesRow};
use crate::store::tables::{Actor, TENANTS};
use crate::store::{Reads, Span, Store};

/// Rates of a tenant that differ from the settings; `None` is `off`.
pub type Overrides = BTreeMap<Scope, Option<Rate>>;

/// Who sends a request, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Somebody who proved who they are, with a key or without.
    Known {
        /// Their tenant.
        tenant: TenantId,
        /// The user.
        user: UserId,
        /// The first key of its line, with the key's own rate if it has one.
        key: Option<(ApiKeyId, Option<Rate>)>,
    },
    /// Anybody, from this network.
    Unknown(Option<IpAddr>),
}

/// The rates of everybody. Clones share everything.
#[derive(Clone)]
pub struct Rates {
    store: Store,
    auditor: Auditor,
    ambient: Ambient,
    settings: Limits,
    counted: Arc<Mutex<Limiter>>,
    overrides: Arc<RwLock<HashMap<TenantId, Overrides>>>,
    one_change: Arc<tokio::sync::Mutex<()>>,
}

impl std::fmt::Debug for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rates").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Rates {
    /// With these settings, and what operators set for tenants.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open(store: Store, auditor: Auditor, ambient: Ambient, settings: Limits) -> Result<Self> {
        let overrides = store.read(|view| {
            let (mut all, mut span) = (HashMap::new(), Span::all());
            loop {
                let rows = view.scan(&RATES, span, PAGE_MAX_ROWS)?;
                let Some((last, _)) = rows.last() else { break };
                span = Span::all().after(last);
                for (tenant, row) in rows {
                    all.insert(tenant, read(&row)?);
                }
            }
            Ok::<_, Error>(all)
        })?;
        Ok(Self {
            store,
            auditor,
            ambient,
            settings,
            counted: Arc::new(Mutex::new(Limiter::new(RATE_SUBJECTS_MAX))),
            overrides: Arc::new(RwLock::new(overrides)),
            one_change: Arc::default(),
        })
    }

    /// Takes one request of `sender` from every rate it falls under, or from none.
    pub fn decide(&self, sender: Sender, class: Class) -> Decision {
        let demands = self.demands(sender, class);
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).decide(&demands, self.ambient.now())
    }

    fn demands(&self, sender: Sender, class: Class) -> Vec<Demand> {
        let of_class = Scope::Class(class);
        match sender {
            Sender::Unknown(address) => {
                // Without an address (a socket of another kind) all count as one.
                let address = Subject::Address(address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
                let scopes = [(Scope::Address, address), (of_class, address)].into_iter();
                scopes.filter_map(|(scope, subject)| demand(scope, subject, self.setting(scope))).collect()
            }
            Sender::Known { tenant, user, key } => {
                let overrides = self.overrides.read().unwrap_or_else(PoisonError::into_inner);
                let own = overrides.get(&tenant);
                let rate = |scope| own.and_then(|own| own.get(&scope)).copied().unwrap_or_else(|| self.setting(scope));
                // The operators' own tenant is no customer: what they do is bounded by user and by class.
                let of_tenant = if tenant == SYSTEM_TENANT { None } else { rate(Scope::Tenant) };
                let person = Subject::User(tenant, user);
                let of_key = key.and_then(|(id, own)| demand(Scope::Key, Subject::Key(id), own.or(rate(Scope::Key))));
                // An operator runs scripts; the class has its rate.
                let of_user = if class == Class::Ops { None } else { rate(Scope::User) };
                [
                    demand(Scope::Tenant, Subject::Tenant(tenant), of_tenant),
                    demand(Scope::User, person, of_user),
                    of_key,
                    demand(of_class, person, rate(of_class)),
                ]
                .into_iter()
                .flatten()
                .collect()
            }
        }
    }

    /// The rate of a scope where nobody set another.
    pub const fn setting(&self, scope: Scope) -> Option<Rate> {
        let settings = &self.settings;
        match scope {
            Scope::Tenant => settings.tenant,
            Scope::User => settings.user,
            Scope::Key => settings.key,
            Scope::Address => settings.address,
            Scope::Class(Class::Auth) => settings.route_auth,
            Scope::Class(Class::Read) => settings.route_read,
            Scope::Class(Class::Compute) => settings.route_compute,
            Scope::Class(Class::Chat) => settings.route_chat,
            Scope::Class(Class::Ops) => settings.route_ops,
        }
    }

    /// Rates that operators set for a tenant.
    pub fn of_tenant(&self, tenant: TenantId) -> Overrides {
        self.overrides.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned().unwrap_or_default()
    }

    /// Sets the rates of a tenant, in place of all that were set before.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`], [`Code::TenantNotFound`].
    pub async fn set(
        &self,
        request: &RequestContext,
        by: &Actor,
        tenant: TenantId,
        overrides: Overrides,
    ) -> Result<Overrides> {
        super::require_operator(by)?;
        // What is in memory follows what is stored, in the same order.
        let _one_at_a_time = self.one_change.lock().await;
        let text = |rate: &Option<Rate>| rate.map_or_else(|| "off".to_owned(), |rate| rate.to_string());
        let rates: Vec<_> = overrides.iter().map(|(scope, rate)| (scope.code().to_owned(), text(rate))).collect();
        let entry = self.auditor.entry(tenant, request, by.clone(), "rates_set").target("tenant", tenant);
        let entry = overrides.iter().fold(entry, |entry, (scope, rate)| entry.detail(scope.code(), text(rate)));
        let (auditor, row) = (self.auditor.clone(), RatesRow { rates, changed_at: self.ambient.now() });
        let write = self.store.write(move |tx| {
            tx.get(&TENANTS, &tenant)?.ok_or_else(|| Error::new(Code::TenantNotFound))?;
            if row.rates.is_empty() {
                tx.delete(&RATES, &tenant)?;
            } else {
                tx.put(&RATES, &tenant, &row)?;
            }
            audit::append(tx, &auditor, entry.clone())
        });
        write.await?;
        self.overrides.write().unwrap_or_else(PoisonError::into_inner).insert(tenant, overrides.clone());
        Ok(overrides)
    }
}

/// Rates by scope, as somebody wrote them for a tenant; every wrong one is named at once.
///
/// # Errors
/// [`Code::InvalidFields`].
pub fn parse<'t>(written: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Overrides> {
    let (mut overrides, mut wrong) = (Overrides::new(), Vec::new());
    for (name, text) in written {
        match Scope::from_code(name).filter(|scope| *scope != Scope::Address) {
            None => {
                let scopes: Vec<_> = Scope::ALL.iter().filter(|s| **s != Scope::Address).map(|s| s.code()).collect();
                wrong.push(FieldError::new("rates", name, format!("any of: {}", scopes.join(", "))));
            }
            Some(scope) => match rate_or_off(text) {
                Ok(rate) => drop(overrides.insert(scope, rate)),
                Err(right) => wrong.push(FieldError::new(format!("rates.{name}"), text, right)),
            },
        }
    }
    if wrong.is_empty() { Ok(overrides) } else { Err(Error::fields(wrong)) }
}

fn read(row: &RatesRow) -> Result<Overrides> {
    parse(row.rates.iter().map(|(scope, rate)| (scope.as_str(), rate.as_str()))).map_err(Error::internal)
}

fn demand(scope: Scope, subject: Subject, rate: Option<Rate>) -> Option<Demand> {
    rate.map(|rate| Demand { scope, subject, rate })
}
