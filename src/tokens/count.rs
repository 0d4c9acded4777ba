//! P: How many tokens a text has, and who says so. Counts never need the network, and a count of nothing is nothing, not
//! the absence of one.

use serde::{Deserialize, Serialize};

use super::bpe;

/// Who is asked for counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// The provider's usage, else the model's own tokenizer, else a known encoding, else words.
    #[default]
    Auto,
    /// The provider's usage, else words.
    Api,
    /// The model's own tokenizer, else a known encoding, else words.
    Tokenizer,
    /// Words alone.
    Words,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Api, Self::Tokenizer, Self::Words];

    /// Its stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Api => "api",
            Self::Tokenizer => "tokenizer",
            Self::Words => "words",
        }
    }

    /// The strategy of this name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.code() == code)
    }
}

/// Who made a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The provider said it.
    Api,
    /// The model's own tokenizer.
    Tokenizer,
    /// The known encoding of a remote model.
    Tiktoken,
    /// Words between white space.
    Words,
    /// Bytes: no byte-level encoding makes more tokens than there are bytes.
    Bytes,
}

impl Method {
    /// Its stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Tokenizer => "tokenizer",
            Self::Tiktoken => "tiktoken",
            Self::Words => "words",
            Self::Bytes => "bytes",
        }
    }
}

/// A count, and who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many.
    pub tokens: u64,
    /// Who says so.
    pub by: Method,
}

impl Count {
    /// A count of this maker.
    pub const fn new(tokens: u64, by: Method) -> Self {
        Self { tokens, by }
    }
}

/// A model's own tokenizer, as its provider gives it.
pub trait Tokenizer {
    /// Tokens of `text`; `None` when it cannot say.
    fn count(&self, text: &str) -> Option<u64>;
}

/// Tokens of `text` by `strategy`. `usage` is what the provider said of it, 0 included.
pub fn count(
    strategy: Strategy,
    usage: Option<u64>,
    tokenizer: Option<&dyn Tokenizer>,
    model: &str,
    text: &str,
) -> Count {
    let api = || usage.map(|tokens| Count::new(tokens, Method::Api));
    let found = match strategy {
        Strategy::Auto => api().or_else(|| encoded(tokenizer, model, text)),
        Strategy::Api => api(),
        Strategy::Tokenizer => encoded(tokenizer, model, text),
        Strategy::Words => None,
    };
    found.unwrap_or_else(|| Count::new(text.split_whitespace().count() as u64, Method::Words))
}

fn encoded(tokenizer: Option<&dyn Tokenizer>, model: &str, text: &str) -> Option<Count> {
    let own = tokenizer.and_then(|own| own.count(text)).map(|tokens| Count::new(tokens, Method::Tokenizer));
    let known = || bpe::count(bpe::of_model(model)?, text).map(|tokens| Count::new(tokens, Method::Tiktoken));
    own.or_else(known)
}

/// What the template around messages may add, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageBound {
    /// Around each message: role, separators, name.
    pub each: u64,
    /// Once: what primes the answer.
    pub once: u64,
}

impl MessageBound {
    /// Several times what OpenAI's templates add (3 around a message, 1 for a name, 3 at the end).
    pub const CHAT: Self = Self { each: 16, once: 16 };
    /// For a prompt that the caller has rendered whole.
    pub const RENDERED: Self = Self { each: 0, once: 8 };
}

/// No fewer tokens than these messages can become in a prompt of `model`, whatever strategy counts them later.
///
/// With the model's own tokenizer or a known encoding the count is exact up to the template, for which `template` is
/// added: special tokens between messages keep their texts from merging. Without either, every byte counts as a token,
/// and one more for each message: a byte-level encoding never makes more, and one with a byte fallback makes at most
/// the space in front besides. Words are no bound, so they are never used for one.
pub fn prompt_bound(
    tokenizer: Option<&dyn Tokenizer>,
    model: &str,
    messages: &[&str],
    template: MessageBound,
) -> Count {
    let mut tokens = template.once;
    let mut by = None;
    for message in messages {
        let count = encoded(tokenizer, model, message)
            .unwrap_or_else(|| Count::new((message.len() as u64).saturating_add(1), Method::Bytes));
        tokens = tokens.saturating_add(count.tokens).saturating_add(template.each);
        // The weakest maker is told.
        by = if by == Some(Method::Bytes) { by } else { Some(count.by) };
    }
    Count::new(tokens, by.unwrap_or(Method::Bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tokens::Strategy;

    struct Letters;

    impl Tokenizer for Letters {
        fn count(&self, text: &str) -> Option<u64> {
            Some(text.chars().count() as u64)
        }
    }

    struct Silent;

    impl Tokenizer for Silent {
        fn count(&self, _: &str) -> Option<u64> {
            None
        }
    }

    #[test]
    fn each_strategy_asks_in_its_order() {
        let text = "four words right here";
        for (strategy, usage, own, model, tokens, by) in [
            (Strategy::Auto, Some(456), true, "gpt-4o", 456, Method::Api),
            // A usage of nothing is a usage: the predecessor fell through to another count.
            (Strategy::Auto, Some(0), true, "gpt-4o", 0, Method::Api),
            (Strategy::Auto, None, true, "gpt-4o", 21, Method::Tokenizer),
            (Strategy::Auto, None, false, "gpt-4o", 4, Method::Tiktoken),
            (Strategy::Auto, None, false, "house", 4, Method::Words),
            (Strategy::Api, Some(123), true, "gpt-4o", 123, Method::Api),
            (Strategy::Api, None, true, "gpt-4o", 4, Method::Words),
            (Strategy::Tokenizer, Some(9), true, "gpt-4o", 21, Method::Tokenizer),
            (Strategy::Tokenizer, Some(9), false, "gpt-4o", 4, Method::Tiktoken),
            (Strategy::Words, Some(9), true, "gpt-4o", 4, Method::Words),
        ] {
            let own: Option<&dyn Tokenizer> = if own { Some(&Letters) } else { None };
            let counted = count(strategy, usage, own, model, text);
            assert_eq!(counted, Count::new(tokens, by), "{strategy:?} {usage:?} {model}");
        }
        let silent = count(Strategy::Auto, None, Some(&Silent), "gpt-4o", text);
        assert_eq!(silent.by, Method::Tiktoken);
        assert!(Strategy::ALL.iter().all(|s| Strategy::from_code(s.code()) == Some(*s)));
    }

    #[test]
    fn a_bound_names_its_weakest_maker() {
        let bound = prompt_bound(None, "gpt-4o", &["hello", "you"], MessageBound::CHAT);
        assert_eq!(bound, Count::new(1 + 1 + 3 * 16, Method::Tiktoken));
        assert_eq!(prompt_bound(None, "house", &["hé"], MessageBound::RENDERED), Count::new(3 + 1 + 8, Method::Bytes));
        assert_eq!(prompt_bound(Some(&Letters), "house", &["hé"], MessageBound::RENDERED).by, Method::Tokenizer);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn no_known_encoding_makes_more_tokens_than_the_bound_by_bytes(text in ".{0,80}", model in 0..3usize) {
            let model = ["gpt-4o", "gpt-4", "house"][model];
            let by_bytes = prompt_bound(None, "house", &[&text], MessageBound::RENDERED);
            let by_model = prompt_bound(None, model, &[&text], MessageBound::RENDERED);
            prop_assert!(by_model.tokens <= by_bytes.tokens);
            for strategy in Strategy::ALL {
                prop_assert!(count(strategy, None, None, model, &text).tokens <= by_model.tokens);
            }
        }
    }
}
