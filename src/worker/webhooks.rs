//! S: Webhooks: where a tenant's events are sent, and the jobs that send them, signed as Standard Webhooks asks
//! (github.com/standard-webhooks). Sends identifiers and codes, never personal data.
//!
//! An event is a job of its own, enqueued with the change it tells of; it makes one delivery for each address that wants
//! it. A delivery is tried until it is answered with 2xx, or is a dead letter. Its `webhook-id` stays the same whatever is
//! tried again, so that a receiver can drop what it has seen.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Services, WEBHOOKS_QUEUE, outbound};
use crate::audit::{self, RequestContext};
use crate::clock::UnixMs;
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::{TenantId, WebhookId};
use crate::jobs::{Ctx, Done, Job, JobError, Owner, Policy, Unique, enqueue, enqueue_all};
use crate::limits::{WEBHOOK_URL_MAX_BYTES, WEBHOOKS_PER_TENANT_MAX};
use crate::store::tables::Actor;
use crate::store::tables::worker::{WEBHOOKS, WebhookRow};
use crate::store::{Reads, Span, Tx};

/// Events that there are.
pub const EVENTS: &[&str] = &["chart.created", "report.completed", "webhook.test"];

/// Label under which the key ring derives the secret of an address.
const SECRET_LABEL: &str = "webhook secret v1";

/// Something happened: finds out who wants to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEvent {
    /// Which event.
    pub event: String,
    /// When it happened.
    pub at: UnixMs,
    /// Identifiers and codes that tell of it.
    pub data: Value,
}

impl Job for WebhookEvent {
    const NAME: &'static str = "webhook_event";
    const QUEUE: &'static str = WEBHOOKS_QUEUE;
}

/// One event to one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDelivery {
    /// The address.
    pub webhook: WebhookId,
    /// Identifier of the message: the same however often it is tried, and of no other message.
    pub message: String,
    /// The event.
    pub event: WebhookEvent,
}

impl Job for WebhookDelivery {
    const NAME: &'static str = "webhook_delivery";
    const QUEUE: &'static str = WEBHOOKS_QUEUE;
    // Eight tries over some hours; who says that it is gone for good is not asked again.
    const POLICY: Policy =
        Policy { failures_max: 8, backoff_ms: 10_000, backoff_max_ms: 3_600_000, timeout_ms: 30_000, ..Policy::USUAL };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::by([self.webhook.to_string(), self.message.clone()]))
    }
}

/// A change that tells an event to whoever of the tenant wants to know; for the transaction of what it tells of.
pub(super) fn announce(
    services: &Services,
    tenant: TenantId,
    event: &'static str,
    data: &Value,
) -> Result<impl Fn(&mut Tx<'_>) -> Result<()> + Send + Sync + use<>> {
    let job = WebhookEvent { event: event.to_owned(), at: services.ambient.now(), data: data.clone() };
    let draft = services.jobs.draft(Owner::tenant(tenant), &job)?;
    Ok(move |tx: &mut Tx<'_>| {
        let wanted = tx.scan(&WEBHOOKS, Span::prefix(&tenant), WEBHOOKS_PER_TENANT_MAX)?;
        if wanted.iter().any(|(_, row)| wants(row, event)) {
            enqueue(tx, &draft)?;
        }
        Ok(())
    })
}

fn wants(row: &WebhookRow, event: &str) -> bool {
    row.events.is_empty() || row.events.iter().any(|wanted| wanted == event)
}

/// Makes a delivery for each address that wants the event.
pub(super) fn run_event(services: &Services, ctx: &Ctx, job: &WebhookEvent) -> std::result::Result<Done, JobError> {
    let tenant = ctx.tenant();
    let rows = services.store.read(|view| view.scan(&WEBHOOKS, Span::prefix(&tenant), WEBHOOKS_PER_TENANT_MAX))?;
    let message = format!("msg_{}", ctx.id());
    let draft = |((_, webhook), _): &((TenantId, WebhookId), WebhookRow)| {
        let delivery = WebhookDelivery { webhook: *webhook, message: message.clone(), event: job.clone() };
        services.jobs.draft(Owner { request_id: ctx.request_id().to_owned(), ..Owner::tenant(tenant) }, &delivery)
    };
    let wanted = rows.iter().filter(|(_, row)| wants(row, &job.event));
    let drafts: Vec<_> = wanted.map(draft).collect::<Result<_>>()?;
    Ok(Done::with(move |tx| enqueue_all(tx, &drafts).map(drop)))
}

