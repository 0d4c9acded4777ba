//! Models on the machine: files imported, told, checked, used and removed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use candle_core::quantized::{GgmlDType, gguf_file::Content};
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_gemma3, quantized_llama, quantized_qwen2, quantized_qwen3};
use orrery::audit::{Auditor, RequestContext};
use orrery::clock::Ambient;
use orrery::llm::local::gguf::Gguf;
use orrery::llm::local::library::{Foundations, Import, Library, Progress};
use orrery::store::Store;
use orrery::store::tables::{Actor, STORE_TABLES};
use serde_json::{Value, json};

use crate::child::{self, acknowledged, say};
use crate::cli::{assert_code, run, stderr, stdout};
use crate::support::Appliance;
use crate::tiny::{ARCHITECTURES, KINDS, Tiny, vocabulary_size};

const OPS: &str = "/v1/ops/models";
const DIR_VARIABLE: &str = "ORRERY_TEST_MODELS_DIR";

fn tiny(seed: u64) -> Vec<u8> {
    Tiny::new("llama", GgmlDType::Q8_0, seed).bytes()
}

fn on(dir: &Path, words: &[&str]) -> std::process::Output {
    run(&[&["model"], words, &["--data-dir", dir.to_str().unwrap()]].concat())
}

#[test]
fn models_are_looked_after_at_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("data");
    assert_code(&run(&["init", "--data-dir", dir.to_str().unwrap(), "--admin-email", "ada@example.org"]), 0);
    let file = home.path().join("Tiny-Llama.gguf");
    fs::write(&file, tiny(1)).unwrap();
    let imported = on(&dir, &["import", file.to_str().unwrap(), "--json"]);
    assert_code(&imported, 0);
    let told: Value = serde_json::from_str(&stdout(&imported)).unwrap();
    assert_eq!((&told["was_there"], &told["model"]["name"]), (&json!(false), &json!("tiny-llama")));
    assert_eq!((&told["model"]["architecture"], &told["model"]["context"]), (&json!("llama"), &json!(512)));
    let again = on(&dir, &["import", file.to_str().unwrap(), "--use"]);
    assert!(stdout(&again).contains("are there already") && stdout(&again).contains("in use        yes"));
    let list = on(&dir, &["list"]);
    assert!(stdout(&list).starts_with("* tiny-llama"), "{}", stdout(&list));
    assert_code(&on(&dir, &["show", "tiny-llama"]), 0);
    assert!(stdout(&on(&dir, &["verify", "tiny-llama"])).contains("tiny-llama is whole"));
    let in_use = on(&dir, &["remove", "tiny-llama"]);
    assert_code(&in_use, 1);
    assert!(stderr(&in_use).contains("in use"), "{}", stderr(&in_use));
    let unknown = on(&dir, &["show", "tiny-lama"]);
    assert_code(&unknown, 2);
    assert!(
        stderr(&unknown).contains("no such model") && stderr(&unknown).contains("tiny-llama"),
        "{}",
        stderr(&unknown)
    );
    fs::write(&file, b"GGUF").unwrap();
    let refused = on(&dir, &["import", file.to_str().unwrap()]);
    assert_code(&refused, 2);
    assert!(stderr(&refused).contains("Tiny-Llama.gguf: a broken GGUF file"), "{}", stderr(&refused));
    let weights = fs::read_dir(dir.join("models")).unwrap().next().unwrap().unwrap().path().join("model.gguf");
    fs::write(weights, b"bad").unwrap();
    assert_code(&on(&dir, &["verify", "tiny-llama"]), 1);
    assert_code(&on(&dir, &["release", "tiny-llama"]), 0);
    assert_code(&on(&dir, &["remove", "tiny-llama"]), 0);
    assert!(fs::read_dir(dir.join("models")).unwrap().next().is_none());
    let audit = run(&["audit", "verify", "--data-dir", dir.to_str().unwrap()]);
    assert!(stdout(&audit).contains("intact"));
}

