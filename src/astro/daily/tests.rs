//! Days against published moments.