/// Sends one message.
pub(super) async fn run_delivery(
    services: Services,
    ctx: Ctx,
    job: WebhookDelivery,
) -> std::result::Result<Done, JobError> {
    let key = (ctx.tenant(), job.webhook);
    let Some(row) = services.store.read(|view| view.get(&WEBHOOKS, &key))? else {
        // It was removed in the meantime: nobody waits for the message.
        return Ok(Done::nothing());
    };
    let body = serde_json::json!({
        "type": job.event.event,
        "timestamp": job.event.at.rfc3339(),
        "data": job.event.data,
    });
    let body = body.to_string().into_bytes();
    let signed = Signed::new(&secret(&services, job.webhook), &job.message, services.ambient.now(), &body);
    let answer = services.outbound.post(&row.url, &signed.headers(), body).await;
    let told = |status: u16| serde_json::json!({ "status": status }).to_string().into_bytes();
    match answer {
        Ok(answer) if (200..300).contains(&answer.status) => {
            Done::nothing().output("application/json", told(answer.status), false)
        }
        Ok(answer) if answer.status == 410 => Err(JobError::fail("http_410", &"the address says that it is gone")),
        Ok(answer) => {
            let what = format!("the address answered {}", answer.status);
            Err(match answer.retry_after_s {
                Some(seconds) => JobError::retry_after("http_status", 1_000 * seconds.min(3_600), &what),
                None => JobError::retry("http_status", &what),
            })
        }
        Err(outbound::Refused::Forbidden(what)) => Err(JobError::fail("forbidden_address", &what)),
        Err(outbound::Refused::Failed(what)) => Err(JobError::retry("unreachable", &what)),
    }
}

/// A message with its signature: HMAC-SHA256 over identifier, time and body.
pub(super) struct Signed {
    message: String,
    timestamp: u64,
    signature: String,
}

impl Signed {
    pub(super) fn new(secret: &[u8; 32], message: &str, at: UnixMs, body: &[u8]) -> Self {
        use base64::Engine as _;
        use hmac::{KeyInit, Mac};
        let timestamp = at.seconds();
        let signed = [format!("{message}.{timestamp}.").as_bytes(), body].concat();
        // Every length of key is allowed.
        let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret).map(|mac| mac.chain_update(&signed).finalize());
        let bytes = mac.map(|mac| mac.into_bytes().to_vec()).unwrap_or_default();
        let signature = format!("v1,{}", base64::engine::general_purpose::STANDARD.encode(bytes));
        Self { message: message.to_owned(), timestamp, signature }
    }

    pub(super) fn headers(&self) -> [(&'static str, String); 3] {
        [
            ("webhook-id", self.message.clone()),
            ("webhook-timestamp", self.timestamp.to_string()),
            ("webhook-signature", self.signature.clone()),
        ]
    }
}

fn secret(services: &Services, webhook: WebhookId) -> [u8; 32] {
    services.vault.mac(SECRET_LABEL, &webhook.0)
}

/// The addresses of tenants, for operators.
#[derive(Clone, Debug)]
pub struct Webhooks {
    services: Services,
}

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its identifier.
    pub id: WebhookId,
    /// Its row.
    pub row: WebhookRow,
}

impl Webhooks {
    pub(super) const fn new(services: Services) -> Self {
        Self { services }
    }

    /// The addresses of a tenant.
    ///
    /// # Errors
    /// When the store fails.
    pub fn list(&self, tenant: TenantId) -> Result<Vec<Webhook>> {
        let span = Span::prefix(&tenant);
        let rows = self.services.store.read(|view| view.scan(&WEBHOOKS, span, WEBHOOKS_PER_TENANT_MAX))?;
        Ok(rows.into_iter().map(|((_, id), row)| Webhook { id, row }).collect())
    }

    /// Adds an address, and says the secret by which its messages are signed: this once.
    ///
    /// # Errors
    /// [`Code::InvalidFields`], [`Code::TooManyWebhooks`].
    pub async fn create(
        &self,
        request: &RequestContext,
        by: &Actor,
        tenant: TenantId,
        url: &str,
        events: &[String],
    ) -> Result<(Webhook, String)> {
        use base64::Engine as _;
        self.check(url, events)?;
        let services = &self.services;
        let id = WebhookId::new(&services.ambient);
        let row = WebhookRow { url: url.to_owned(), events: events.to_vec(), created_at: services.ambient.now() };
        let entry = services.auditor.entry(tenant, request, by.clone(), "webhook_create").target("webhook", id);
        let (auditor, kept) = (services.auditor.clone(), row.clone());
        services
            .store
            .write(move |tx| {
                if tx.scan(&WEBHOOKS, Span::prefix(&tenant), WEBHOOKS_PER_TENANT_MAX)?.len() >= WEBHOOKS_PER_TENANT_MAX
                {
                    return Err(Error::new(Code::TooManyWebhooks));
                }
                tx.put(&WEBHOOKS, &(tenant, id), &kept)?;
                audit::append(tx, &auditor, entry.clone())
            })
            .await?;
        let secret = base64::engine::general_purpose::STANDARD.encode(secret(services, id));
        Ok((Webhook { id, row }, format!("whsec_{secret}")))
    }

