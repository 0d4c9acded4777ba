//! `/v1/ops`: the operator's work on tenants, users, keys and the audit chains. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::auth::{NewUser, Role};
use crate::error::{Code, Error, FieldError};
use crate::http::body::{json, only_queries, page};
use crate::http::caller::{app, arrival, operator};
use crate::http::idempotency::{Seen, seen};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, Stored};
use crate::http::wire::ops::{
    AuditProblem, AuditReply, RotateReply, TenantChange, TenantList, TenantReply, TenantRequest, UserReply, UserRequest,
};
use crate::ids::TenantId;
use crate::tenants::{NewTenant, Tenant};

impl From<&Tenant> for TenantReply {
    fn from(t: &Tenant) -> Self {
        Self {
            id: t.id.to_string(),
            slug: t.row.slug.clone(),
            display_name: t.row.display_name.clone(),
            zone: t.row.zone.clone(),
            registration_open: t.row.registration_open,
            suspended: t.row.suspended_at.is_some(),
            created_at: t.row.created_at.rfc3339(),
        }
    }
}

fn slug(req: &Request) -> crate::error::Result<String> {
    req.param::<String>("slug").ok_or_else(|| Error::new(Code::TenantNotFound))
}
