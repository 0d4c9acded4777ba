//! P: What the files beside the weights say of a model: its sizes, how sentences are read from it, which languages it knows.
//! Reads no file.

use serde::Deserialize;
use serde_json::Value;

use super::EmbedError;
use crate::astro::Lang;
use crate::limits;

/// Name of the file of [`Shape`].
pub const CONFIG: &str = "config.json";
/// Name of the file of [`pooling`].
pub const POOLING: &str = "1_Pooling/config.json";
/// Name of the file of [`check_modules`].
pub const MODULES: &str = "modules.json";
/// Name of the file of [`max_length`].
pub const LENGTH: &str = "sentence_bert_config.json";
/// Name of the file of [`Prompts`].
pub const PROMPTS: &str = "config_sentence_transformers.json";
/// Name of the file of [`languages`].
pub const CARD: &str = "README.md";

/// `config.json`, as far as it matters.
#[derive(Debug, Deserialize)]
struct Config {
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "one")]
    type_vocab_size: usize,
    layer_norm_eps: f64,
    hidden_act: String,
    #[serde(default = "absolute")]
    position_embedding_type: String,
    #[serde(default)]
    pad_token_id: Option<usize>,
}

const fn one() -> usize {
    1
}

fn absolute() -> String {
    "absolute".to_owned()
}

/// Sizes of an encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Numbers of a token's row, and of a sentence.
    pub hidden: usize,
    /// Numbers between the two products of a layer.
    pub middle: usize,
    /// Layers.
    pub layers: usize,
    /// Heads of attention.
    pub heads: usize,
    /// Tokens it knows.
    pub vocabulary: usize,
    /// Rows of the table of positions.
    pub positions: usize,
    /// Row of the first token; the RoBERTa family begins behind its padding.
    pub first_position: usize,
    /// Rows of the table of segments.
    pub segments: usize,
    /// Added to a variance.
    pub eps: f32,
}

impl Shape {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// It is no JSON, or says something that cannot be computed here; each in a sentence that names the member.
    pub fn read(json: &[u8]) -> Result<Self, EmbedError> {
        let config: Config = parse(CONFIG, json)?;
        let wrong = |field: &str, given: &dyn std::fmt::Debug, allowed: &str| {
            EmbedError::wrong(CONFIG, format!("{field} is {given:?}, allowed is {allowed}"))
        };
        let first_position = match config.model_type.as_str() {
            "bert" => 0,
            "roberta" | "xlm-roberta" | "camembert" => config.pad_token_id.unwrap_or(1).saturating_add(1),
            other => return Err(wrong("model_type", &other, "bert, roberta, xlm-roberta or camembert")),
        };
        if config.hidden_act != "gelu" {
            return Err(wrong("hidden_act", &config.hidden_act, "gelu"));
        }
        if config.position_embedding_type != "absolute" {
            return Err(wrong("position_embedding_type", &config.position_embedding_type, "absolute"));
        }
        let sizes = [
            ("hidden_size", config.hidden_size, limits::EMBED_WIDTH_MAX),
            ("intermediate_size", config.intermediate_size, 8 * limits::EMBED_WIDTH_MAX),
            ("num_hidden_layers", config.num_hidden_layers, limits::EMBED_LAYERS_MAX),
            ("num_attention_heads", config.num_attention_heads, limits::EMBED_WIDTH_MAX),
            ("vocab_size", config.vocab_size, limits::EMBED_VOCABULARY_MAX),
            ("max_position_embeddings", config.max_position_embeddings, limits::EMBED_POSITIONS_MAX),
            ("type_vocab_size", config.type_vocab_size, 16),
        ];
        for (field, given, most) in sizes {
            if !(1..=most).contains(&given) {
                return Err(wrong(field, &given, &format!("1 to {most}")));
            }
        }
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            return Err(wrong("num_attention_heads", &config.num_attention_heads, "a divisor of hidden_size"));
        }
        if !(0.0..=1.0).contains(&config.layer_norm_eps) {
            return Err(wrong("layer_norm_eps", &config.layer_norm_eps, "0 to 1"));
        }
        if first_position >= config.max_position_embeddings {
            return Err(wrong("pad_token_id", &config.pad_token_id, "below max_position_embeddings"));
        }
        Ok(Self {
            hidden: config.hidden_size,
            middle: config.intermediate_size,
            layers: config.num_hidden_layers,
            heads: config.num_attention_heads,
            vocabulary: config.vocab_size,
            positions: config.max_position_embeddings,
            first_position,
            segments: config.type_vocab_size,
            eps: config.layer_norm_eps as f32,
        })
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, json: &[u8]) -> Result<T, EmbedError> {
    serde_json::from_slice(json).map_err(|error| EmbedError::wrong(file, error.to_string()))
}

