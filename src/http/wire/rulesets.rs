//! Wire form of rulesets.

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::charts::rulesets::Kept;
use crate::clock::UnixMs;

/// Drafts a new version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloneRequest {
    /// The ruleset to start from, such as `modern-1.0.0`.
    pub source: String,
    /// Another name, `[a-z][a-z0-9_-]{0,31}`; that of the source when absent.
    #[serde(default)]
    pub new_name: Option<String>,
    /// The new version, such as `1.1.0`.
    pub new_version: String,
    /// What differs from the source: a merge patch (RFC 7396) of its document, such as
    /// `{"aspects": {"novile": {"enabled": true}}, "rules": {"natal_angle": null}}`.
    #[serde(default)]
    #[salvo(schema(value_type = Option<Object>))]
    pub changes: Option<Map<String, Value>>,
}

/// The document of a ruleset, or a merge patch of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Document(#[salvo(schema(value_type = Object))] pub Map<String, Value>);

/// A ruleset in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesetSummary {
    /// Name and version, as charts state them.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// `built_in`, `draft` or `locked`.
    pub state: String,
    /// Whether charts are made with it now.
    pub active: bool,
    /// The ruleset that it was cloned from; none for one of the program.
    pub source: Option<String>,
    /// When it was made, RFC 3339; none for one of the program.
    pub created_at: Option<String>,
}

/// A ruleset with its document.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesetReply {
    /// Name and version, as charts state them.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// `built_in`, `draft` or `locked`.
    pub state: String,
    /// Whether charts are made with it now.
    pub active: bool,
    /// The ruleset that it was cloned from; none for one of the program.
    pub source: Option<String>,
    /// When it was made, RFC 3339; none for one of the program.
    pub created_at: Option<String>,
    /// Aspects with their orbs, rules by context and class, parallels, patterns.
    #[salvo(schema(value_type = Object))]
    pub document: Value,
}

/// All rulesets.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesetList {
    /// Those of the program, then the others by name and version.
    pub rulesets: Vec<RulesetSummary>,
}

/// A draft that was removed.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesetDeleted {
    /// Its id.
    pub deleted: String,
}

impl From<&Kept> for RulesetSummary {
    fn from(kept: &Kept) -> Self {
        let id = kept.ruleset.id();
        Self {
            id: id.to_string(),
            name: id.name.clone(),
            version: id.version.to_string(),
            description: kept.ruleset.description().to_owned(),
            state: kept.state.code().to_owned(),
            active: kept.active,
            source: kept.source.clone(),
            created_at: kept.created_at.map(UnixMs::rfc3339),
        }
    }
}

impl From<&Kept> for RulesetReply {
    fn from(kept: &Kept) -> Self {
        let RulesetSummary { id, name, version, description, state, active, source, created_at } = kept.into();
        let document = kept.ruleset.document().clone();
        Self { id, name, version, description, state, active, source, created_at, document }
    }
}