    /// Removes an address; messages that wait for it are dropped.
    ///
    /// # Errors
    /// [`Code::WebhookNotFound`].
    pub async fn delete(&self, request: &RequestContext, by: &Actor, tenant: TenantId, id: WebhookId) -> Result<()> {
        let services = &self.services;
        let entry = services.auditor.entry(tenant, request, by.clone(), "webhook_delete").target("webhook", id);
        let auditor = services.auditor.clone();
        services
            .store
            .write(move |tx| {
                if !tx.delete(&WEBHOOKS, &(tenant, id))? {
                    return Err(Error::new(Code::WebhookNotFound));
                }
                audit::append(tx, &auditor, entry.clone())
            })
            .await
    }

    /// Sends a test message to one address.
    ///
    /// # Errors
    /// [`Code::WebhookNotFound`].
    pub async fn test(
        &self,
        request: &RequestContext,
        by: &Actor,
        tenant: TenantId,
        id: WebhookId,
    ) -> Result<crate::ids::JobId> {
        let services = &self.services;
        let event = WebhookEvent {
            event: "webhook.test".to_owned(),
            at: services.ambient.now(),
            data: serde_json::json!({ "webhook_id": id.to_string() }),
        };
        let message = format!("msg_{}", crate::ids::JobId::new(&services.ambient));
        let owner = Owner { request_id: request.request_id.clone(), ..Owner::tenant(tenant) };
        let draft = services.jobs.draft(owner, &WebhookDelivery { webhook: id, message, event })?;
        let entry = services.auditor.entry(tenant, request, by.clone(), "webhook_test").target("webhook", id);
        let auditor = services.auditor.clone();
        services
            .store
            .write(move |tx| {
                if tx.get(&WEBHOOKS, &(tenant, id))?.is_none() {
                    return Err(Error::new(Code::WebhookNotFound));
                }
                audit::append(tx, &auditor, entry.clone())?;
                Ok(enqueue(tx, &draft)?.id)
            })
            .await
    }

    /// As `announce`, for the services above.
    ///
    /// # Errors
    /// When the event cannot be written down.
    pub fn announce(
        &self,
        tenant: TenantId,
        event: &'static str,
        data: &Value,
    ) -> Result<impl Fn(&mut Tx<'_>) -> Result<()> + Send + Sync + use<>> {
        announce(&self.services, tenant, event, data)
    }

    fn check(&self, url: &str, events: &[String]) -> Result<()> {
        let mut wrong = Vec::new();
        if url.len() > WEBHOOK_URL_MAX_BYTES {
            let allowed = format!("at most {WEBHOOK_URL_MAX_BYTES} bytes");
            wrong.push(FieldError::new("url", format!("{} bytes", url.len()), allowed));
        } else if let Err(allowed) = self.services.outbound.check(url) {
            wrong.push(FieldError::new("url", url, allowed));
        }
        for event in events.iter().filter(|event| !EVENTS.contains(&event.as_str())) {
            wrong.push(FieldError::new("events", event, format!("some of: {}", EVENTS.join(", "))));
        }
        if wrong.is_empty() { Ok(()) } else { Err(Error::fields(wrong)) }
    }
}

/// What a client of ours needs to send messages.
pub(super) type Outbound = Arc<outbound::Outbound>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of the Standard Webhooks specification, which its libraries test against.
        use base64::Engine as _;
        let secret = base64::engine::general_purpose::STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut key = [0; 32];
        // HMAC fills a short key with zeros, so that these are the same key.
        key[..secret.len()].copy_from_slice(&secret);
        let at = UnixMs(1_614_265_330_000);
        let signed = Signed::new(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#);
        assert_eq!(signed.headers()[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(signed.headers()[1].1, "1614265330");
    }

    #[test]
    fn an_address_gets_what_it_wants() {
        let row = |events: &[&str]| WebhookRow {
            url: String::new(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            created_at: UnixMs(0),
        };
        assert!(wants(&row(&[]), "chart.created"));
        assert!(wants(&row(&["report.completed", "chart.created"]), "chart.created"));
        assert!(!wants(&row(&["report.completed"]), "chart.created"));
    }
}
