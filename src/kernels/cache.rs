//! P: Cached keys and values in pages, and attention over them. Numbers are kept in IEEE half precision. In a page, keys
//! stand by dimension, so that the scores of all its positions are computed side by side; values stand by position. Knows
//! neither sequences nor who a page belongs to.

#![expect(unsafe_code, reason = "vector instructions, and threads that write different heads of the same rows")]
#![expect(clippy::missing_panics_doc, reason = "a size that does not fit is a bug, as the head of `kernels` says")]

use super::buffer::Buffer;
use super::lanes::{Lanes, unroll};
use super::level::{Level, Task};
use super::pool::Pool;
use super::vector::Exponentials;
use crate::limits::KV_PAGE_POSITIONS;

/// What half precision reaches; what lies beyond is cut off rather than made infinite.
const HALF_MAX: f32 = 65_504.0;
/// Queries that meet a page together.
const UNIT: usize = 4;
/// What values are padded to: vectors of every level divide it.
const PAD: usize = 32;

/// Sizes of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheShape {
    /// Layers of the model.
    pub layers: usize,
    /// Pages of [`KV_PAGE_POSITIONS`] positions.
    pub pages: usize,
    /// Heads of keys and values.
    pub heads: usize,
    /// Length of a key and of a value.
    pub width: usize,
}

impl CacheShape {
    /// Numbers of a head of a page: its keys, and its values behind them.
    const fn head(self) -> usize {
        KV_PAGE_POSITIONS * (self.width + self.width.next_multiple_of(PAD))
    }

    /// Bytes of memory that such a cache takes when all of it is in use.
    pub const fn bytes(self) -> usize {
        2 * self.layers * self.pages * self.heads * self.head()
    }

    /// Where a head of a page begins.
    const fn at(self, layer: usize, page: usize, head: usize) -> usize {
        ((layer * self.pages + page) * self.heads + head) * self.head()
    }
}

/// Cached keys and values.
pub struct Cache {
    shape: CacheShape,
    halves: Buffer<u16>,
}

/// Consecutive positions of one sequence.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// The first of its rows among the rows of the step.
    pub row: usize,
    /// How many rows it has.
    pub rows: usize,
    /// Position of the first.
    pub start: usize,
    /// The pages of its sequence, in order, up to the last of its positions.
    pub pages: &'a [u32],
}

/// How attention is computed.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    /// The layer.
    pub layer: usize,
    /// Heads of queries; a multiple of the cache's.
    pub heads: usize,
    /// What scores are multiplied by.
    pub scale: f32,
    /// How many positions a query sees, its own among them, where not all.
    pub window: Option<usize>,
    /// Scores are kept within this by a hyperbolic tangent, where it is set.
    pub softcap: Option<f32>,
}

impl Cache {
    /// An empty cache. Memory is taken as pages are written.
    pub fn new(shape: CacheShape) -> Self {
        Self { shape, halves: Buffer::zeroed(shape.bytes() / 2) }
    }

    /// Its sizes.
    pub const fn shape(&self) -> CacheShape {
        self.shape
    }

    /// Writes keys and values of a layer: a row of each for each position, head after head. No two spans write one position
    /// of one page.
    pub fn write(&mut self, pool: &Pool, level: Level, layer: usize, spans: &[Span<'_>], keys: &[f32], values: &[f32]) {
        let shape = self.shape;
        let row = shape.heads * shape.width;
        let write = |halves: &mut [u16], first: usize, span: &Span<'_>, at: usize| {
            let position = span.start + at;
            let (page, slot) = (span.pages[position / KV_PAGE_POSITIONS] as usize, position % KV_PAGE_POSITIONS);
            for head in 0..shape.heads {
                let from = (span.row + at) * row + head * shape.width;
                let to = &mut halves[shape.at(layer, page, head) - first..][..shape.head()];
                let (key, value) = (&keys[from..][..shape.width], &values[from..][..shape.width]);
                level.run(Write { key, value, slot, to });
            }
        };
        let _ = pool;
        for span in spans {
            (0..span.rows).for_each(|at| write(&mut self.halves, 0, span, at));
        }
    }