/// How one row is made of those of a sentence's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// The first.
    First,
}

/// Reads `1_Pooling/config.json`; a model without one takes the mean, as the library that writes these files does.
///
/// # Errors
/// It asks for another way.
pub fn pooling(json: Option<&[u8]>) -> Result<Pooling, EmbedError> {
    let Some(json) = json else { return Ok(Pooling::Mean) };
    let told: Value = parse(POOLING, json)?;
    let is = |way: &str| told[format!("pooling_mode_{way}")].as_bool().unwrap_or(false);
    let others = ["max_tokens", "weightedmean_tokens", "lasttoken"];
    // A sum over the root of the length points where the mean does, and only the direction is kept.
    match (is("cls_token"), is("mean_tokens") || is("mean_sqrt_len_tokens"), others.iter().find(|way| is(way))) {
        (true, false, None) => Ok(Pooling::First),
        (false, true, None) => Ok(Pooling::Mean),
        (_, _, Some(other)) => {
            Err(EmbedError::wrong(POOLING, format!("pooling_mode_{other} is set, allowed is mean_tokens or cls_token")))
        }
        _ => Err(EmbedError::wrong(POOLING, "must set one of pooling_mode_mean_tokens and pooling_mode_cls_token")),
    }
}

/// Holds `modules.json` against what is computed here.
///
/// # Errors
/// The model has a part beyond encoder, pooling and norm.
pub fn check_modules(json: Option<&[u8]>) -> Result<(), EmbedError> {
    #[derive(Deserialize)]
    struct Module {
        r#type: String,
    }
    let Some(json) = json else { return Ok(()) };
    for module in parse::<Vec<Module>>(MODULES, json)? {
        let kind = module.r#type.rsplit('.').next().unwrap_or_default();
        if !["Transformer", "Pooling", "Normalize"].contains(&kind) {
            let problem = format!("type is {:?}, allowed are Transformer, Pooling and Normalize", module.r#type);
            return Err(EmbedError::wrong(MODULES, problem));
        }
    }
    Ok(())
}

/// Most tokens of a text: what the model was made for, and never more than it has positions.
///
/// # Errors
/// `sentence_bert_config.json` is no JSON, or says 0.
pub fn max_length(json: Option<&[u8]>, shape: &Shape) -> Result<usize, EmbedError> {
    #[derive(Deserialize)]
    struct Told {
        max_seq_length: Option<usize>,
    }
    let room = shape.positions - shape.first_position;
    let told = json.map(|json| parse::<Told>(LENGTH, json)).transpose()?.and_then(|told| told.max_seq_length);
    match told {
        Some(0..3) => Err(EmbedError::wrong(LENGTH, "max_seq_length is below 3, which leaves no room for a text")),
        told => Ok(told.unwrap_or(room).min(room)),
    }
}

/// What stands before a text of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompts {
    /// Before what is searched for.
    pub query: String,
    /// Before what is found.
    pub passage: String,
}

impl Prompts {
    /// Reads `config_sentence_transformers.json`.
    ///
    /// # Errors
    /// It is no JSON.
    pub fn read(json: Option<&[u8]>) -> Result<Self, EmbedError> {
        let Some(json) = json else { return Ok(Self::default()) };
        let told: Value = parse(PROMPTS, json)?;
        let prompt = |names: &[&str]| {
            let found = names.iter().find_map(|name| told["prompts"][name].as_str());
            found.unwrap_or_default().chars().take(limits::EMBED_PROMPT_MAX_CHARS).collect()
        };
        Ok(Self { query: prompt(&["query"]), passage: prompt(&["passage", "document"]) })
    }
}

/// The languages of this program among those that the model card names; none when it names none.
pub fn languages(card: Option<&[u8]>) -> Vec<Lang> {
    let text = String::from_utf8_lossy(card.unwrap_or_default());
    let mut lines = text.lines().map(str::trim_end);
    let mut named: Vec<&str> = Vec::new();
    if lines.next() != Some("---") {
        return Vec::new();
    }
    let mut in_list = false;
    for line in lines.take_while(|line| *line != "---") {
        if let Some(value) = line.strip_prefix("language:") {
            in_list = true;
            named.extend(value.split(['[', ']', ',', ' ', '"', '\'']).filter(|name| !name.is_empty()));
        } else if let Some(item) = line.trim_start().strip_prefix("- ").filter(|_| in_list) {
            named.push(item.trim().trim_matches(['"', '\'']));
        } else {
            in_list = false;
        }
    }
    let is_multilingual = named.contains(&"multilingual");
    [Lang::En, Lang::Fr].into_iter().filter(|lang| is_multilingual || named.contains(&lang.code())).collect()
}
