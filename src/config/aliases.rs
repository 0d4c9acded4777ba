//! P: Variables of the predecessor that still set something, under the names its operators know. Reads no environment.
//!
//! Our own variable (`ORRERY_*`) wins over an alias of the same setting, and an alias over the file.

use std::collections::BTreeMap;

/// A variable of the predecessor: its name, the setting, and how its text is ours.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// The variable.
    pub variable: &'static str,
    /// The setting.
    pub key: &'static str,
    translate: fn(&str) -> Result<String, String>,
}

/// Every alias.
pub const ALIASES: &[Alias] =
    &[Alias { variable: "RATE_LIMIT_TENANT_QPS", key: "limits.tenant", translate: per_second }];

/// Whether a variable is one of them.
pub(super) fn is_alias(variable: &str) -> bool {
    ALIASES.iter().any(|alias| alias.variable == variable)
}

/// Gives `take` the setting, the variable and our text, or what would be right, of each alias that is set.
pub(super) fn read(
    environment: &BTreeMap<String, String>,
    mut take: impl FnMut(&'static str, &'static str, Result<String, String>),
) {
    for alias in ALIASES {
        if let Some(text) = environment.get(alias.variable) {
            take(alias.key, alias.variable, (alias.translate)(text));
        }
    }
}

/// So many requests in each second, as the predecessor's window of one second counted them.
fn per_second(text: &str) -> Result<String, String> {
    let number = text.trim().parse::<u32>().ok().filter(|number| (1..=1_000_000).contains(number));
    let number = number.ok_or("expected a whole number of requests per second, from 1 to 1000000")?;
    Ok(format!("{number}/s, burst {number}"))
}

#[cfg(test)]
mod tests {
    use super::super::{SPECS, Settings, Sources};
    use super::*;

    fn set(variables: &[(&str, &str)]) -> Result<Settings, Vec<super::super::Problem>> {
        let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Settings::load(&Sources::new().environment(variables)).map(|(settings, _)| settings)
    }

    #[test]
    fn every_alias_sets_a_setting_that_is_there() {
        for alias in ALIASES {
            assert!(SPECS.iter().any(|spec| spec.key == alias.key), "{}", alias.variable);
        }
    }

    #[test]
    fn requests_per_second_are_a_rate_and_our_own_name_wins() {
        let rate = |settings: Settings| settings.limits.tenant.map(|rate| rate.to_string());
        assert_eq!(rate(set(&[]).unwrap()).as_deref(), Some("5/s, burst 10"));
        assert_eq!(rate(set(&[("RATE_LIMIT_TENANT_QPS", "7")]).unwrap()).as_deref(), Some("7/s, burst 7"));
        let both = [("RATE_LIMIT_TENANT_QPS", "7"), ("ORRERY_LIMITS_TENANT", "off")];
        assert_eq!(rate(set(&both).unwrap()), None);
        for bad in ["0", "", "5/s", "-1", "many"] {
            let problems = set(&[("RATE_LIMIT_TENANT_QPS", bad)]).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0].key, "limits.tenant");
            assert!(problems[0].to_string().contains("RATE_LIMIT_TENANT_QPS"), "{}", problems[0]);
        }
    }
}