    /// For each row of the spans and each head: `out = softmax(scale * query . keys) * values`, over the positions up to the
    /// row's own. `queries` and `out` have a row of `attention.heads` times the width for each row.
    pub fn attend(
        &self,
        pool: &Pool,
        level: Level,
        attention: Attention,
        spans: &[Span<'_>],
        queries: &[f32],
        out: &mut [f32],
    ) {
        let rows = spans.iter().map(|span| span.row + span.rows).max().unwrap_or(0);
        let row = attention.heads * self.shape.width;
        assert!(queries.len() >= rows * row && out.len() >= rows * row, "attention has a row for each of the spans'");
        let units = self.units(pool, attention, spans);
        let target = Target(out.as_mut_ptr());
        pool.each(units.into_iter(), |(span, first, count)| {
            level.run(Attend { cache: self, attention, span, first, count, queries, target });
        });
    }

    /// What is handed to threads: a head of keys with some of its queries in a span. Query `n` of a head is of row
    /// `n / group` and of head `n % group` in its group.
    fn units<'s>(
        &self,
        pool: &Pool,
        attention: Attention,
        spans: &'s [Span<'s>],
    ) -> Vec<(Span<'s>, (usize, usize), usize)> {
        let group = attention.heads / self.shape.heads;
        let queries: usize = spans.iter().map(|span| span.rows * attention.heads).sum();
        // Few queries are spread over all threads rather than kept together; many go in larger units, as each costs a lock.
        let unit = match queries / (4 * pool.threads()) {
            0 => (queries / (2 * pool.threads())).clamp(1, UNIT),
            1..=3 => UNIT,
            many => many.min(8 * UNIT) / UNIT * UNIT,
        };
        let mut units = Vec::new();
        for span in spans {
            for head in 0..self.shape.heads {
                for first in (0..span.rows * group).step_by(unit) {
                    units.push((*span, (head, first), unit.min(span.rows * group - first)));
                }
            }
        }
        units
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("shape", &self.shape).finish_non_exhaustive()
    }
}

/// The rows that attention writes.
#[derive(Clone, Copy)]
struct Target(*mut f32);
// SAFETY: each unit writes the heads of its own queries, and no query is in two units.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

struct Write<'a> {
    key: &'a [f32],
    value: &'a [f32],
    slot: usize,
    to: &'a mut [u16],
}

impl Task for Write<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let width = self.key.len();
        let (keys, values) = self.to.split_at_mut(KV_PAGE_POSITIONS * width);
        let padded = width.next_multiple_of(PAD);
        let values = &mut values[self.slot * padded..][..padded];
        let mut halves = [0; 16];
        for at in (0..width).step_by(L::N) {
            for (from, is_key) in [(self.key, true), (self.value, false)] {
                let mut floats = [0.0; 16];
                let count = L::N.min(width - at);
                floats[..count].copy_from_slice(&from[at..at + count]);
                // SAFETY: the same condition; both arrays hold the longest vector.
                unsafe {
                    let cut = L::max(L::min(L::load(floats.as_ptr()), L::splat(HALF_MAX)), L::splat(-HALF_MAX));
                    L::store_half(halves.as_mut_ptr(), cut);
                }
                for (j, half) in halves[..count].iter().enumerate() {
                    if is_key {
                        keys[(at + j) * KV_PAGE_POSITIONS + self.slot] = *half;
                    } else {
                        values[at + j] = *half;
                    }
                }
            }
        }
    }
}

struct Attend<'a> {
    cache: &'a Cache,
    attention: Attention,
    span: Span<'a>,
    first: (usize, usize),
    count: usize,
    queries: &'a [f32],
    target: Target,
}

impl Task for Attend<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let mut scores = Vec::new();
        let mut at = 0;
        while at < self.count {
            // SAFETY: the same condition.
            unsafe {
                match self.count - at {
                    1 => self.some::<L, 1>(at, &mut scores),
                    2 => self.some::<L, 2>(at, &mut scores),
                    3 => self.some::<L, 3>(at, &mut scores),
                    _ => self.some::<L, UNIT>(at, &mut scores),
                }
            }
            at += UNIT;
        }
    }
}

