//! A: The values of a GGUF file, one after the other, each length held against what is left of the file.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};

use super::{GgufError, MAGIC, Tensor, TensorKind, Value};
use crate::limits::{GGUF_DIMENSIONS_MAX, GGUF_ENTRIES_MAX, GGUF_KEY_MAX_BYTES, GGUF_TEXT_MAX_BYTES};

type Result<T> = std::result::Result<T, GgufError>;

/// Reads forward and knows how much is left.
pub(super) struct Reader<R: Read> {
    inner: BufReader<R>,
    at: u64,
    file_bytes: u64,
}

fn malformed(what: impl Into<String>) -> GgufError {
    GgufError::Malformed(what.into())
}

impl<R: Read> Reader<R> {
    pub(super) fn new(inner: R, file_bytes: u64) -> Self {
        Self { inner: BufReader::with_capacity(1 << 16, inner), at: 0, file_bytes }
    }

    /// Bytes read so far.
    pub(super) const fn at(&self) -> u64 {
        self.at
    }

    /// Refuses a length that the file cannot hold, before anything is allocated for it.
    fn claim(&self, items: u64, each: u64, what: &str) -> Result<usize> {
        let left = self.file_bytes.saturating_sub(self.at);
        match items.checked_mul(each) {
            Some(bytes) if bytes <= left => Ok(items as usize),
            _ => Err(malformed(format!("{what} at byte {} claims {items} items, and {left} bytes are left", self.at))),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.claim(N as u64, 1, "a value")?;
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn text(&mut self, most_bytes: u64, what: &str) -> Result<String> {
        let length = self.u64()?;
        if length > most_bytes {
            return Err(malformed(format!("{what} at byte {} is {length} bytes, at most {most_bytes}", self.at)));
        }
        let mut bytes = vec![0; self.claim(length, 1, what)?];
        self.inner.read_exact(&mut bytes)?;
        self.at += length;
        String::from_utf8(bytes).map_err(|_| malformed(format!("{what} before byte {} is no UTF-8", self.at)))
    }

    /// Magic and version.
    pub(super) fn head(&mut self) -> Result<u32> {
        if self.file_bytes < MAGIC.len() as u64 {
            return Err(malformed(format!("{} bytes are too few", self.file_bytes)));
        }
        let magic = self.array()?;
        if magic != MAGIC {
            return Err(GgufError::Magic(magic));
        }
        match self.u32()? {
            version @ (2 | 3) => Ok(version),
            1 => Err(GgufError::Unsupported("version 1 of the format; convert it to version 3".into())),
            version if matches!(version.swap_bytes(), 1..=3) => {
                Err(GgufError::Unsupported("a big-endian file; little-endian ones are read".into()))
            }
            version => Err(GgufError::Unsupported(format!("version {version} of the format; 2 and 3 are read"))),
        }
    }

    /// How many of something follow.
    pub(super) fn count(&mut self, what: &str) -> Result<u64> {
        let count = self.u64()?;
        if count > GGUF_ENTRIES_MAX {
            return Err(malformed(format!("{count} {what}, at most {GGUF_ENTRIES_MAX}")));
        }
        Ok(count)
    }

    pub(super) fn metadata(&mut self, count: u64) -> Result<BTreeMap<String, Value>> {
        let mut metadata = BTreeMap::new();
        for _ in 0..count {
            let key = self.text(GGUF_KEY_MAX_BYTES, "a key")?;
            let kind = self.u32()?;
            let value = self.value(kind, &key)?;
            if metadata.insert(key.clone(), value).is_some() {
                return Err(malformed(format!("the key `{key}` stands twice")));
            }
        }
        Ok(metadata)
    }

    fn value(&mut self, kind: u32, key: &str) -> Result<Value> {
        Ok(match kind {
            6 => Value::Float(f64::from(f32::from_le_bytes(self.array()?))),
            7 => Value::Bool(self.truth(key)?),
            8 => Value::Text(self.text(GGUF_TEXT_MAX_BYTES, key)?),
            9 => self.list(key)?,
            12 => Value::Float(f64::from_le_bytes(self.array()?)),
            0 | 2 | 4 | 10 => Value::Unsigned(self.whole(kind)? as u64),
            1 | 3 | 5 | 11 => Value::Signed(self.whole(kind)? as i64),
            other => return Err(malformed(format!("`{key}` has the unknown value type {other}"))),
        })
    }

    /// A whole number of one of the eight whole types.
    fn whole(&mut self, kind: u32) -> Result<i128> {
        Ok(match kind {
            0 => i128::from(u8::from_le_bytes(self.array()?)),
            1 => i128::from(i8::from_le_bytes(self.array()?)),
            2 => i128::from(u16::from_le_bytes(self.array()?)),
            3 => i128::from(i16::from_le_bytes(self.array()?)),
            4 => i128::from(self.u32()?),
            5 => i128::from(i32::from_le_bytes(self.array()?)),
            10 => i128::from(self.u64()?),
            _ => i128::from(i64::from_le_bytes(self.array()?)),
        })
    }

    fn truth(&mut self, key: &str) -> Result<bool> {
        match self.array::<1>()?[0] {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(malformed(format!("`{key}` has the truth value {other}, expected 0 or 1"))),
        }
    }

    fn list(&mut self, key: &str) -> Result<Value> {
        let (kind, length) = (self.u32()?, self.u64()?);
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            // A text is at least its own length.
            8 | 10..=12 => 8,
            9 => return Err(GgufError::Unsupported(format!("`{key}` is a list of lists"))),
            other => return Err(malformed(format!("`{key}` is a list of the unknown value type {other}"))),
        };
        let length = self.claim(length, width, key)?;
        Ok(match kind {
            6 => Value::Floats(self.each(length, |r| Ok(f32::from_le_bytes(r.array()?)))?),
            7 => Value::Bools(self.each(length, |r| r.truth(key))?),
            8 => Value::Texts(self.each(length, |r| r.text(GGUF_TEXT_MAX_BYTES, key))?),
            12 => Value::Floats(self.each(length, |r| Ok(f64::from_le_bytes(r.array()?) as f32))?),
            _ => Value::Integers(self.each(length, |r| {
                let number = r.whole(kind)?;
                i64::try_from(number).map_err(|_| malformed(format!("`{key}` holds {number}, past 2^63")))
            })?),
        })
    }

    fn each<T>(&mut self, length: usize, read: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        (0..length).map(|_| read(self)).collect()
    }

    /// The table of tensors; `start` still counts from the first tensor.
    pub(super) fn tensors(&mut self, count: u64) -> Result<Vec<Tensor>> {
        (0..count).map(|_| self.tensor()).collect()
    }

    fn tensor(&mut self) -> Result<Tensor> {
        let name = self.text(GGUF_KEY_MAX_BYTES, "the name of a tensor")?;
        let broken = |why: String| malformed(format!("tensor `{name}` {why}"));
        let dimensions = self.u32()?;
        if !(1..=GGUF_DIMENSIONS_MAX).contains(&dimensions) {
            return Err(broken(format!("has {dimensions} sizes, expected 1 to {GGUF_DIMENSIONS_MAX}")));
        }
        let dims: Vec<u64> = self.each(dimensions as usize, Self::u64)?;
        let number = self.u32()?;
        let start = self.u64()?;
        let kind = TensorKind::from_number(number)
            .ok_or_else(|| GgufError::Unsupported(format!("tensor `{name}` is stored as ggml type {number}")))?;
        let elements = dims.iter().try_fold(1u64, |product, size| product.checked_mul(*size));
        let Some(elements) = elements.filter(|elements| *elements > 0) else {
            return Err(broken(format!("has the sizes {dims:?}")));
        };
        let block = kind.block_elements() as u64;
        if !dims[0].is_multiple_of(block) {
            return Err(broken(format!("has rows of {}, and {} has blocks of {block}", dims[0], kind.name())));
        }
        let bytes = (elements / block).checked_mul(kind.block_bytes() as u64);
        let bytes = bytes.ok_or_else(|| broken("is larger than any file".into()))?;
        Ok(Tensor { name, kind, dims, start, bytes })
    }
}
