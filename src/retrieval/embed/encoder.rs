//! A: The encoder: tokens of sentences in, one row for each sentence out. Sentences of a batch lie one behind the other in
//! one table without padding; each thread computes a share of its rows. Reads no text.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::thread;

use super::EmbedError;
use super::settings::{Pooling, Shape};
use super::weights::Weights;
use crate::kernels::float::{self, Isa, Out, Panels, Rows};

/// Rows that go through a layer together: what stands between the products then stays in a core's own cache.
const TILE_ROWS: usize = 84;

/// A product with its bias.
#[derive(Debug)]
struct Linear {
    panels: Panels,
    bias: Vec<f32>,
}

/// Gain and shift of a norm.
#[derive(Debug)]
struct Norm {
    gain: Vec<f32>,
    shift: Vec<f32>,
}

#[derive(Debug)]
struct Layer {
    /// Queries, keys and values in one product.
    qkv: Linear,
    attended: Linear,
    attended_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

/// A model in memory.
#[derive(Debug)]
pub struct Encoder {
    shape: Shape,
    isa: Isa,
    words: Vec<f32>,
    positions: Vec<f32>,
    segment: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

/// Reads tensors under the names that the families share.
struct Loader<'a> {
    weights: &'a mut Weights,
    prefix: &'static str,
    isa: Isa,
}

impl Loader<'_> {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EmbedError> {
        self.weights.read(&format!("{}{name}", self.prefix), shape)
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<Norm, EmbedError> {
        // Old files call them by their letters.
        let is_old = self.weights.has(&format!("{}{name}.gamma", self.prefix));
        let (gain, shift) = if is_old { ("gamma", "beta") } else { ("weight", "bias") };
        Ok(Norm {
            gain: self.tensor(&format!("{name}.{gain}"), &[width])?,
            shift: self.tensor(&format!("{name}.{shift}"), &[width])?,
        })
    }

    /// Products with the same left side, side by side.
    fn linear(&mut self, names: &[String], columns: usize, depth: usize) -> Result<Linear, EmbedError> {
        let (mut weight, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            weight.extend(self.tensor(&format!("{name}.weight"), &[columns, depth])?);
            bias.extend(self.tensor(&format!("{name}.bias"), &[columns])?);
        }
        let mut panels = Panels::new(self.isa);
        panels.fill_columns(weight.chunks_exact(depth), depth);
        Ok(Linear { panels, bias })
    }

    fn layer(&mut self, index: usize, shape: &Shape) -> Result<Layer, EmbedError> {
        let name = |part: &str| format!("encoder.layer.{index}.{part}");
        let (hidden, middle) = (shape.hidden, shape.middle);
        let qkv = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        Ok(Layer {
            qkv: self.linear(&qkv, hidden, hidden)?,
            attended: self.linear(&[name("attention.output.dense")], hidden, hidden)?,
            attended_norm: self.norm(&name("attention.output.LayerNorm"), hidden)?,
            up: self.linear(&[name("intermediate.dense")], middle, hidden)?,
            down: self.linear(&[name("output.dense")], hidden, middle)?,
            norm: self.norm(&name("output.LayerNorm"), hidden)?,
        })
    }
}

impl Encoder {
    /// Reads every tensor that the shape asks for.
    ///
    /// # Errors
    /// One is not there or has another shape.
    pub fn load(shape: Shape, weights: &mut Weights, isa: Isa) -> Result<Self, EmbedError> {
        const WORDS: &str = "embeddings.word_embeddings.weight";
        let prefixes = ["", "bert.", "roberta.", "0.auto_model."];
        let prefix = prefixes.into_iter().find(|prefix| weights.has(&format!("{prefix}{WORDS}"))).unwrap_or("");
        let mut loader = Loader { weights, prefix, isa };
        let hidden = shape.hidden;
        let words = loader.tensor(WORDS, &[shape.vocabulary, hidden])?;
        let positions = loader.tensor("embeddings.position_embeddings.weight", &[shape.positions, hidden])?;
        let mut segment = loader.tensor("embeddings.token_type_embeddings.weight", &[shape.segments, hidden])?;
        segment.truncate(hidden);
        let norm = loader.norm("embeddings.LayerNorm", hidden)?;
        let layers = (0..shape.layers).map(|index| loader.layer(index, &shape)).collect::<Result<_, _>>()?;
        Ok(Self { shape, isa, words, positions, segment, norm, layers })
    }

    /// Numbers of a sentence's row.
    pub const fn width(&self) -> usize {
        self.shape.hidden
    }

