//! What the ledger promises, held against a simple model of its own.
