//! A: Answers held to a form: a JSON object, a JSON schema, a regular expression or a grammar. At each step it says which
//! tokens may come; `llguidance` works it out over a tree of the vocabulary. Chooses no token.
//!
//! Between the parts of JSON stand at most a few blanks, so that a weak model does not write them for ever. What a schema
//! asks and cannot be held is refused, not passed over. Work and memory of one form are bounded.

use std::panic::{AssertUnwindSafe, catch_unwind};

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};

use super::forward::Vocabulary;
use crate::limits::GRAMMAR_MAX_BYTES;
use crate::llm::model::Form;

/// Blanks between the parts of JSON.
const BLANKS: &str = r"[\x20\x0A\x09]{1,12}";
/// A token that spells more bytes than this takes no part in forms.
const PIECE_MAX_BYTES: usize = 512;
/// What no token that spells text begins with: `llguidance` marks control tokens with it.
const MARKER: u8 = TokTrie::SPECIAL_TOKEN_MARKER;
/// States of a lexer, about 2 kB each.
const LEXER_STATES_MAX: usize = 20_000;
/// Symbols of a grammar.
const GRAMMAR_SYMBOLS_MAX: usize = 100_000;

/// What is wrong with a form, or with a vocabulary for which forms were to be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadForm(pub String);

/// Makes forms for one vocabulary.
pub struct Grammars {
    factory: ParserFactory,
}

impl std::fmt::Debug for Grammars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Grammars")
    }
}

/// One answer on its way through its form.
pub struct Constraint {
    matcher: Matcher,
}

impl std::fmt::Debug for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Constraint")
    }
}

impl Grammars {
    /// For this vocabulary.
    ///
    /// # Errors
    /// It has no token that ends an answer, or no tree can be made of it.
    pub fn new(vocabulary: &dyn Vocabulary) -> Result<Self, BadForm> {
        guarded(|| {
            let size = vocabulary.size();
            let ends: Vec<u32> = vocabulary.ends().iter().copied().filter(|end| (*end as usize) < size).collect();
            let first = *ends.first().ok_or_else(|| BadForm("the model has no token that ends an answer".into()))?;
            let count = u32::try_from(size).map_err(|_| BadForm("the vocabulary is too large".into()))?;
            let word = |token| {
                let piece = vocabulary.piece(token);
                let takes_part =
                    piece.first() != Some(&MARKER) && piece.len() <= PIECE_MAX_BYTES && !ends.contains(&token);
                if takes_part { piece.to_vec() } else { Vec::new() }
            };
            let words: Vec<Vec<u8>> = (0..count).map(word).collect();
            let trie = TokTrie::from(&TokRxInfo::new(count, first), &words).with_eos_tokens(&ends);
            let environment: TokEnv = std::sync::Arc::new(ApproximateTokEnv::new(trie));
            let mut factory = ParserFactory::new_simple(&environment).map_err(|error| BadForm(error.to_string()))?;
            factory.quiet();
            let limits = factory.limits_mut();
            limits.max_lexer_states = LEXER_STATES_MAX;
            limits.max_grammar_size = GRAMMAR_SYMBOLS_MAX;
            limits.verbose_errors = false;
            Ok(Self { factory })
        })
    }

    /// An answer of this form; nothing to hold it to when it may be any text. Takes up to some tens of milliseconds.
    ///
    /// # Errors
    /// What is wrong with the form.
    pub fn hold(&self, form: &Form) -> Result<Option<Constraint>, BadForm> {
        let Some(grammar) = grammar_of(form)? else { return Ok(None) };
        guarded(|| {
            let parser = self.factory.create_parser(grammar).map_err(|error| BadForm(told(&error.to_string())))?;
            let matcher = Matcher::new(Ok(parser));
            match matcher.get_error() {
                Some(error) => Err(BadForm(told(&error))),
                None => Ok(Some(Constraint { matcher })),
            }
        })
    }
}

