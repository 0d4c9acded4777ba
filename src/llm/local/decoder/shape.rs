//! P: The sizes and constants of a model, read from the metadata of its file and checked. Loads no weights.

use super::DecoderError;
use crate::kernels::{CacheShape, Gate, Pairs};
use crate::limits::{MODEL_CONTEXT_MAX_POSITIONS, MODEL_LAYERS_MAX, MODEL_WIDTH_MAX};
use crate::llm::local::gguf::{Gguf, Value};

/// A family of models that this program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Llama and what is built like it: SmolLM2, Mistral.
    Llama,
    /// Qwen 2 and 2.5: offsets on queries, keys and values.
    Qwen2,
    /// Qwen 3: queries and keys are normed.
    Qwen3,
    /// Gemma 3: norms behind each part too, and layers that see a window only.
    Gemma3,
}

impl Architecture {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Llama, Self::Qwen2, Self::Qwen3, Self::Gemma3];

    /// The name in a file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3",
        }
    }
}

/// Sizes and constants of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The family.
    pub architecture: Architecture,
    /// Number of layers.
    pub layers: usize,
    /// Numbers that stand for a token between layers.
    pub embedding: usize,
    /// Numbers between the two products of the feed-forward part.
    pub feed_forward: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Numbers of a head.
    pub head: usize,
    /// Number of tokens.
    pub vocabulary: usize,
    /// Most positions.
    pub context: usize,
    /// Added to the mean of squares of a norm.
    pub epsilon: f32,
    /// How positions turn queries and keys.
    pub rotation: Rotation,
    /// Layers that see a window only, in models that have them.
    pub windows: Option<Windows>,
    /// What scores are multiplied by.
    pub attention_scale: f32,
    /// Bound of scores, if there is one.
    pub attention_cap: Option<f32>,
    /// Bound of logits, if there is one.
    pub logit_cap: Option<f32>,
}

/// How positions turn queries and keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotation {
    /// What is turned together.
    pub pairs: Pairs,
    /// Numbers of a head that are turned.
    pub width: usize,
    /// Base of the angles.
    pub base: f64,
    /// What positions are multiplied by.
    pub scale: f64,
}

/// Layers that see a window only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Windows {
    /// Positions that they see.
    pub positions: usize,
    /// Each so-many-th layer sees all, the others a window.
    pub pattern: usize,
    /// Base of the angles in layers with a window.
    pub base: f64,
}

impl Shape {
    /// Reads them.
    ///
    /// # Errors
    /// [`DecoderError::Unusable`]: which entry is missing or out of bounds, what is given and what is allowed.
    pub fn read(gguf: &Gguf) -> Result<Self, DecoderError> {
        let name = gguf.text("general.architecture").unwrap_or_default();
        let names = Architecture::ALL.map(Architecture::name).join(", ");
        let architecture = Architecture::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| {
            DecoderError::Unusable(format!("`general.architecture` is `{name}`, and this program runs {names}"))
        })?;
        let keys = Keys { gguf, name };
        let heads = keys.count("attention.head_count", MODEL_WIDTH_MAX, None)?;
        let kv_heads = keys.count("attention.head_count_kv", heads, Some(heads))?;
        let embedding = keys.count("embedding_length", MODEL_WIDTH_MAX, None)?;
        let head = keys.count("attention.key_length", MODEL_WIDTH_MAX, Some(embedding / heads))?;
        let value = keys.count("attention.value_length", MODEL_WIDTH_MAX, Some(head))?;
        if value != head {
            return Err(keys.wrong("attention.value_length", value, format!("{head}, the length of a key")));
        }
        if !heads.is_multiple_of(kv_heads) {
            return Err(keys.wrong("attention.head_count_kv", kv_heads, format!("a divisor of {heads}")));
        }
        let layers = keys.count("block_count", MODEL_LAYERS_MAX, None)?;
        let table = gguf.tensor("token_embd.weight").ok_or_else(|| missing("token_embd.weight"))?;
        let is_wide = architecture == Architecture::Gemma3 && layers == 62;
        let scaled_by = if is_wide { embedding / heads } else { head };
        Ok(Self {
            architecture,
            layers,
            embedding,
            feed_forward: keys.count("feed_forward_length", 8 * MODEL_WIDTH_MAX, None)?,
            heads,
            kv_heads,
            head,
            vocabulary: table.rows(),
            context: keys.count("context_length", MODEL_CONTEXT_MAX_POSITIONS, None)?,
            epsilon: keys.float("attention.layer_norm_rms_epsilon", None)? as f32,
            rotation: keys.rotation(architecture, head)?,
            windows: keys.windows(architecture)?,
            attention_scale: 1.0 / (scaled_by as f32).sqrt(),
            attention_cap: keys.cap("attn_logit_softcapping")?,
            logit_cap: keys.cap("final_logit_softcapping")?,
        })
    }

    /// The sizes of its cache with so many pages.
    pub const fn cache(&self, pages: usize) -> CacheShape {
        CacheShape { layers: self.layers, pages, heads: self.kv_heads, width: self.head }
    }

    /// The function of its gates.
    pub const fn gate(&self) -> Gate {
        match self.architecture {
            Architecture::Gemma3 => Gate::GeluTanh,
            Architecture::Llama | Architecture::Qwen2 | Architecture::Qwen3 => Gate::Silu,
        }
    }

    /// What embeddings are multiplied by.
    pub fn embedding_scale(&self) -> f32 {
        match self.architecture {
            Architecture::Gemma3 => (self.embedding as f32).sqrt(),
            Architecture::Llama | Architecture::Qwen2 | Architecture::Qwen3 => 1.0,
        }
    }

    /// The window of a layer, if it has one.
    pub fn window(&self, layer: usize) -> Option<usize> {
        self.windows.filter(|windows| !(layer + 1).is_multiple_of(windows.pattern)).map(|windows| windows.positions)
    }
}

