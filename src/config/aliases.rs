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
