//! P: Whether a long search may go on. Searches look at it between their steps; what decides comes as a function.

use super::error::AstroError;

/// Whoever asked may have gone.
#[derive(Clone, Copy, Default)]
pub struct Stop<'a>(Option<&'a dyn Fn() -> bool>);

impl<'a> Stop<'a> {
    /// Nothing stops the search.
    pub const NEVER: Self = Self(None);

    /// It ends at its next step once the function says so.
    pub fn when(is_over: &'a dyn Fn() -> bool) -> Self {
        Self(Some(is_over))
    }

    /// # Errors
    /// [`AstroError::Stopped`] once it is over.
    pub fn check(self) -> Result<(), AstroError> {
        if self.0.is_some_and(|is_over| is_over()) { Err(AstroError::Stopped) } else { Ok(()) }
    }
}

impl std::fmt::Debug for Stop<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Stop::when(..)" } else { "Stop::NEVER" })
    }
}