#[test]
fn operators_look_after_models_over_http() {
    let import_dir = tempfile::tempdir().unwrap();
    let server = Appliance::start(&[("models.import_dir", import_dir.path().to_str().unwrap())]);
    let ops = Some(server.operator());
    let person = server.person();
    let one = format!("{OPS}/one");
    for (method, path) in [
        ("GET", OPS),
        ("POST", OPS),
        ("GET", &one),
        ("DELETE", &one),
        ("POST", &format!("{one}/use")),
        ("POST", &format!("{one}/verify")),
    ] {
        let body = (method == "POST").then(|| json!({"file": "one.gguf"}));
        server.call(method, path, Some(&person), body.as_ref()).error(403, "insufficient_role");
        server.call(method, path, None, body.as_ref()).error(401, "missing_access_token");
    }
    for (name, seed) in [("one.gguf", 1), ("two.gguf", 2)] {
        fs::write(import_dir.path().join(name), tiny(seed)).unwrap();
        let made = server.call("POST", OPS, ops, Some(&json!({"file": name})));
        assert_eq!(made.data(200)["was_there"], false);
    }
    let again = server.call("POST", OPS, ops, Some(&json!({"file": "one.gguf", "name": "uno"})));
    assert_eq!((&again.data(200)["was_there"], &again.data(200)["model"]["name"]), (&json!(true), &json!("one")));
    let told = server.app().models().in_use();
    let used = server.call("POST", &format!("{one}/use"), ops, None);
    assert_eq!(used.data(200)["in_use"], true);
    assert_eq!(told.borrow().chat.as_ref().unwrap().name, "one");
    server.call("DELETE", &one, ops, None).error(409, "model_in_use");
    server.call("POST", &format!("{OPS}/two/use"), ops, None).data(200);
    assert_eq!(told.borrow().chat.as_ref().unwrap().name, "two");
    let list = server.call("GET", OPS, ops, None);
    let in_use: Vec<_> =
        list.data(200)["models"].as_array().unwrap().iter().map(|model| model["in_use"].clone()).collect();
    assert_eq!(in_use, [json!(false), json!(true)]);
    assert_eq!(server.call("POST", &format!("{one}/verify"), ops, None).data(200)["name"], "one");
    assert_eq!(server.call("DELETE", &one, ops, None).data(200)["deleted"], "one");
    server.call("GET", &one, ops, None).error(404, "model_not_found");
    assert_eq!(server.call("POST", &format!("{OPS}/two/release"), ops, None).data(200)["in_use"], false);
    for file in ["../one.gguf", "/etc/hostname", "three.gguf", ""] {
        let refused = server.call("POST", OPS, ops, Some(&json!({"file": file})));
        refused.error(422, "invalid_fields");
        assert_eq!(refused.fields(), ["file"]);
    }
    fs::write(import_dir.path().join("bad.gguf"), &tiny(1)[..1000]).unwrap();
    let refused = server.call("POST", OPS, ops, Some(&json!({"file": "bad.gguf"})));
    refused.error(422, "model_refused");
    assert_eq!(refused.fields(), ["file"]);
    assert_eq!(server.call("GET", OPS, ops, None).data(200)["models"].as_array().unwrap().len(), 1);
}

#[test]
fn each_kind_of_the_generated_files_is_what_it_is_called() {
    for kind in KINDS {
        let gguf = Gguf::read(&mut Cursor::new(Tiny::new("llama", kind, 1).bytes())).unwrap();
        let tensor = gguf.tensor("blk.0.attn_q.weight").unwrap();
        assert_eq!(tensor.kind.name().replace('_', ""), format!("{kind:?}").replace('_', ""));
    }
}

