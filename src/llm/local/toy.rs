//! S: A model for tests that shows every fault of whoever drives it: a page holds the very tokens that were computed into it,
//! and each logit depends on all of them from the first position on. So a page that is shared, evicted, written or handed
//! out wrongly changes the text. It refuses, with a panic, chunks that no decoder could compute.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::forward::{Chunk, Forward, KV_PAGE_POSITIONS, Vocabulary};

/// Even noise from 0 to below 1.
pub fn noise(a: u64, b: u64, c: u64) -> f32 {
    let mut bits = a ^ b.rotate_left(21) ^ c.rotate_left(42) ^ 0x9e37_79b9_7f4a_7c15;
    for _ in 0..2 {
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    }
    (bits >> 40) as f32 / (1_u64 << 24) as f32
}

/// Tokens of one byte each, some words, and one token that ends an answer.
pub struct Letters {
    pieces: Vec<Vec<u8>>,
    ends: Vec<u32>,
}

impl Letters {
    /// All bytes, these words, and an end.
    pub fn with_words(words: &[&str]) -> Self {
        let bytes = (0..=255_u8).map(|byte| vec![byte]);
        let mut pieces: Vec<Vec<u8>> = bytes.chain(words.iter().map(|word| word.as_bytes().to_vec())).collect();
        pieces.push(Vec::new());
        let end = pieces.len() as u32 - 1;
        Self { pieces, ends: vec![end] }
    }

    /// One whose answers never end by themselves.
    pub fn without_end() -> Self {
        Self { ends: Vec::new(), ..Self::with_words(&[]) }
    }
}

impl Vocabulary for Letters {
    fn size(&self) -> usize {
        self.pieces.len()
    }

    fn encode(&self, text: &str, _: bool) -> Vec<u32> {
        text.bytes().map(u32::from).collect()
    }

    fn piece(&self, token: u32) -> &[u8] {
        self.pieces.get(token as usize).map_or(&[], Vec::as_slice)
    }

    fn ends(&self) -> &[u32] {
        &self.ends
    }
}

/// What a test may ask of a toy while somebody else drives it.
#[derive(Debug, Default)]
pub struct Strings {
    /// Steps that were computed.
    pub steps: AtomicUsize,
    /// Tokens that were computed.
    pub tokens: AtomicUsize,
    /// Most sequences in one step.
    pub widest: AtomicUsize,
    /// So many of the next steps panic.
    pub panics: AtomicUsize,
    /// Milliseconds that a step takes.
    pub slow_ms: AtomicU64,
    /// While set, no step comes to its end.
    pub stuck: AtomicBool,
}

/// The model.
pub struct Toy {
    pages: Vec<Vec<u32>>,
    context: usize,
    vocabulary: usize,
    /// Tokens that end an answer, made likely with this chance in a thousand.
    ends: Vec<u32>,
    end_in_thousand: u64,
    strings: Arc<Strings>,
}

impl Toy {
    /// With so many pages, for this vocabulary; ends an answer in so many of a thousand tokens.
    pub fn new(
        vocabulary: &dyn Vocabulary,
        pages: usize,
        context: usize,
        end_in_thousand: u64,
    ) -> (Self, Arc<Strings>) {
        let strings = Arc::new(Strings::default());
        let toy = Self {
            pages: vec![Vec::new(); pages],
            context,
            vocabulary: vocabulary.size(),
            ends: vocabulary.ends().to_vec(),
            end_in_thousand,
            strings: Arc::clone(&strings),
        };
        (toy, strings)
    }

    /// The logits behind these tokens, by no other way than from them: letters and blanks above all.
    pub fn logits(&self, tokens: &[u32]) -> Vec<f32> {
        let hash = hash(tokens);
        let mut logits: Vec<f32> = (0..self.vocabulary as u64).map(|token| noise(hash, 1, token)).collect();
        for (token, logit) in logits.iter_mut().enumerate() {
            if matches!(token as u8, b'a'..=b'z' | b' ') && token < 256 {
                *logit += 2.0;
            }
        }
        for end in &self.ends {
            logits[*end as usize] =
                if (noise(hash, 2, 3) * 1_000.0) < self.end_in_thousand as f32 { 9.0 } else { -9.0 };
        }
        logits
    }

    /// The text that a greedy engine must write behind `prompt`: worked out without pages.
    pub fn greedy(&self, vocabulary: &dyn Vocabulary, prompt: &[u32], most: usize) -> String {
        let (mut tokens, mut text) = (prompt.to_vec(), Vec::new());
        for _ in 0..most {
            let logits = self.logits(&tokens);
            let mut best = 0;
            for (token, logit) in logits.iter().enumerate() {
                if *logit > logits[best] {
                    best = token;
                }
            }
            if self.ends.contains(&(best as u32)) {
                break;
            }
            tokens.push(best as u32);
            text.extend_from_slice(vocabulary.piece(best as u32));
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

fn hash(tokens: &[u32]) -> u64 {
    tokens.iter().fold(0xcbf2_9ce4_8422_2325, |hash, token| (hash ^ u64::from(*token)).wrapping_mul(0x0100_0000_01b3))
}

impl Forward for Toy {
    fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    fn context(&self) -> usize {
        self.context
    }

    fn pages(&self) -> usize {
        self.pages.len()
    }

    fn step(&mut self, chunks: &[Chunk<'_>], logits: &mut Vec<f32>) {
        let strings = Arc::clone(&self.strings);
        while strings.stuck.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(strings.slow_ms.load(Ordering::SeqCst)));
        let left = strings.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(left.is_err(), "a step that was told to fail");
        strings.steps.fetch_add(1, Ordering::SeqCst);
        strings.widest.fetch_max(chunks.len(), Ordering::SeqCst);
        let mut written = Vec::new();
        for chunk in chunks {
            assert!(!chunk.tokens.is_empty());
            let end = chunk.start + chunk.tokens.len();
            assert!(end <= self.context, "beyond the context");
            assert!(chunk.pages.len() >= end.div_ceil(KV_PAGE_POSITIONS), "a position without a page");
            for (at, token) in chunk.tokens.iter().enumerate() {
                let position = chunk.start + at;
                let number = chunk.pages[position / KV_PAGE_POSITIONS];
                written.push((number, chunk.pages.as_ptr()));
                let page = &mut self.pages[number as usize];
                page.truncate(position % KV_PAGE_POSITIONS);
                assert_eq!(page.len(), position % KV_PAGE_POSITIONS, "a hole in page {number}");
                page.push(*token);
            }
            strings.tokens.fetch_add(chunk.tokens.len(), Ordering::SeqCst);
        }
        for chunk in chunks {
            let foreign = |number| written.iter().any(|(page, by)| *page == number && *by != chunk.pages.as_ptr());
            assert!(!chunk.pages.iter().any(|number| foreign(*number)), "written by one and read by another");
        }
        logits.clear();
        for chunk in chunks.iter().filter(|chunk| chunk.wants_logits) {
            let end = chunk.start + chunk.tokens.len();
            let pages = chunk.pages.iter().map(|number| self.pages[*number as usize].as_slice());
            let tokens: Vec<u32> = pages.flatten().copied().take(end).collect();
            assert_eq!(tokens.len(), end, "what was computed is no longer there");
            logits.extend(self.logits(&tokens));
        }
    }
}
