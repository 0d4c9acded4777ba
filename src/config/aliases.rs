//! P: Environment variables of a predecessor that are still read, and what they set. One of ours wins over them.

use serde_json::Value;

/// A variable, the setting it stands for, and how its text is read.
struct Alias {
    variable: &'static str,
    key: &'static str,
    read: fn(&str) -> Result<String, String>,
}

const ALIASES: &[Alias] = &[
    Alias { variable: "TENANT_DEFAULT_BUDGET_USD", key: "budgets.default_usd", read: |text| Ok(text.to_owned()) },
    Alias { variable: "TENANT_BUDGETS_JSON", key: "budgets.tenants", read: budgets },
    Alias { variable: "RATE_LIMIT_TENANT_QPS", key: "limits.tenant", read: per_second },
    Alias { variable: "TOKEN_COUNT_STRATEGY", key: "tokens.strategy", read: strategy },
];

/// Whether this is such a variable.
pub(super) fn is_alias(variable: &str) -> bool {
    ALIASES.iter().any(|alias| alias.variable == variable)
}

/// What this variable sets, and its text as the setting is written; or what would be right.
pub(super) fn read(variable: &str, text: &str) -> Option<(&'static str, Result<String, String>)> {
    let alias = ALIASES.iter().find(|alias| alias.variable == variable)?;
    Some((alias.key, (alias.read)(text)))
}

/// `{"acme": 25.5}` as `acme=25.5`. A number's digits are taken as they stand, so no amount goes through arithmetic.
fn budgets(text: &str) -> Result<String, String> {
    let right = || String::from("expected a JSON object of slugs and dollars, such as {\"acme\": 25.50}");
    let Ok(Value::Object(of)) = serde_json::from_str(text) else { return Err(right()) };
    let part = |(slug, amount): (&String, &Value)| match amount {
        Value::Number(number) => Ok(format!("{slug}={number}")),
        Value::String(text) => Ok(format!("{slug}={text}")),
        _ => Err(right()),
    };
    Ok(of.iter().map(part).collect::<Result<Vec<_>, _>>()?.join(","))
}

/// The predecessor said `tiktoken`, took any case, and read nothing as `auto`.
#[expect(clippy::unnecessary_wraps, reason = "the shape of the table")]
fn strategy(text: &str) -> Result<String, String> {
    Ok(match text.trim().to_ascii_lowercase().as_str() {
        "" => String::from("auto"),
        "tiktoken" => String::from("tokenizer"),
        other => other.to_owned(),
    })
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