fn library(dir: &Path) -> Library {
    let (store, ambient) = (Store::open(&dir.join("store.redb"), STORE_TABLES).unwrap(), Ambient::system());
    let auditor = Auditor::new([3; 32], ambient.clone());
    let on = Foundations { store, auditor, ambient, dir: dir.join("models"), available_bytes: || None };
    Library::open(on).unwrap()
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
#[ignore = "run by the test that kills it"]
fn imports_and_removes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(DIR_VARIABLE) else { return };
    let dir = Path::new(&dir);
    let library = library(dir);
    let (request, by) = (RequestContext::default(), Actor::Console);
    let quiet: Progress = Arc::new(|_, _| {});
    let first = library.list().unwrap().len() as u64;
    for seed in first.. {
        let path = dir.join("next.gguf");
        fs::write(&path, tiny(seed)).unwrap();
        let name = Some(format!("m{seed}"));
        wait(library.import(&request, &by, Import { path, inside: None, name }, Arc::clone(&quiet))).unwrap();
        say(&format!("ack {seed}"));
    }
}

#[test]
fn a_killed_import_leaves_a_whole_model_or_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged_models = BTreeSet::new();
    for kill in 0..6 {
        let test = "models::imports_and_removes_until_it_is_killed";
        let (mut child, lines) = child::spawn(test, DIR_VARIABLE, dir.path(), Stdio::null());
        // Until at least one is there, and then for a moment that differs each time.
        let mut told = || lines.recv_timeout(Duration::from_mins(2)).unwrap();
        let first = std::iter::repeat_with(&mut told).find_map(|line| acknowledged(&line)).unwrap();
        std::thread::sleep(Duration::from_millis(7 * kill + 1));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged_models.insert(first);
        acknowledged_models.extend(lines.iter().filter_map(|line| acknowledged(&line)));
        let library = library(dir.path());
        let models = library.list().unwrap();
        for seed in &acknowledged_models {
            assert!(
                models.iter().any(|model| model.name == format!("m{seed}")),
                "m{seed} was acknowledged and is gone"
            );
        }
        let quiet: Progress = Arc::new(|_, _| {});
        for model in &models {
            wait(library.verify(&RequestContext::default(), &Actor::Console, &model.name, Arc::clone(&quiet))).unwrap();
        }
        let on_disk = fs::read_dir(dir.path().join("models")).unwrap().count();
        assert_eq!(on_disk, models.len(), "something is left that no row tells of");
    }
    assert!(acknowledged_models.len() >= 6);
}

#[test]
fn the_generated_files_are_read_and_run_by_an_independent_reader() {
    for architecture in ARCHITECTURES {
        for kind in [GgmlDType::Q4_0, GgmlDType::Q8_0, GgmlDType::Q4K] {
            let tiny = Tiny::new(architecture, kind, 1);
            let mut file = Cursor::new(tiny.bytes());
            let content = Content::read(&mut file).unwrap();
            let (input, at) = (Tensor::new(&[[1u32, 2, 3]], &Device::Cpu).unwrap(), &Device::Cpu);
            let logits = match architecture {
                "llama" => quantized_llama::ModelWeights::from_gguf(content, &mut file, at).unwrap().forward(&input, 0),
                "qwen2" => quantized_qwen2::ModelWeights::from_gguf(content, &mut file, at).unwrap().forward(&input, 0),
                "qwen3" => quantized_qwen3::ModelWeights::from_gguf(content, &mut file, at).unwrap().forward(&input, 0),
                _ => quantized_gemma3::ModelWeights::from_gguf(content, &mut file, at).unwrap().forward(&input, 0),
            };
            let logits = logits.unwrap().flatten_all().unwrap().to_dtype(candle_core::DType::F32).unwrap();
            let logits: Vec<f32> = logits.to_vec1().unwrap();
            assert_eq!(logits.len(), vocabulary_size(tiny.words), "{architecture} {kind:?}");
            assert!(logits.iter().all(|logit| logit.is_finite()), "{architecture} {kind:?}");
        }
    }
}