    /// One row of length 1 for each sentence, by `threads` threads. Sentences have 1 token or more, none more than the model
    /// has positions, and every token is below [`Shape::vocabulary`].
    pub fn encode(&self, sentences: &[&[u32]], pooling: Pooling, threads: usize) -> Vec<Vec<f32>> {
        let mut starts = vec![0];
        for sentence in sentences {
            starts.push(starts.last().copied().unwrap_or(0) + sentence.len());
        }
        let total = starts.last().copied().unwrap_or(0);
        // Fewer rows than a block are no work to share.
        let parts = threads.clamp(1, total.div_ceil(8).max(1));
        let pass = Pass {
            model: self,
            sentences,
            starts,
            parts,
            gate: Gate { parts, ..Gate::default() },
            heads: Heads::new(parts),
        };
        let mut shares: Vec<Vec<f32>> = Vec::with_capacity(parts);
        thread::scope(|scope| {
            let others: Vec<_> = (1..parts)
                .map(|part| {
                    scope.spawn({
                        let pass = &pass;
                        move || pass.run(part)
                    })
                })
                .collect();
            shares.push(pass.run(0));
            shares.extend(others.into_iter().map(|other| other.join().unwrap_or_default()));
        });
        self.pool(&shares.concat(), &pass.starts, pooling)
    }

    fn pool(&self, rows: &[f32], starts: &[usize], pooling: Pooling) -> Vec<Vec<f32>> {
        let hidden = self.shape.hidden;
        let one = |ends: &[usize]| {
            let of = &rows[ends[0] * hidden..ends[1] * hidden];
            let mut sum = vec![0.0_f32; hidden];
            let counted = if pooling == Pooling::First { 1 } else { ends[1] - ends[0] };
            for row in of.chunks_exact(hidden).take(counted) {
                for (sum, x) in sum.iter_mut().zip(row) {
                    *sum += x;
                }
            }
            // The length of a mean and that of its sum point the same way.
            let length = float::dot(self.isa, &sum, &sum).sqrt().max(f32::MIN_POSITIVE);
            for x in &mut sum {
                *x /= length;
            }
            sum
        };
        starts.windows(2).map(one).collect()
    }
}

/// Queries, keys and values of a layer, a table for each part; those of the next layer go elsewhere, since another part may
/// still read these.
struct Heads([Vec<RwLock<Vec<f32>>>; 2]);

impl Heads {
    fn new(parts: usize) -> Self {
        Self(std::array::from_fn(|_| (0..parts).map(|_| RwLock::default()).collect()))
    }
}

/// Turns of waiting before a thread lets others have its processor: parts end within microseconds of each other, unless
/// there are fewer processors than parts.
const SPINS_MAX: usize = 10_000;

/// Where every part waits for the last one.
#[derive(Default)]
struct Gate {
    parts: usize,
    arrived: AtomicUsize,
    round: AtomicUsize,
}

impl Gate {
    fn wait(&self) {
        let round = self.round.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.parts {
            self.arrived.store(0, Ordering::Relaxed);
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut spins = 0;
        while self.round.load(Ordering::Acquire) == round {
            spins += 1;
            if spins < SPINS_MAX { spin_loop() } else { thread::yield_now() }
        }
    }
}

/// One batch on its way.
struct Pass<'a> {
    model: &'a Encoder,
    sentences: &'a [&'a [u32]],
    /// Row of the first token of each sentence, and the number of rows.
    starts: Vec<usize>,
    parts: usize,
    gate: Gate,
    heads: Heads,
}

/// Room for what stands between the products.
struct Room {
    context: Vec<f32>,
    tile: Vec<f32>,
    middle: Vec<f32>,
    scores: Vec<f32>,
    keys: Panels,
    values: Panels,
}

