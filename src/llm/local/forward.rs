//! P: What stands between the engine, which decides who computes when, and what it drives: a decoder that turns tokens into
//! logits over pages of cached keys and values, and a vocabulary that turns tokens into bytes. Decides nothing itself.

pub use crate::limits::KV_PAGE_POSITIONS;

/// Tokens of one sequence that go through the model in one step.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The tokens, never empty; their keys and values are written into `pages`.
    pub tokens: &'a [u32],
    /// Position of the first of them in its sequence.
    pub start: usize,
    /// The pages of the sequence in order: page `n` holds positions `n * KV_PAGE_POSITIONS ..`, up to the last of `tokens`.
    /// What stands before `start` was written by earlier steps, maybe for another sequence with the same beginning.
    pub pages: &'a [u32],
    /// Whether the logits after the last token are wanted.
    pub wants_logits: bool,
}

/// A decoder with its pages.
pub trait Forward: Send {
    /// Number of tokens it knows, and so of logits.
    fn vocabulary(&self) -> usize;

    /// Most positions of one sequence.
    fn context(&self) -> usize;

    /// How many pages of [`KV_PAGE_POSITIONS`] positions there are, numbered from 0.
    fn pages(&self) -> usize;

    /// Computes all chunks in one pass; `logits` is replaced by a row for each chunk that wants one, in their order.
    /// Chunks are of different sequences, so that none reads what another writes in the same step.
    fn step(&mut self, chunks: &[Chunk<'_>], logits: &mut Vec<f32>);
}

/// Tokens and what they spell.
pub trait Vocabulary: Send + Sync {
    /// Number of tokens.
    fn size(&self) -> usize;

    /// The tokens of a text; `specials` says whether the names of control tokens in it are read as such (in a rendered
    /// template) or as plain text (in what a person wrote).
    fn encode(&self, text: &str, specials: bool) -> Vec<u32>;

    /// The bytes that a token spells, which need not be whole characters; none for a control token.
    fn piece(&self, token: u32) -> &[u8];

    /// The tokens that end an answer.
    fn ends(&self) -> &[u32];
}
