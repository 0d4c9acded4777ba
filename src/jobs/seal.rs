//! P: What the queue asks of whoever keeps personal payloads and results sealed. Seals nothing itself.

use crate::error::{Error, Result};
use crate::ids::{TenantId, UserId};

/// Why sealed bytes did not open.
#[derive(Debug)]
pub enum Unsealed {
    /// The user's key is gone for good: the user was erased.
    KeyGone,
    /// The bytes were altered, or belong elsewhere.
    Broken,
    /// They cannot be opened now.
    Failed(Error),
}

/// Seals bytes with a user's key, bound to the job they belong to.
pub trait Sealer: Send + Sync {
    /// Seals `plain`.
    ///
    /// # Errors
    /// When the user has no key.
    fn seal(&self, owner: (TenantId, UserId), job: &[u8], plain: &[u8]) -> Result<Vec<u8>>;

    /// Opens what [`Self::seal`] made for the same owner and job.
    ///
    /// # Errors
    /// When it does not open.
    fn unseal(&self, owner: (TenantId, UserId), job: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unsealed>;
}

/// Seals nothing: for a queue without personal jobs.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSealer;

impl Sealer for NoSealer {
    fn seal(&self, _: (TenantId, UserId), _: &[u8], _: &[u8]) -> Result<Vec<u8>> {
        Err(Error::internal("this queue takes no personal jobs"))
    }

    fn unseal(&self, _: (TenantId, UserId), _: &[u8], _: &[u8]) -> Result<Vec<u8>, Unsealed> {
        Err(Unsealed::Broken)
    }
}
