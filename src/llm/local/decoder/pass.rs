//! P: One pass of a step through the layers: the rows of all chunks share each reading of the weights. Keeps its memory from
//! step to step. Knows neither files nor sequences.

use super::angles::Angles;
use super::shape::Shape;
use super::weights::{Layer, Weights};
use crate::kernels::{
    Attention, Cache, Level, Packed, Pool, Put, Rows, Span, add, gate, matmul, rms_norm, rms_norm_in_place, rotate,
};
use crate::limits::KV_PAGE_POSITIONS;
use crate::llm::local::forward::Chunk;

/// What computes.
#[derive(Clone, Copy)]
pub(super) struct Engine<'a> {
    pub pool: &'a Pool,
    pub level: Level,
    pub shape: &'a Shape,
    pub weights: &'a Weights,
}

/// Memory of a pass.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Angles of layers that see all, and of those with a window.
    angles: [Angles; 2],
    /// What stands for each row between layers.
    state: Vec<f32>,
    input: Rows,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    attended: Vec<f32>,
    gates: Vec<f32>,
    ups: Vec<f32>,
    product: Vec<f32>,
}

impl Scratch {
    /// With these angles.
    pub fn new(angles: [Angles; 2]) -> Self {
        Self { angles, ..Self::default() }
    }
}

/// What some models do to queries and keys before they are turned.
#[derive(Clone, Copy)]
struct Extra<'a> {
    /// Added to a row.
    offset: Option<&'a [f32]>,
    /// Weights of the norm of a head.
    norm: Option<&'a [f32]>,
}

/// Bytes of scratch memory for a row of a pass.
pub(super) const fn row_bytes(shape: &Shape) -> usize {
    let heads = 2 * shape.heads * shape.head + 2 * shape.kv_heads * shape.head;
    // Rows to multiply keep, beside four bytes for a number, two cache lines for 32 of them.
    4 * (2 * shape.embedding + heads + 2 * shape.feed_forward) + 8 * shape.feed_forward
}

