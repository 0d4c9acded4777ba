//! Sentence vectors: against the reference encoder, out of hostile files, over `/v1/embeddings`, and in searches.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use base64::Engine;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use orrery::astro::Lang;
use orrery::retrieval::embed::{Embedder, Tokens};
use orrery::retrieval::{Query, Retrieval};
use serde_json::{Value, json};

use crate::encoder;
use crate::support::Appliance;

const WORDS: &str = "embeddings.word_embeddings.weight";

const TEXTS: &[&str] = &[
    "The Moon in the fourth house.",
    "love",
    "",
    "What does it mean for my work, and for my home, when Venus meets the Sun?",
    "Où va la Lune ?",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The mean of the rows that the reference makes of a text's tokens.
fn reference(model: &BertModel, tokens: &Tokens) -> Vec<f32> {
    let ids = Tensor::new(tokens.ids(), &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let rows = model.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
    rows.mean(1).unwrap().squeeze(0).unwrap().to_vec1().unwrap()
}

/// Every text, alone and together, on 1 to 3 threads, against the reference; the least cosine found.
fn least_cosine(dir: &Path, model: &BertModel, texts: &[&str]) -> f64 {
    let mut least = f64::MAX;
    for threads in 1..=3 {
        let embedder = Embedder::load(dir, "m", threads).unwrap();
        let tokens: Vec<Tokens> = texts.iter().map(|text| embedder.tokens(text).unwrap()).collect();
        let together = embedder.embed(&tokens, || false).unwrap();
        for (tokens, vector) in tokens.iter().zip(&together) {
            let length: f32 = vector.iter().map(|x| x * x).sum();
            assert!((length - 1.0).abs() < 1e-5, "{length}");
            let alone = embedder.embed(std::slice::from_ref(tokens), || false).unwrap().remove(0);
            let expected = reference(model, tokens);
            least = least.min(cosine(vector, &expected)).min(cosine(&alone, &expected));
        }
    }
    least
}

#[test]
fn vectors_are_those_of_the_reference_encoder() {
    let dir = tempfile::tempdir().unwrap();
    encoder::write(dir.path(), 7);
    let tensors = encoder::tensors(7).into_iter().map(|(name, shape, numbers)| {
        let tensor = Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap();
        (name, tensor)
    });
    let builder = VarBuilder::from_tensors(tensors.collect::<HashMap<_, _>>(), DType::F32, &Device::Cpu);
    let config: Config = serde_json::from_value(encoder::config()).unwrap();
    let model = BertModel::load(builder, &config).unwrap();
    let least = least_cosine(dir.path(), &model, TEXTS);
    assert!(least > 0.999_999, "{least}");
}

/// `ORRERY_EMBED_MODEL` names a directory with a real model, such as all-MiniLM-L6-v2.
#[test]
#[ignore = "needs a real model"]
fn vectors_of_a_real_model_are_those_of_the_reference_encoder() {
    let dir = std::env::var("ORRERY_EMBED_MODEL").expect("ORRERY_EMBED_MODEL");
    let dir = Path::new(&dir);
    let tensors = candle_core::safetensors::load(dir.join("model.safetensors"), &Device::Cpu).unwrap();
    let builder = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
    let config: Config = serde_json::from_slice(&fs::read(dir.join("config.json")).unwrap()).unwrap();
    let model = BertModel::load(builder, &config).unwrap();
    let least = least_cosine(dir, &model, TEXTS);
    println!("least cosine with the reference: {least:.7}");
    assert!(least >= 0.9999, "{least}");
}

#[test]
fn files_that_are_wrong_or_hostile_are_refused_by_name() {
    let whole = encoder::safetensors(&encoder::tensors(7));
    let table_bytes = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let table = |change: &dyn Fn(&mut Value)| {
        let mut table: Value = serde_json::from_slice(&whole[8..8 + table_bytes]).unwrap();
        change(&mut table);
        let text = table.to_string();
        [(text.len() as u64).to_le_bytes().as_slice(), text.as_bytes(), &whole[8 + table_bytes..]].concat()
    };
    let config = |field: &str, value: Value| {
        let mut config = encoder::config();
        config[field] = value;
        config.to_string().into_bytes()
    };
    let nan = {
        let mut tensors = encoder::tensors(7);
        tensors[4].2[3] = f32::NAN;
        encoder::safetensors(&tensors)
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("model.safetensors", b"GGUF".to_vec(), "4 bytes"),
        ("model.safetensors", b"not a model at all, but long enough".to_vec(), "no safetensors file"),
        ("model.safetensors", [u64::MAX.to_le_bytes().as_slice(), b"{}"].concat(), "no safetensors file"),
        ("model.safetensors", whole[..whole.len() - 1].to_vec(), "would lie at"),
        ("model.safetensors", table(&|t| t[WORDS]["data_offsets"] = json!([0, u64::MAX])), "would lie at"),
        ("model.safetensors", table(&|t| t[WORDS]["data_offsets"] = json!([8, 4])), "would lie at"),
        ("model.safetensors", table(&|t| t[WORDS]["shape"] = json!([usize::MAX, usize::MAX])), "has the shape"),
        ("model.safetensors", table(&|t| t[WORDS]["dtype"] = json!("I8")), "holds I8, allowed are F32, F16 and BF16"),
        ("model.safetensors", table(&|t| t[WORDS]["dtype"] = json!("F16")), "its shape"),
        ("model.safetensors", table(&|t| t[WORDS] = json!(1)), WORDS),
        ("model.safetensors", encoder::safetensors(&encoder::tensors(7)[1..]), "has no tensor"),
        ("model.safetensors", nan, "not finite"),
        ("config.json", b"{".to_vec(), "config.json"),
        ("config.json", config("hidden_size", json!(0)), "hidden_size is 0, allowed is 1 to 4096"),
        ("config.json", config("hidden_size", json!(u64::MAX)), "hidden_size"),
        ("config.json", config("num_hidden_layers", json!(100_000)), "num_hidden_layers is 100000"),
        ("config.json", config("num_attention_heads", json!(7)), "a divisor of hidden_size"),
        ("config.json", config("model_type", json!("gpt2")), "model_type is \"gpt2\", allowed is bert"),
        ("config.json", config("hidden_act", json!("silu")), "hidden_act is \"silu\", allowed is gelu"),
        ("config.json", config("vocab_size", json!(20)), "tokenizer.json: knows"),
        ("tokenizer.json", b"{}".to_vec(), "tokenizer.json"),
        ("tokenizer.json", vec![b'['; 100_000], "tokenizer.json"),
        ("1_Pooling/config.json", json!({"pooling_mode_max_tokens": true}).to_string().into_bytes(), "max_tokens"),
        ("modules.json", br#"[{"type": "sentence_transformers.models.Dense"}]"#.to_vec(), "allowed are Transformer"),
        ("sentence_bert_config.json", br#"{"max_seq_length": 2}"#.to_vec(), "max_seq_length"),
    ];
    for (file, bytes, expected) in cases {
        let dir = tempfile::tempdir().unwrap();
        encoder::write(dir.path(), 7);
        Embedder::load(dir.path(), "m", 1).unwrap();
        fs::write(dir.path().join(file), &bytes).unwrap();
        let refusal = Embedder::load(dir.path(), "m", 1).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{file}: {refusal:?} says nothing of {expected:?}");
    }
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let dir = tempfile::tempdir().unwrap();
        encoder::write(dir.path(), 7);
        fs::remove_file(dir.path().join(file)).unwrap();
        assert!(Embedder::load(dir.path(), "m", 1).unwrap_err().to_string().contains(file), "{file}");
    }
}

fn appliance(model: &Path, changes: &[(&str, &str)]) -> Appliance {
    let mut all = vec![("embed.dir", model.to_str().unwrap()), ("embed.name", "tiny")];
    all.extend_from_slice(changes);
    Appliance::start(&all)
}

#[test]
fn texts_become_vectors_in_the_shape_of_openai() {
    let dir = tempfile::tempdir().unwrap();
    encoder::write(dir.path(), 7);
    let at = appliance(dir.path(), &[("embed.search", "off")]);
    let person = at.person();
    let post = |body: &Value| at.call("POST", "/v1/embeddings", Some(&person), Some(body));
    let listed = at.call("GET", "/v1/models", Some(&person), None);
    assert!(listed.body["data"].as_array().unwrap().iter().any(|model| model["id"] == "tiny"), "{}", listed.text);

    let texts = ["The Moon in love", "work and home"];
    let many = post(&json!({"model": "tiny", "input": texts, "dimensions": encoder::HIDDEN, "user": "x"}));
    assert_eq!((many.status, &many.body["object"], &many.body["model"]), (200, &json!("list"), &json!("tiny")));
    let embedder = Embedder::load(dir.path(), "m", 1).unwrap();
    let tokens: Vec<Tokens> = texts.iter().map(|text| embedder.tokens(text).unwrap()).collect();
    let read: usize = tokens.iter().map(Tokens::count).sum();
    assert_eq!(many.body["usage"], json!({"prompt_tokens": read, "total_tokens": read}));
    for (at, vector) in embedder.embed(&tokens, || false).unwrap().iter().enumerate() {
        let data = &many.body["data"][at];
        assert_eq!((&data["object"], &data["index"]), (&json!("embedding"), &json!(at)));
        let found: Vec<f32> = serde_json::from_value(data["embedding"].clone()).unwrap();
        assert!(cosine(&found, vector) > 0.999_999);
        let one = post(&json!({"model": "tiny", "input": texts[at], "encoding_format": "base64"}));
        let text = one.body["data"][0]["embedding"].as_str().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
        let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        assert!(cosine(&numbers, vector) > 0.999_999);
    }
    let usage = at.call("GET", "/v1/usage", Some(&person), None);
    let total = &usage.data(200)["total"];
    assert_eq!((&total["calls"], &total["cost_usd"]), (&json!(3), &json!("0.000000")), "{}", usage.text);
}

#[test]
fn what_cannot_be_embedded_is_refused_by_its_field() {
    let dir = tempfile::tempdir().unwrap();
    encoder::write(dir.path(), 7);
    let at = appliance(dir.path(), &[("embed.search", "off")]);
    let person = at.person();
    let post = |body: &Value| at.call("POST", "/v1/embeddings", Some(&person), Some(body));
    let long = "moon ".repeat(encoder::POSITIONS);
    let cases = [
        (json!({"model": "tiny", "input": ""}), "input", "not empty"),
        (json!({"model": "tiny", "input": []}), "input", "1 to 2048"),
        (json!({"model": "tiny", "input": vec!["a"; 2_049]}), "input", "1 to 2048"),
        (json!({"model": "tiny", "input": [1, 2, 3]}), "input[0]", "tokens"),
        (json!({"model": "tiny", "input": [[1, 2], [3]]}), "input[0]", "tokens"),
        (json!({"model": "tiny", "input": ["a", " "]}), "input[1]", "not empty"),
        (json!({"model": "tiny", "input": {"text": "a"}}), "input", "a text"),
        (json!({"model": "tiny", "input": ["a", long]}), "input[1]", "at most 96 tokens; this one has 98"),
        (json!({"model": "tiny", "input": "a", "dimensions": 8}), "dimensions", "40"),
        (json!({"model": "tiny", "input": "a", "encoding_format": "hex"}), "encoding_format", "float or base64"),
        (json!({"model": "text-embedding-3-small", "input": "a"}), "model", "tiny"),
    ];
    for (body, field, allowed) in cases {
        let refused = post(&body);
        let error = &refused.body["error"];
        let status = if field == "model" { 404 } else { 400 };
        assert_eq!((refused.status, &error["type"]), (status, &json!("invalid_request_error")), "{}", refused.text);
        assert_eq!(error["param"], field, "{}", refused.text);
        assert!(error["message"].as_str().unwrap().contains(allowed), "{}", refused.text);
    }
    let unknown = at.call("POST", "/v1/embeddings", None, Some(&json!({"model": "tiny", "input": "a"})));
    assert_eq!((unknown.status, &unknown.body["error"]["type"]), (401, &json!("authentication_error")));
    let key = [("idempotency-key", "k")];
    let body = json!({"model": "tiny", "input": "a"});
    assert_eq!(at.call_with("POST", "/v1/embeddings", Some(&person), Some(&body), &key).status, 400);
    let usage = at.call("GET", "/v1/usage", Some(&person), None);
    assert_eq!(usage.data(200)["total"]["calls"], 0, "what is refused is not written down");
}

#[test]
fn without_a_model_nothing_changes_and_a_wrong_one_stops_the_start() {
    let at = crate::support::shared();
    let person = at.person();
    let refused = at.call("POST", "/v1/embeddings", Some(&person), Some(&json!({"model": "tiny", "input": "a"})));
    assert_eq!((refused.status, &refused.body["error"]["param"]), (404, &json!("model")), "{}", refused.text);
    let data = tempfile::tempdir().unwrap();
    let sources = orrery::config::Sources::new()
        .flag("data_dir", "--data-dir", data.path().join("data").to_str().unwrap())
        .flag("embed.dir", "--test", data.path().to_str().unwrap());
    let (settings, _) = orrery::config::Settings::load(&sources).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let opened = runtime.block_on(orrery::app::App::open(settings, orrery::clock::Ambient::system()));
    let refusal = opened.unwrap_err().to_string();
    assert!(refusal.contains("embed.dir") && refusal.contains("config.json: is missing"), "{refusal}");
}

#[test]
fn searches_use_the_model_in_the_languages_it_is_for_alone() {
    let dir = tempfile::tempdir().unwrap();
    encoder::write(dir.path(), 7);
    let (with, without) = (appliance(dir.path(), &[]), crate::support::shared());
    let search = |at: &Appliance, body: Value| {
        let person = at.person();
        at.call("POST", "/v1/retrieval/search", Some(&person), Some(&body)).data(200)["hits"].clone()
    };
    let french = json!({"query": "la Lune en Poissons", "lang": "fr"});
    assert_eq!(search(&with, french.clone()), search(without, french), "the card names English alone");
    let english = json!({"query": "Moon in Pisces", "lang": "en", "limit": 50});
    let (fused, by_words) = (search(&with, english.clone()), search(without, english));
    let scores: Vec<f64> = fused.as_array().unwrap().iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.iter().all(|score| (0.0..=2.0 / 61.0 + 1e-6).contains(score)), "ranks alone count: {scores:?}");
    assert!(scores.is_sorted_by(|a, b| a >= b) && fused != by_words);
    let filtered = search(&with, json!({"query": "love", "lang": "en", "kind": "house", "limit": 50}));
    assert!(filtered.as_array().unwrap().iter().all(|hit| hit["kind"] == "house" && hit["lang"] == "en"));
    assert_eq!(search(&with, json!({"query": "   ", "lang": "en"})), json!([]));
}

#[test]
fn vectors_of_passages_are_kept_and_made_anew_with_another_model() {
    let (index, models) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    encoder::write(&models.path().join("a"), 7);
    encoder::write(&models.path().join("b"), 8);
    let caches = |retrieval: &Retrieval| {
        let home = index.path().join(retrieval.generation());
        let files = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path());
        let mut caches: Vec<_> =
            files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("dense-")).collect();
        caches.sort();
        caches
    };
    let open = |name: &str| {
        let retrieval = Retrieval::open(index.path()).unwrap();
        let embedder = Embedder::load(&models.path().join(name), name, 1).unwrap();
        retrieval.use_embedder(embedder.into(), &[Lang::En]).unwrap();
        retrieval
    };
    let found = |retrieval: &Retrieval| {
        let near = retrieval.nearest("love and work", Lang::En, 10).unwrap();
        near.into_iter().map(|hit| (hit.passage.id.clone(), hit.score)).collect::<Vec<_>>()
    };
    let first = open("a");
    let (near, kept) = (found(&first), caches(&first));
    assert_eq!((near.len(), kept.len()), (10, 1));
    let written = fs::read(&kept[0]).unwrap();
    // What is read back is what was computed: a swapped sign in the file would show, as its sum is written over too.
    assert_eq!(found(&open("a")), near);
    fs::write(&kept[0], &written[..written.len() / 2]).unwrap();
    assert_eq!(found(&open("a")), near, "a damaged one is computed again");
    assert_eq!(fs::read(&kept[0]).unwrap(), written);
    let other = open("b");
    assert_ne!(found(&other), near);
    assert_eq!(caches(&other).len(), 1, "one model, one cache");
    assert_ne!(caches(&other), kept);
    other.drop_embedder();
    assert!(other.embedder().is_none() && found(&other).is_empty());
    let query = Query { text: "house".into(), lang: Some(Lang::En), limit: 5, ..Query::default() };
    assert!(!other.search(&query).unwrap().is_empty(), "the index beside them still serves");
}