impl Constraint {
    /// Takes every token away that may not come now.
    ///
    /// # Errors
    /// The form asks for more work than one step may take.
    pub fn restrict(&mut self, logits: &mut [f32]) -> Result<(), BadForm> {
        let allowed = self.matcher.compute_mask_or_eos().map_err(|error| BadForm(told(&error.to_string())))?;
        for (token, logit) in logits.iter_mut().enumerate() {
            if token >= allowed.len() || !allowed.get(token) {
                *logit = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }

    /// The token was written; whether the form is whole and nothing more can come.
    ///
    /// # Errors
    /// It may not come here.
    pub fn take(&mut self, token: u32) -> Result<bool, BadForm> {
        self.matcher.consume_token(token).map_err(|error| BadForm(told(&error.to_string())))?;
        Ok(self.matcher.is_stopped())
    }
}

fn grammar_of(form: &Form) -> Result<Option<TopLevelGrammar>, BadForm> {
    let bounded = |length: usize| {
        let too_long = || BadForm(format!("at most {GRAMMAR_MAX_BYTES} bytes"));
        if length <= GRAMMAR_MAX_BYTES { Ok(()) } else { Err(too_long()) }
    };
    Ok(Some(match form {
        Form::Text => return Ok(None),
        Form::JsonObject => TopLevelGrammar::from_json_schema(compact(json!({"type": "object"}))?),
        Form::JsonSchema { schema, .. } => {
            bounded(schema.to_string().len())?;
            TopLevelGrammar::from_json_schema(compact(schema.clone())?)
        }
        Form::Regex(expression) => {
            bounded(expression.len())?;
            TopLevelGrammar::from_regex(expression)
        }
        Form::Grammar(grammar) => {
            bounded(grammar.len())?;
            TopLevelGrammar::from_lark(grammar.clone())
        }
    }))
}

/// The schema with our own choice of blanks; whatever else it says to `llguidance` alone is left out.
fn compact(mut schema: Value) -> Result<Value, BadForm> {
    let members = schema.as_object_mut().ok_or_else(|| BadForm("a JSON schema that is an object".into()))?;
    members.insert("x-guidance".into(), json!({"whitespace_pattern": BLANKS}));
    Ok(schema)
}

/// The first line of a message, cut short: the rest may repeat the whole grammar.
fn told(message: &str) -> String {
    message.lines().next().unwrap_or_default().chars().take(200).collect()
}

/// What `llguidance` does with input that it did not expect must not take the thread with it.
fn guarded<T>(work: impl FnOnce() -> Result<T, BadForm>) -> Result<T, BadForm> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(BadForm("the form cannot be read".into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::local::sampler::{Sampler, Taste};
    use crate::llm::local::toy::{Letters, noise};

    /// What is written in this form when all logits are noise; `None` when it did not come to its end.
    fn write(letters: &Letters, grammars: &Grammars, form: &Form, seed: u64) -> Option<String> {
        let mut constraint = grammars.hold(form).expect("a form").expect("a constraint");
        let mut sampler = Sampler::new(Taste::default(), seed, &[]);
        let (mut text, mut logits) = (Vec::new(), vec![0.0; letters.size()]);
        for step in 0..600 {
            for (token, logit) in logits.iter_mut().enumerate() {
                *logit = noise(seed, step, token as u64) * 4.0;
            }
            constraint.restrict(&mut logits).expect("a mask");
            let token = sampler.choose(&mut logits).expect("a token may come");
            if letters.ends().contains(&token) {
                return Some(String::from_utf8(text).unwrap());
            }
            text.extend_from_slice(letters.piece(token));
            if constraint.take(token).expect("it may come") {
                return Some(String::from_utf8(text).unwrap());
            }
        }
        None
    }

    fn schema(schema: Value) -> Form {
        Form::JsonSchema { name: "test".into(), schema, strict: None }
    }

    #[test]
    fn whatever_the_logits_the_text_fits_its_schema() {
        let letters = Letters::with_words(&["true", "\"name\":", "{\"", "\": ", "}", "null", "12", "é", "🌙"]);
        let grammars = Grammars::new(&letters).unwrap();
        let schemas = [
            json!({"type": "object", "properties": {"name": {"type": "string", "maxLength": 12},
                "age": {"type": "integer", "minimum": 0, "maximum": 150}, "signs": {"type": "array",
                "items": {"enum": ["Aries", "Bélier", "🌙"]}, "minItems": 1, "maxItems": 3}},
                "required": ["name", "age", "signs"], "additionalProperties": false}),
            json!({"type": "array", "items": {"type": ["boolean", "null"]}, "minItems": 2, "maxItems": 5}),
            json!({"$defs": {"n": {"type": "integer", "minimum": -5, "maximum": 5}}, "type": "object",
                "properties": {"x": {"$ref": "#/$defs/n"}, "y": {"anyOf": [{"$ref": "#/$defs/n"}, {"const": "no"}]}},
                "required": ["x", "y"], "additionalProperties": false}),
        ];
        for asked in schemas {
            let validator = jsonschema::validator_for(&asked).unwrap();
            let mut ended = 0;
            for seed in 0..25 {
                let Some(text) = write(&letters, &grammars, &schema(asked.clone()), seed) else { continue };
                let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                assert!(validator.is_valid(&value), "{text} under {asked}");
                ended += 1;
            }
            assert!(ended >= 20, "{ended} of 25 came to an end under {asked}");
        }
    }

    #[test]
    fn an_object_is_an_object_and_an_expression_is_matched() {
        let letters = Letters::with_words(&["{}", "{\"a\":1}", "Sun", "Moon", " in ", "Leo"]);
        let grammars = Grammars::new(&letters).unwrap();
        let mut ended = 0;
        for seed in 0..20 {
            if let Some(text) = write(&letters, &grammars, &Form::JsonObject, seed) {
                // Numbers may be larger than a `Value` holds.
                serde_json::from_str::<serde::de::IgnoredAny>(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                assert!(text.starts_with('{'), "{text}");
                ended += 1;
            }
            let text = write(&letters, &grammars, &Form::Regex("(Sun|Moon) in [A-C]{2,3}".into()), seed).unwrap();
            let (body, sign) = text.split_once(" in ").unwrap();
            assert!(["Sun", "Moon"].contains(&body) && matches!(sign.len(), 2 | 3), "{text}");
            let lark = "start: body \" in Leo\"\nbody: \"Sun\" | \"Moon\"\n";
            let text = write(&letters, &grammars, &Form::Grammar(lark.into()), seed).unwrap();
            assert!(["Sun in Leo", "Moon in Leo"].contains(&text.as_str()), "{text}");
        }
        assert!(ended > 0);
        assert!(grammars.hold(&Form::Text).unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_held_is_refused() {
        let letters = Letters::with_words(&[]);
        let grammars = Grammars::new(&letters).unwrap();
        for bad in [
            schema(json!([])),
            schema(json!({"type": "planet"})),
            schema(json!({"type": "object", "properties": 5})),
            schema(json!({"$ref": "https://example.org/schema"})),
            schema(json!({"$ref": "#/$defs/none"})),
            schema(json!({"not": {"type": "string"}})),
            schema(json!({"type": "string", "pattern": "(["})),
            schema(json!({"description": "x".repeat(GRAMMAR_MAX_BYTES)})),
            Form::Regex("([".into()),
            Form::Regex("x".repeat(GRAMMAR_MAX_BYTES + 1)),
            Form::Grammar("start: nothing".into()),
            Form::Grammar(String::new()),
        ] {
            let refused = grammars.hold(&bad).err().unwrap_or_else(|| panic!("{bad:?} was taken"));
            assert!(!refused.0.is_empty() && refused.0.chars().count() <= 200);
        }
        assert!(Grammars::new(&Letters::without_end()).is_err());
    }
}
