//! P: What can go wrong in the store, and which public code it becomes. Decides nothing.

use super::codec::CodecError;
use crate::error::{Code, Error};

/// A failure of the store. Cheap to clone: every member of a failed batch gets one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk or the operating system refused; the text says what.
    #[error("store i/o: {0}")]
    Io(String),
    /// The file is not a store of this program, or was damaged.
    #[error("the store cannot be trusted: {0}")]
    Corrupt(String),
    /// A newer program wrote the file. It was not touched.
    #[error("the store has schema {found}; this program knows schemas up to {known}")]
    NewerSchema {
        /// Schema version of the file.
        found: u64,
        /// Newest schema version of this program.
        known: u64,
    },
    /// Another handle has the file open.
    #[error("the store is open elsewhere: {0}")]
    Locked(String),
    /// As many writes wait as may wait.
    #[error("too many writes are waiting")]
    QueueFull,
    /// The store was closed, or closed before the write was done.
    #[error("the store is closed")]
    Closed,
    /// The shared commit failed. Nothing of the batch is visible; whether the disk kept it shows when it is opened again.
    #[error("the commit failed: {0}")]
    CommitFailed(String),
    /// A key or a row could not be written or read.
    #[error("store codec: {0}")]
    Codec(#[from] CodecError),
    /// The closure panicked; nothing of it was kept.
    #[error("a write closure panicked")]
    ClosurePanicked,
    /// A closure waited for another write, which would wait for it forever.
    #[error("a write was started and waited for inside a write")]
    Nested,
    /// The table is not one that the store was opened with.
    #[error("the store has no table {0}")]
    UnknownTable(&'static str),
}

impl From<StoreError> for Error {
    fn from(cause: StoreError) -> Self {
        match cause {
            StoreError::QueueFull => Self::new(Code::Overloaded).retry_after_s(1).because(cause),
            StoreError::Closed => Self::new(Code::StoreUnavailable).retry_after_s(1).because(cause),
            StoreError::ClosurePanicked | StoreError::Nested | StoreError::UnknownTable(_) => Self::internal(cause),
            StoreError::Io(_)
            | StoreError::Corrupt(_)
            | StoreError::NewerSchema { .. }
            | StoreError::Locked(_)
            | StoreError::CommitFailed(_)
            | StoreError::Codec(_) => Self::new(Code::StoreUnavailable).because(cause),
        }
    }
}
