//! A: The GGUF file format (ggml-org, `docs/gguf.md`, versions 2 and 3, little-endian): metadata, the table of tensors and
//! their bytes. Trusts no length: each is held against what is left of the file before anything is allocated for it, and
//! every tensor lies inside the file, apart from the others. Interprets no metadata and runs no model.

mod reader;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

pub use crate::kernels::TensorKind;
use reader::Reader;

/// The first four bytes of a file.
pub const MAGIC: [u8; 4] = *b"GGUF";
/// Where tensors begin when the metadata does not say: multiples of this many bytes.
const ALIGNMENT: u64 = 32;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    /// The file could not be read at all.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
    /// It is none of this format.
    #[error("not a GGUF file: it begins with {0:02x?}, expected {MAGIC:02x?} (`GGUF`)")]
    Magic([u8; 4]),
    /// It is of this format and breaks it.
    #[error("a broken GGUF file: {0}")]
    Malformed(String),
    /// It is whole, and holds what this program does not read.
    #[error("a GGUF file that cannot be used here: {0}")]
    Unsupported(String),
}

/// A value of the metadata; numbers in their widest form.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An unsigned number.
    Unsigned(u64),
    /// A signed number.
    Signed(i64),
    /// A floating-point number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Text.
    Text(String),
    /// Whole numbers of any width.
    Integers(Vec<i64>),
    /// Floating-point numbers.
    Floats(Vec<f32>),
    /// Truth values.
    Bools(Vec<bool>),
    /// Texts, such as a vocabulary.
    Texts(Vec<String>),
}

/// One tensor of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Name, e.g. `blk.0.attn_q.weight`.
    pub name: String,
    /// How its elements are stored.
    pub kind: TensorKind,
    /// Sizes, the fastest-running first, as the file has them: a matrix is `[columns, rows]`.
    pub dims: Vec<u64>,
    /// Where it begins, in bytes from the start of the file.
    pub start: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

impl Tensor {
    /// Number of elements.
    pub fn elements(&self) -> u64 {
        self.dims.iter().product()
    }

    /// Length of a row: the fastest-running size.
    pub fn columns(&self) -> usize {
        self.dims[0] as usize
    }

    /// Number of rows: the product of the other sizes.
    pub fn rows(&self) -> usize {
        self.dims[1..].iter().product::<u64>() as usize
    }
}

/// What a file says of itself and of its tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Gguf {
    /// Version of the format.
    pub version: u32,
    /// The metadata.
    pub metadata: BTreeMap<String, Value>,
    /// The tensors, by name.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Gguf {
    /// Reads the head of a file, and holds every tensor against the file's length.
    ///
    /// # Errors
    /// [`GgufError`]: what is wrong, and where.
    pub fn read(source: &mut (impl Read + Seek)) -> Result<Self, GgufError> {
        let bytes = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let mut reader = Reader::new(source, bytes);
        let version = reader.head()?;
        let (tensors, keys) = (reader.count("tensors")?, reader.count("metadata entries")?);
        let metadata = reader.metadata(keys)?;
        let alignment = alignment(&metadata)?;
        let mut table = reader.tensors(tensors)?;
        let start = reader.at().next_multiple_of(alignment);
        place(&mut table, start, alignment, bytes)?;
        let count = table.len();
        let tensors: BTreeMap<_, _> = table.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        if tensors.len() != count {
            return Err(GgufError::Malformed("two tensors have the same name".into()));
        }
        Ok(Self { version, metadata, tensors })
    }

    /// A tensor by name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// The bytes of a tensor of this file.
    ///
    /// # Errors
    /// The file cannot be read, or has become shorter.
    pub fn load(&self, source: &mut (impl Read + Seek), tensor: &Tensor) -> io::Result<Vec<u8>> {
        source.seek(SeekFrom::Start(tensor.start))?;
        let mut bytes = vec![0; tensor.bytes as usize];
        source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A text of the metadata.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number of the metadata that is not negative.
    pub fn unsigned(&self, key: &str) -> Option<u64> {
        match self.metadata.get(key)? {
            Value::Unsigned(number) => Some(*number),
            Value::Signed(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A number of the metadata.
    pub fn float(&self, key: &str) -> Option<f64> {
        match self.metadata.get(key)? {
            Value::Float(number) => Some(*number),
            Value::Unsigned(number) => Some(*number as f64),
            Value::Signed(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// A truth value of the metadata.
    pub fn bool(&self, key: &str) -> Option<bool> {
        match self.metadata.get(key)? {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The texts of a list in the metadata.
    pub fn texts(&self, key: &str) -> Option<&[String]> {
        match self.metadata.get(key)? {
            Value::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// The floats of a list in the metadata.
    pub fn floats(&self, key: &str) -> Option<&[f32]> {
        match self.metadata.get(key)? {
            Value::Floats(numbers) => Some(numbers),
            _ => None,
        }
    }

    /// The whole numbers of a list in the metadata.
    pub fn integers(&self, key: &str) -> Option<&[i64]> {
        match self.metadata.get(key)? {
            Value::Integers(numbers) => Some(numbers),
            _ => None,
        }
    }
}

fn alignment(metadata: &BTreeMap<String, Value>) -> Result<u64, GgufError> {
    match metadata.get("general.alignment") {
        None => Ok(ALIGNMENT),
        Some(Value::Unsigned(bytes)) if (8..=4096).contains(bytes) && bytes.is_power_of_two() => Ok(*bytes),
        Some(other) => {
            Err(GgufError::Malformed(format!("`general.alignment` is {other:?}, expected a power of two in 8..=4096")))
        }
    }
}

/// Turns offsets into places in the file; none may leave it, stand unaligned, or share a byte with another.
fn place(table: &mut [Tensor], start: u64, alignment: u64, file_bytes: u64) -> Result<(), GgufError> {
    for tensor in &mut *table {
        let broken = |why: &str| GgufError::Malformed(format!("tensor `{}` {why}", tensor.name));
        if !tensor.start.is_multiple_of(alignment) {
            return Err(broken(&format!("begins at {}, no multiple of {alignment}", tensor.start)));
        }
        let begin = tensor.start.checked_add(start).ok_or_else(|| broken("begins past any file"))?;
        let end = begin.checked_add(tensor.bytes).ok_or_else(|| broken("ends past any file"))?;
        if end > file_bytes {
            return Err(broken(&format!("ends at byte {end}, and the file has {file_bytes}: is it cut short?")));
        }
        tensor.start = begin;
    }
    let mut order: Vec<&Tensor> = table.iter().collect();
    order.sort_by_key(|tensor| tensor.start);
    for pair in order.windows(2) {
        if pair[0].start + pair[0].bytes > pair[1].start {
            return Err(GgufError::Malformed(format!("tensors `{}` and `{}` overlap", pair[0].name, pair[1].name)));
        }
    }
    Ok(())
}
