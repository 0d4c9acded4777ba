//! P: What counts as an e-mail address here, and its one spelling. Sends nothing and asks no server.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::FieldError;
use crate::limits::EMAIL_MAX_BYTES;

/// A trimmed, lower-cased address that passed the checks. Never shown by Debug.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(Zeroizing<String>);

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(redacted)")
    }
}

impl Email {
    /// Reads an address: one `@`; a local part of 1 to 64 bytes without white space, control characters, quotes,
    /// brackets or stray dots; a domain of two or more labels (RFC 1035 §2.3.4: 1 to 63 letters, digits and inner
    /// hyphens each; letters beyond ASCII are accepted); 254 bytes at most.
    ///
    /// # Errors
    /// The field error to show, which does not repeat the address.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let folded = Zeroizing::new(text.trim().to_lowercase());
        if is_address(&folded) {
            Ok(Self(folded))
        } else {
            let allowed = format!("an e-mail address such as name@example.org, at most {EMAIL_MAX_BYTES} bytes");
            Err(FieldError::unshown("email", allowed))
        }
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= EMAIL_MAX_BYTES && is_local(local) && is_domain(domain)
}

fn is_local(local: &str) -> bool {
    let stray = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || is_invisible(c) || "\"(),:;<>@[\\]".contains(c);
    (1..=64).contains(&local.len()) && !stray && !local.chars().any(forbidden)
}

fn is_domain(domain: &str) -> bool {
    // A last label of digits alone is an IPv4 address, not a domain.
    let last_is_name = domain.rsplit_once('.').is_some_and(|(_, last)| last.chars().any(|c| !c.is_ascii_digit()));
    last_is_name && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let edge = label.starts_with('-') || label.ends_with('-');
    (1..=63).contains(&label.len()) && !edge && label.chars().all(|c| c.is_alphanumeric() || c == '-')
}

/// Characters that take no room on a screen, so that two addresses would look alike (Unicode general category Cf, the
/// ones in use).
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_spelling_for_each_address() {
        assert_eq!(Email::parse("  Ada.Lovelace+x@Example.ORG\n").unwrap().as_str(), "ada.lovelace+x@example.org");
        assert_eq!(Email::parse("a@b.co").unwrap().local_part(), "a");
        assert!(Email::parse("zoé@exämple.fr").is_ok());
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_repeated() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}.org", "b.".repeat(130));
        let all = [
            "",
            "@",
            "a",
            "a@b",
            "@b.co",
            "a@",
            "a@.co",
            "a@b.",
            "a@b..co",
            "a@@b.co",
            "a@b@c.co",
            "a b@c.co",
            "a@b c.co",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.co",
            "a\u{0}@b.co",
            "a\u{200b}@b.co",
            "a@-b.co",
            "a@b-.co",
            "a@b_c.co",
            "a@192.0.2.1",
            "<a@b.co>",
            "a@[192.0.2.1]",
            "\"a\"@b.co",
            "a@b.co, c@d.co",
            &long,
            &longer,
        ];
        for bad in all {
            let error = Email::parse(bad).expect_err(bad);
            assert_eq!(error.given, None);
        }
    }

    proptest! {
        #[test]
        fn parsing_is_stable_and_bounded(text in "\\PC{0,40}(@\\PC{0,40})?") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()).unwrap(), email.clone());
                prop_assert!(email.as_str().len() <= EMAIL_MAX_BYTES);
                prop_assert_eq!(email.as_str().matches('@').count(), 1);
                let shown = format!("{email:?}");
                prop_assert!(!shown.contains(email.as_str()));
            }
        }

        #[test]
        fn plain_addresses_are_accepted(text in "[a-z0-9]{1,20}@[a-z0-9]{1,20}\\.[a-z]{2,10}") {
            let email = Email::parse(&text.to_uppercase()).unwrap();
            prop_assert_eq!(email.as_str(), text);
        }
    }
}