impl Pass<'_> {
    /// First row of a part; that of the part behind the last is the number of rows.
    fn first(&self, part: usize) -> usize {
        self.starts.last().copied().unwrap_or(0) * part / self.parts
    }

    /// The rows of a part after the last layer.
    fn run(&self, part: usize) -> Vec<f32> {
        let (model, shape) = (self.model, &self.model.shape);
        let (first, end) = (self.first(part), self.first(part + 1));
        let (count, hidden) = (end - first, shape.hidden);
        let mut rows = self.embedded(first, end);
        let mut room = Room {
            context: vec![0.0; count * hidden],
            tile: vec![0.0; TILE_ROWS * hidden],
            middle: vec![0.0; TILE_ROWS * shape.middle],
            scores: Vec::new(),
            keys: Panels::new(model.isa),
            values: Panels::new(model.isa),
        };
        for (index, layer) in model.layers.iter().enumerate() {
            let heads = &self.heads.0[index % 2];
            if let Some(own) = heads.get(part) {
                let mut own = own.write().unwrap_or_else(PoisonError::into_inner);
                own.resize(count * 3 * hidden, 0.0);
                for (rows, own) in rows.chunks(TILE_ROWS * hidden).zip(own.chunks_mut(TILE_ROWS * 3 * hidden)) {
                    linear(&layer.qkv, rows, hidden, own, 3 * hidden);
                }
            }
            self.gate.wait();
            let heads: Vec<_> =
                heads.iter().map(|heads| heads.read().unwrap_or_else(PoisonError::into_inner)).collect();
            self.attend(part, &heads, &mut room);
            drop(heads);
            for (rows, context) in rows.chunks_mut(TILE_ROWS * hidden).zip(room.context.chunks(TILE_ROWS * hidden)) {
                layer.rest(model, rows, context, &mut room.tile, &mut room.middle);
            }
        }
        rows
    }

    /// Rows of tokens before the first layer.
    fn embedded(&self, first: usize, end: usize) -> Vec<f32> {
        let (model, hidden) = (self.model, self.model.shape.hidden);
        let mut rows = Vec::with_capacity((end - first) * hidden);
        let row_of = |table: &'_ [f32], row: usize| -> Vec<f32> { table[row * hidden..(row + 1) * hidden].to_vec() };
        for (sentence, start) in self.sentences.iter().zip(&self.starts) {
            for (at, token) in sentence.iter().enumerate() {
                if !(first..end).contains(&(start + at)) {
                    continue;
                }
                let mut row = row_of(&model.words, *token as usize);
                let position = row_of(&model.positions, model.shape.first_position + at);
                for (x, segment) in row.iter_mut().zip(&model.segment) {
                    *x += segment;
                }
                float::add_norm(model.isa, &mut row, &position, &model.norm.gain, &model.norm.shift, model.shape.eps);
                rows.extend(row);
            }
        }
        rows
    }

    /// What each row of this part attends to, into `room.context`.
    fn attend(&self, part: usize, heads: &[RwLockReadGuard<'_, Vec<f32>>], room: &mut Room) {
        let shape = &self.model.shape;
        let (hidden, stride) = (shape.hidden, 3 * shape.hidden);
        let width = hidden / shape.heads;
        let (first, end) = (self.first(part), self.first(part + 1));
        // Every row of the batch, whichever part computed it.
        let row = |row: usize| {
            let of = (row * self.parts).checked_div(self.first(self.parts)).unwrap_or(0);
            // The share of a row may be rounded into the next part.
            let of = if row >= self.first(of + 1) { of + 1 } else { of };
            &heads[of][(row - self.first(of)) * stride..][..stride]
        };
        let scale = 1.0 / (width as f32).sqrt();
        for ends in self.starts.windows(2) {
            let (from, to) = (ends[0].max(first), ends[1].min(end));
            if from >= to {
                continue;
            }
            let sentence: Vec<&[f32]> = (ends[0]..ends[1]).map(row).collect();
            let length = sentence.len();
            for head in (0..hidden).step_by(width) {
                let of = |from: usize| sentence.iter().map(move |row| &row[from..from + width]);
                room.keys.fill_columns(of(hidden + head), width);
                room.values.fill_rows(of(2 * hidden + head), width);
                for from in (from..to).step_by(TILE_ROWS) {
                    let count = TILE_ROWS.min(to - from);
                    room.scores.resize(count * length, 0.0);
                    let queries = &heads[part][(from - first) * stride + head..];
                    let queries = Rows { numbers: queries, stride, count };
                    float::multiply(queries, &room.keys, None, &mut Out { numbers: &mut room.scores, stride: length });
                    for scores in room.scores.chunks_exact_mut(length) {
                        float::softmax(self.model.isa, scores, scale);
                    }
                    let weights = Rows { numbers: &room.scores, stride: length, count };
                    let out = &mut room.context[(from - first) * hidden + head..];
                    float::multiply(weights, &room.values, None, &mut Out { numbers: out, stride: hidden });
                }
            }
        }
    }
}

/// Multiplies all rows that `rows` has.
fn linear(linear: &Linear, rows: &[f32], depth: usize, out: &mut [f32], stride: usize) {
    let rows = Rows { numbers: rows, stride: depth, count: rows.len() / depth };
    float::multiply(rows, &linear.panels, Some(&linear.bias), &mut Out { numbers: out, stride });
}

fn add_norms(model: &Encoder, rows: &mut [f32], more: &[f32], norm: &Norm) {
    let hidden = model.shape.hidden;
    for (row, more) in rows.chunks_exact_mut(hidden).zip(more.chunks_exact(hidden)) {
        float::add_norm(model.isa, row, more, &norm.gain, &norm.shift, model.shape.eps);
    }
}

impl Layer {
    /// What follows attention, which no row shares with another.
    fn rest(&self, model: &Encoder, rows: &mut [f32], context: &[f32], tile: &mut [f32], middle: &mut [f32]) {
        let (hidden, wide) = (model.shape.hidden, model.shape.middle);
        let count = rows.len() / hidden;
        linear(&self.attended, context, hidden, tile, hidden);
        add_norms(model, rows, tile, &self.attended_norm);
        let middle = &mut middle[..count * wide];
        linear(&self.up, rows, hidden, middle, wide);
        float::gelu(model.isa, middle);
        linear(&self.down, middle, wide, tile, hidden);
        add_norms(model, rows, tile, &self.norm);
    }
}
