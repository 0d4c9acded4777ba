//! A: Seals personal payloads and results of jobs with their user's key. Knows no job.

use std::sync::Arc;

use crate::error::Result;
use crate::ids::{TenantId, UserId};
use crate::jobs::{Sealer, Unsealed};
use crate::vault::{Vault, VaultError};

const PURPOSE: &str = "job";

/// The key ring, as the queue asks for it.
#[derive(Clone, Debug)]
pub(super) struct VaultSealer(pub(super) Arc<Vault>);

impl Sealer for VaultSealer {
    fn seal(&self, owner: (TenantId, UserId), job: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        Ok(self.0.seal(owner.0, owner.1, PURPOSE, job, plain)?)
    }

    fn unseal(&self, owner: (TenantId, UserId), job: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unsealed> {
        self.0.unseal(owner.0, owner.1, PURPOSE, job, sealed).map_err(|cause| match cause {
            VaultError::NoKey => Unsealed::KeyGone,
            VaultError::Tampered => Unsealed::Broken,
            other => Unsealed::Failed(other.into()),
        })
    }
}
