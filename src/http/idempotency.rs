//! Reads `Idempotency-Key` and replays the answer it already has. Keeps nothing itself.

use std::marker::PhantomData;

use salvo::Request;
use serde::Serialize;

use super::caller::Caller;
use super::reply::Stored;
use crate::app::App;
use crate::error::{Error, FieldError, Result};
use crate::idempotency::{Begun, Claim, Record};

/// Name of the header.
pub const HEADER: &str = "idempotency-key";

/// What the key of a request says; while this lives, no other request runs under the key.
#[derive(Clone, Debug)]
pub struct Once {
    claim: Option<Claim>,
}

/// Either the answer that was given before, or the leave to go on.
#[derive(Debug)]
pub enum Seen<T, const S: u16> {
    /// Answer with this.
    Before(Stored<T, S>),
    /// Do the work.
    Never(Once),
}

/// Looks the request up.
///
/// # Errors
/// `invalid_fields` for a key of wrong form, `idempotency_conflict` for a key used with another request,
/// `idempotency_in_flight` for one whose request still runs.
pub fn seen<T, const S: u16>(app: &App, caller: &Caller, req: &Request, body: &[u8]) -> Result<Seen<T, S>> {
    let Some(value) = req.headers().get(HEADER) else { return Ok(Seen::Never(Once { claim: None })) };
    let key = value.to_str().map_err(|_| {
        Error::fields(vec![FieldError::unshown("header.idempotency-key", "printable ASCII characters")])
    })?;
    let path = req.uri().path();
    let owner = (caller.tenant, caller.user);
    Ok(match app.idempotency().begin(owner, key, req.method().as_str(), path, body)? {
        Begun::Before(earlier) => Seen::Before(stored(earlier.status, earlier.data, true)),
        Begun::Now(claim) => Seen::Never(Once { claim: Some(claim) }),
    })
}

/// Refuses a key where no answer is kept that could be repeated: passing over it would pay twice for what its sender
/// wants once.
///
/// # Errors
/// `invalid_fields`.
pub fn refuse(req: &Request, why: &str) -> Result<()> {
    let Some(value) = req.headers().get(HEADER) else { return Ok(()) };
    let given = String::from_utf8_lossy(value.as_bytes());
    Err(Error::fields(vec![FieldError::new(format!("header.{HEADER}"), given, format!("no such header: {why}"))]))
}

const fn stored<T, const S: u16>(status: u16, data: Vec<u8>, replayed: bool) -> Stored<T, S> {
    Stored { status, data, replayed, shape: PhantomData }
}

impl Once {
    /// A request without a key.
    pub const fn none() -> Self {
        Self { claim: None }
    }

    /// The answer of a change that was made elsewhere; or the other's, when another request with the key was first.
    ///
    /// # Errors
    /// The change's own.
    pub fn settle<T, const S: u16>(self, app: &App, outcome: Result<Vec<u8>>) -> Result<Stored<T, S>> {
        match outcome {
            Ok(data) => Ok(stored(S, data, false)),
            Err(error) => Prepared { claim: self.claim, data: Vec::new(), shape: PhantomData }.settle(app, Err(error)),
        }
    }

    /// Serialises the answer and prepares its record, to be written with the change.
    pub fn prepare<T: Serialize, const S: u16>(
        &self,
        app: &App,
        answer: &T,
    ) -> Result<(Prepared<T, S>, Option<Record>)> {
        let data = serde_json::to_vec(answer).map_err(Error::internal)?;
        let record = self.claim.as_ref().map(|c| app.idempotency().record(c, S, &data)).transpose()?;
        Ok((Prepared { claim: self.claim.clone(), data, shape: PhantomData }, record))
    }
}

/// An answer waiting for its change to commit.
#[derive(Debug)]
pub struct Prepared<T, const S: u16> {
    claim: Option<Claim>,
    data: Vec<u8>,
    shape: PhantomData<fn() -> T>,
}

impl<T, const S: u16> Prepared<T, S> {
    /// The data, for a change that is made elsewhere.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The answer, once the change has committed; or the other's, when another request with the key was first: what
    /// refused this one may be that very change.
    pub fn settle(self, app: &App, outcome: Result<()>) -> Result<Stored<T, S>> {
        let Err(error) = outcome else { return Ok(stored(S, self.data, false)) };
        let claim = self.claim.ok_or_else(|| error.clone())?;
        match app.idempotency().earlier(&claim)? {
            Some(earlier) => Ok(stored(earlier.status, earlier.data, true)),
            None => Err(error),
        }
    }
}

/// The answer of a change that prepared it only on its way; a change that was refused before has none.
pub fn settle<T, const S: u16>(
    app: &App,
    prepared: Option<Prepared<T, S>>,
    outcome: Result<()>,
) -> Result<Stored<T, S>> {
    match prepared {
        Some(prepared) => prepared.settle(app, outcome),
        None => Err(outcome.err().unwrap_or_else(|| Error::internal("a change was made without its answer"))),
    }
}
