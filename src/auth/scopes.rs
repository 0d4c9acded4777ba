//! P: Scopes: what an API key may be good for, by name on the wire and as one bit each in the store. Knows no key.

use crate::error::{FieldError, Result};

/// What a key may be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Look at charts, days, answers, the sky and the corpus; compute what is not kept.
    Read,
    /// Make and delete charts.
    Charts,
    /// Ask questions.
    Chat,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Read, Self::Charts, Self::Chat];

    /// Its name on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Charts => "charts",
            Self::Chat => "chat",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Charts => 2,
            Self::Chat => 4,
        }
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(pub(super) u8);

impl Scopes {
    /// The scopes of these names.
    ///
    /// # Errors
    /// What is allowed, when there is none or one has another name.
    pub fn parse<'c>(codes: impl IntoIterator<Item = &'c str>) -> Result<Self, FieldError> {
        let mut bits = 0;
        for code in codes {
            let scope = Scope::ALL.into_iter().find(|scope| scope.code() == code);
            bits |= scope.ok_or_else(|| FieldError::new("scopes", code, "any of: read, charts, chat"))?.bit();
        }
        if bits == 0 {
            return Err(FieldError::unshown("scopes", "at least one of: read, charts, chat"));
        }
        Ok(Self(bits))
    }

    /// Whether `scope` is one of them.
    pub const fn contain(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Their names.
    pub fn codes(self) -> impl Iterator<Item = &'static str> {
        Scope::ALL.into_iter().filter(move |scope| self.contain(*scope)).map(Scope::code)
    }
}