impl Engine<'_> {
    /// Runs the chunks, and replaces `logits` by a row for each that wants one.
    pub fn run(self, scratch: &mut Scratch, cache: &mut Cache, chunks: &[Chunk<'_>], logits: &mut Vec<f32>) {
        let mut spans = Vec::with_capacity(chunks.len());
        let mut positions = Vec::new();
        let width = self.shape.embedding;
        scratch.state.clear();
        for chunk in chunks {
            let (rows, start) = (chunk.tokens.len(), chunk.start);
            let pages = (start + rows).div_ceil(KV_PAGE_POSITIONS);
            spans.push(Span { row: positions.len(), rows, start, pages: &chunk.pages[..pages] });
            positions.extend(start..start + rows);
            for token in chunk.tokens {
                let at = scratch.state.len();
                scratch.state.resize(at + width, 0.0);
                self.weights.embedding.row(*token as usize, &mut scratch.state[at..]);
            }
        }
        let scale = self.shape.embedding_scale();
        if scale != 1.0 {
            scratch.state.iter_mut().for_each(|value| *value *= scale);
        }
        scratch.angles.iter_mut().for_each(|angles| angles.fill(&positions));
        for (number, layer) in self.weights.layers.iter().enumerate() {
            self.attention(scratch, cache, number, layer, &spans);
            self.feed_forward(scratch, layer);
        }
        let wanted: Vec<usize> = chunks
            .iter()
            .zip(&spans)
            .filter(|(chunk, _)| chunk.wants_logits)
            .map(|(_, span)| span.row + span.rows - 1)
            .collect();
        self.logits(scratch, &wanted, logits);
    }

    fn attention(self, scratch: &mut Scratch, cache: &mut Cache, number: usize, layer: &Layer, spans: &[Span<'_>]) {
        let Self { pool, level, shape, .. } = self;
        let Scratch { angles, state, input, queries, keys, values, attended, product, .. } = scratch;
        let rows = state.len() / shape.embedding;
        self.norm(state, &layer.attention_norm, input);
        queries.resize(rows * layer.query.rows(), 0.0);
        keys.resize(rows * layer.key.rows(), 0.0);
        values.resize(rows * layer.value.rows(), 0.0);
        let products = [
            (&layer.query, &mut **queries, Put::Set),
            (&layer.key, &mut **keys, Put::Set),
            (&layer.value, &mut **values, Put::Set),
        ];
        matmul(pool, level, input, products);
        let window = shape.window(number);
        let angles = &angles[usize::from(window.is_some())];
        let some = pool.at_once(rows);
        let parts = queries.chunks_mut(some * layer.query.rows()).zip(keys.chunks_mut(some * layer.key.rows()));
        let parts = parts.zip(values.chunks_mut(some * layer.value.rows())).enumerate();
        pool.each(parts, |(part, ((queries, keys), values))| {
            let first = part * some;
            let extra = Extra { offset: layer.query_offset.as_deref(), norm: layer.query_norm.as_deref() };
            self.finish(angles, first, shape.heads, queries, extra);
            let extra = Extra { offset: layer.key_offset.as_deref(), norm: layer.key_norm.as_deref() };
            self.finish(angles, first, shape.kv_heads, keys, extra);
            if let Some(offset) = &layer.value_offset {
                values.chunks_exact_mut(offset.len()).for_each(|row| add(level, row, offset));
            }
        });
        cache.write(pool, level, number, spans, keys, values);
        let width = shape.heads * shape.head;
        attended.resize(rows * width, 0.0);
        let attention = Attention {
            layer: number,
            heads: shape.heads,
            scale: shape.attention_scale,
            window,
            softcap: shape.attention_cap,
        };
        cache.attend(pool, level, attention, spans, queries, attended);
        input.fill(pool, level, rows, width, |row, to| to.copy_from_slice(&attended[row * width..][..width]));
        self.onto(state, input, &layer.output, layer.after_attention_norm.as_deref(), product);
    }

    /// Offset, norm and rotation of queries or keys; `first` is the row of the first, `heads` how many each row has.
    fn finish(self, angles: &Angles, first: usize, heads: usize, rows: &mut [f32], extra: Extra<'_>) {
        let Self { level, shape, .. } = self;
        for (at, row) in rows.chunks_exact_mut(heads * shape.head).enumerate() {
            if let Some(offset) = extra.offset {
                add(level, row, offset);
            }
            let (cosines, sines) = angles.line(first + at);
            for head in row.chunks_exact_mut(shape.head) {
                if let Some(norm) = extra.norm {
                    rms_norm_in_place(level, head, norm, shape.epsilon);
                }
                rotate(shape.rotation.pairs, head, cosines, sines);
            }
        }
    }

    fn feed_forward(self, scratch: &mut Scratch, layer: &Layer) {
        let Self { pool, level, shape, .. } = self;
        let Scratch { state, input, gates, ups, product, .. } = scratch;
        let (rows, width) = (state.len() / shape.embedding, shape.feed_forward);
        self.norm(state, &layer.feed_forward_norm, input);
        gates.resize(rows * width, 0.0);
        ups.resize(rows * width, 0.0);
        matmul(pool, level, input, [(&layer.gate, &mut **gates, Put::Set), (&layer.up, &mut **ups, Put::Set)]);
        input.fill(pool, level, rows, width, |row, to| {
            let at = row * width..(row + 1) * width;
            gate(level, shape.gate(), &gates[at.clone()], &ups[at], to);
        });
        self.onto(state, input, &layer.down, layer.after_feed_forward_norm.as_deref(), product);
    }

    /// Norms each row of the state into `to`.
    fn norm(self, state: &[f32], weight: &[f32], to: &mut Rows) {
        let width = self.shape.embedding;
        to.fill(self.pool, self.level, state.len() / width, width, |row, to| {
            rms_norm(self.level, &state[row * width..][..width], weight, self.shape.epsilon, to);
        });
    }

    /// Adds a product, normed where there is a norm, to the state.
    fn onto(self, state: &mut [f32], input: &Rows, weights: &Packed, norm: Option<&[f32]>, product: &mut Vec<f32>) {
        let Self { pool, level, shape, .. } = self;
        let Some(norm) = norm else { return matmul(pool, level, input, [(weights, state, Put::Add)]) };
        product.resize(state.len(), 0.0);
        matmul(pool, level, input, [(weights, &mut **product, Put::Set)]);
        let width = shape.embedding;
        let some = pool.at_once(input.count()) * width;
        pool.each(state.chunks_mut(some).zip(product.chunks_mut(some)), |(state, product)| {
            for (state, product) in state.chunks_exact_mut(width).zip(product.chunks_exact_mut(width)) {
                rms_norm_in_place(level, product, norm, shape.epsilon);
                add(level, state, product);
            }
        });
    }

    fn logits(self, scratch: &mut Scratch, wanted: &[usize], logits: &mut Vec<f32>) {
        let Self { pool, level, shape, weights } = self;
        let Scratch { state, input, .. } = scratch;
        logits.resize(wanted.len() * shape.vocabulary, 0.0);
        if wanted.is_empty() {
            return;
        }
        let width = shape.embedding;
        input.fill(pool, level, wanted.len(), width, |row, to| {
            rms_norm(level, &state[wanted[row] * width..][..width], &weights.output_norm, shape.epsilon, to);
        });
        let output = weights.output.as_ref().unwrap_or(&weights.embedding);
        matmul(pool, level, input, [(output, &mut **logits, Put::Set)]);
        if let Some(cap) = shape.logit_cap {
            for logit in logits {
                *logit = cap * (*logit / cap).tanh();
            }
        }
    }
}
