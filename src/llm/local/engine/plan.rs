//! P: What goes through the model in the next step: every sequence that writes, by one token, and so much of the prompts
//! that those who write do not wait long. Computes nothing.

use crate::limits::{KV_PAGE_POSITIONS, STEP_PROMPT_TOKENS_BESIDE_MAX, STEP_PROMPT_TOKENS_MAX};

/// What one sequence has before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// Tokens that have keys and values.
    pub computed: usize,
    /// Tokens that have none yet, at least one; the last one's logits are wanted.
    pub left: usize,
}

/// So many tokens of a sequence, by its place among those given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its place.
    pub sequence: usize,
    /// How many tokens; never none.
    pub tokens: usize,
}

/// The next step of sequences in the order in which they came.
///
/// A prompt that was read less goes before one that was read more: a short one never waits for a long one, a long one is
/// never left for good, and of several with the same beginning one goes ahead, so that the others need not compute it.
pub fn next(wants: &[Want]) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::with_capacity(wants.len());
    let writing = wants.iter().enumerate().filter(|(_, want)| want.left == 1);
    shares.extend(writing.map(|(sequence, _)| Share { sequence, tokens: 1 }));
    let mut room = if shares.is_empty() { STEP_PROMPT_TOKENS_MAX } else { STEP_PROMPT_TOKENS_BESIDE_MAX };
    let mut reading: Vec<usize> = (0..wants.len()).filter(|at| wants[*at].left > 1).collect();
    reading.sort_by_key(|at| wants[*at].computed);
    for sequence in reading {
        let Want { computed, left } = wants[sequence];
        let tokens = if left <= room {
            left
        } else {
            // A part ends where a page does, so that others can read it at once.
            ((computed + room) / KV_PAGE_POSITIONS * KV_PAGE_POSITIONS).saturating_sub(computed)
        };
        if tokens > 0 {
            shares.push(Share { sequence, tokens });
        }
        room -= tokens;
        if room == 0 {
            break;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_prompt_passes_a_long_one_and_words_pass_both() {
        let wants =
            [Want { computed: 256, left: 5_000 }, Want { computed: 90, left: 1 }, Want { computed: 0, left: 40 }];
        let shares = next(&wants);
        assert_eq!(shares[0], Share { sequence: 1, tokens: 1 });
        assert_eq!(shares[1], Share { sequence: 2, tokens: 40 });
        assert_eq!(shares.len(), 2, "24 tokens are no page of the long one");
        assert_eq!(next(&wants[..1]), [Share { sequence: 0, tokens: STEP_PROMPT_TOKENS_MAX }]);
    }

    proptest! {
        #[test]
        fn a_step_is_bounded_and_always_goes_on(wants in proptest::collection::vec((0_usize..400, 1_usize..900), 1..40)) {
            let wants: Vec<Want> = wants.into_iter().map(|(computed, left)| Want { computed, left }).collect();
            let shares = next(&wants);
            prop_assert!(!shares.is_empty());
            let writing = wants.iter().filter(|want| want.left == 1).count();
            prop_assert_eq!(shares.iter().filter(|share| wants[share.sequence].left == 1).count(), writing);
            let read: usize = shares.iter().filter(|s| wants[s.sequence].left > 1).map(|s| s.tokens).sum();
            let most = if writing > 0 { STEP_PROMPT_TOKENS_BESIDE_MAX } else { STEP_PROMPT_TOKENS_MAX };
            prop_assert!(read <= most);
            prop_assert!(read > 0 || writing == wants.len());
            let mut seen = std::collections::BTreeSet::new();
            for share in shares {
                prop_assert!(share.tokens >= 1 && share.tokens <= wants[share.sequence].left);
                prop_assert!(seen.insert(share.sequence));
            }
        }
    }
}