impl Attend<'_> {
    /// Queries `at..at + R` of this unit, together.
    #[inline(always)]
    unsafe fn some<L: Lanes, const R: usize>(&self, at: usize, scores: &mut Vec<f32>) {
        let shape = self.cache.shape;
        let group = self.attention.heads / shape.heads;
        let (head, first) = self.first;
        let mut places = [0; R];
        let mut ends = [0; R];
        for r in 0..R {
            let (row, member) = ((first + at + r) / group, (first + at + r) % group);
            places[r] = ((self.span.row + row) * self.attention.heads + head * group + member) * shape.width;
            ends[r] = self.span.start + row + 1;
        }
        // Queries stand in the order of their rows: the first sees least, the last most.
        let seen_from = |end: usize| self.attention.window.map_or(0, |window| end.saturating_sub(window));
        let pages = seen_from(ends[0]) / KV_PAGE_POSITIONS..ends[R - 1].div_ceil(KV_PAGE_POSITIONS);
        let start = pages.start * KV_PAGE_POSITIONS;
        let len = pages.len() * KV_PAGE_POSITIONS;
        scores.clear();
        scores.resize(R * len, 0.0);
        let page = |page: usize| {
            let at = shape.at(self.attention.layer, self.span.pages[page] as usize, head);
            self.cache.halves[at..at + shape.head()].as_ptr()
        };
        // SAFETY: the same condition; a page has a key and a value for each position, queries lie within their slice, and
        // places in `out` are this unit's own.
        unsafe {
            let mut queries = [self.queries.as_ptr(); R];
            for r in 0..R {
                queries[r] = self.queries[places[r]..][..shape.width].as_ptr();
            }
            for (index, number) in pages.clone().enumerate() {
                let to = scores.as_mut_ptr().add(index * KV_PAGE_POSITIONS);
                score::<L, R>(page(number), queries, shape.width, self.attention.scale, to, len);
            }
            let mut inverse = [0.0; R];
            for r in 0..R {
                let row = &mut scores[r * len..][..len];
                if let Some(cap) = self.attention.softcap {
                    for score in &mut *row {
                        *score = cap * (*score / cap).tanh();
                    }
                }
                let (from, end) = (seen_from(ends[r]) - start, ends[r] - start);
                row[..from].fill(0.0);
                row[end..].fill(0.0);
                inverse[r] = 1.0 / Exponentials { x: &mut row[from..end] }.run::<L>();
            }
            for at in (0..shape.width).step_by(PAD) {
                let mut sums = [[L::splat(0.0); PAD / 4]; R];
                for (index, number) in pages.clone().enumerate() {
                    let values = page(number).add(KV_PAGE_POSITIONS * shape.width + at);
                    let weights = scores.as_ptr().add(index * KV_PAGE_POSITIONS);
                    sums = weigh::<L, R>(values, shape.width.next_multiple_of(PAD), weights, len, sums);
                }
                let count = PAD.min(shape.width - at);
                unroll!(R, |r| {
                    let mut copy = [0.0; PAD];
                    let place = copy.as_mut_ptr();
                    let scale = L::splat(inverse[r]);
                    unroll!(PAD / L::N, |part| L::store(place.add(part * L::N), L::mul(sums[r][part], scale)));
                    self.target.0.add(places[r] + at).copy_from_nonoverlapping(place, count);
                });
            }
        }
    }
}

/// Scores of `R` queries with the positions of a page.
#[inline(always)]
unsafe fn score<L: Lanes, const R: usize>(
    keys: *const u16,
    queries: [*const f32; R],
    width: usize,
    scale: f32,
    to: *mut f32,
    stride: usize,
) {
    // SAFETY: the caller's conditions: `width` lines of positions at `keys`, `width` numbers at each query.
    unsafe {
        let mut sums = [[L::splat(0.0); KV_PAGE_POSITIONS / 4]; R];
        for at in 0..width {
            let mut line = [L::splat(0.0); KV_PAGE_POSITIONS / 4];
            let place = keys.add(at * KV_PAGE_POSITIONS);
            unroll!(KV_PAGE_POSITIONS / L::N, |part| line[part] = L::load_half(place.add(part * L::N)));
            unroll!(R, |r| {
                let query = L::splat(*queries[r].add(at));
                unroll!(KV_PAGE_POSITIONS / L::N, |part| sums[r][part] = L::fma(line[part], query, sums[r][part]));
            });
        }
        unroll!(R, |r| {
            let place = to.add(r * stride);
            unroll!(KV_PAGE_POSITIONS / L::N, |part| {
                L::store(place.add(part * L::N), L::mul(sums[r][part], L::splat(scale)));
            });
        });
    }
}

/// Adds the values of a page, 32 of each, times their weights for `R` queries.
#[inline(always)]
unsafe fn weigh<L: Lanes, const R: usize>(
    values: *const u16,
    padded: usize,
    weights: *const f32,
    stride: usize,
    sums: [[L::Floats; PAD / 4]; R],
) -> [[L::Floats; PAD / 4]; R] {
    let mut sums = sums;
    // SAFETY: the caller's conditions: a line of at least 32 values for each position, and a weight for each and query.
    unsafe {
        for position in 0..KV_PAGE_POSITIONS {
            let mut line = [L::splat(0.0); PAD / 4];
            let place = values.add(position * padded);
            unroll!(PAD / L::N, |part| line[part] = L::load_half(place.add(part * L::N)));
            unroll!(R, |r| {
                let weight = L::splat(*weights.add(r * stride + position));
                unroll!(PAD / L::N, |part| sums[r][part] = L::fma(line[part], weight, sums[r][part]));
            });
        }
    }
    sums
}