/// A tensor that a file lacks.
pub(super) fn missing(name: &str) -> DecoderError {
    DecoderError::Unusable(format!("tensor `{name}` is missing"))
}

/// Entries of the metadata that begin with the name of the architecture.
struct Keys<'a> {
    gguf: &'a Gguf,
    name: &'a str,
}

impl Keys<'_> {
    fn wrong(&self, key: &str, given: impl std::fmt::Display, allowed: impl std::fmt::Display) -> DecoderError {
        DecoderError::Unusable(format!("`{}.{key}` is {given}, expected {allowed}", self.name))
    }

    /// A number from 1 to `most`; a list, as of models whose layers differ, only if all are the same.
    fn count(&self, key: &str, most: usize, default: Option<usize>) -> Result<usize, DecoderError> {
        let allowed = format!("a whole number in 1..={most}");
        let full = format!("{}.{key}", self.name);
        let given = match (self.gguf.metadata.get(&full), default) {
            (None, Some(default)) => return Ok(default),
            (None, None) => return Err(self.wrong(key, "missing", allowed)),
            (Some(Value::Integers(list)), _) => match list.split_first() {
                Some((first, rest)) if rest.iter().all(|one| one == first) => *first,
                _ => return Err(self.wrong(key, "a list of different numbers", allowed)),
            },
            (Some(_), _) => self.gguf.unsigned(&full).and_then(|number| i64::try_from(number).ok()).unwrap_or(-1),
        };
        let number = usize::try_from(given).ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| self.wrong(key, given, allowed))
    }

    /// A number above 0.
    fn float(&self, key: &str, default: Option<f64>) -> Result<f64, DecoderError> {
        let full = format!("{}.{key}", self.name);
        let given = self.gguf.float(&full).or(default.filter(|_| !self.gguf.metadata.contains_key(&full)));
        let given = given.ok_or_else(|| self.wrong(key, "missing", "a number above 0"))?;
        if given.is_finite() && given > 0.0 { Ok(given) } else { Err(self.wrong(key, given, "a number above 0")) }
    }

    fn cap(&self, key: &str) -> Result<Option<f32>, DecoderError> {
        let full = format!("{}.{key}", self.name);
        if !self.gguf.metadata.contains_key(&full) || self.gguf.float(&full) == Some(0.0) {
            return Ok(None);
        }
        self.float(key, None).map(|cap| Some(cap as f32))
    }

    fn rotation(&self, architecture: Architecture, head: usize) -> Result<Rotation, DecoderError> {
        let width = self.count("rope.dimension_count", head, Some(head))?;
        if !width.is_multiple_of(2) {
            return Err(self.wrong("rope.dimension_count", width, "an even number"));
        }
        let scaling = self.gguf.text(&format!("{}.rope.scaling.type", self.name)).unwrap_or("none");
        if !["none", "linear"].contains(&scaling) {
            return Err(self.wrong("rope.scaling.type", format!("`{scaling}`"), "`none` or `linear`"));
        }
        let pairs = if architecture == Architecture::Llama { Pairs::Neighbours } else { Pairs::Halves };
        let usual = if architecture == Architecture::Gemma3 { 1_000_000.0 } else { 10_000.0 };
        let base = self.float("rope.freq_base", Some(usual))?;
        let scale = 1.0 / self.float("rope.scaling.factor", Some(1.0))?;
        Ok(Rotation { pairs, width, base, scale })
    }

    fn windows(&self, architecture: Architecture) -> Result<Option<Windows>, DecoderError> {
        if architecture != Architecture::Gemma3 {
            return Ok(None);
        }
        let positions = self.count("attention.sliding_window", MODEL_CONTEXT_MAX_POSITIONS, None)?;
        let pattern = self.count("attention.sliding_window_pattern", MODEL_LAYERS_MAX, Some(6))?;
        let base = self.float("rope.freq_base_swa", Some(10_000.0))?;
        Ok(Some(Windows { positions, pattern, base }))
    }
}
