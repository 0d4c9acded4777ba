//! Attention over pages.

use half::f16;
use proptest::prelude::*;

use super::Random;
use crate::kernels::{Attention, Cache, CacheShape, Level, Pool, Span};
use crate::limits::KV_PAGE_POSITIONS;

/// Attention of one query over the given positions, which are kept as halves.
fn plain(query: &[f32], keys: &[&[f32]], values: &[&[f32]], scale: f32, softcap: Option<f32>) -> Vec<f64> {
    let half = |value: f32| f16::from_f32(value).to_f64();
    let score = |key: &&[f32]| {
        let sum: f64 = query.iter().zip(*key).map(|(q, k)| f64::from(*q) * half(*k)).sum();
        let score = sum * f64::from(scale);
        softcap.map_or(score, |cap| f64::from(cap) * (score / f64::from(cap)).tanh())
    };
    let scores: Vec<f64> = keys.iter().map(score).collect();
    let most = scores.iter().copied().fold(f64::MIN, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
    let total: f64 = weights.iter().sum();
    let at = |i: usize| weights.iter().zip(values).map(|(w, v)| w * half(v[i])).sum::<f64>() / total;
    (0..query.len()).map(at).collect()
}

proptest! {
    #[test]
    fn spans_over_scattered_pages_see_their_own_sequence(
        seed: u64, width in 1_usize..80, kv_heads in 1_usize..3, group in 1_usize..6, threads in 1_usize..4,
        starts in proptest::collection::vec(0_usize..70, 1..4), window in proptest::option::of(1_usize..50),
        softcap in proptest::option::of(1.0_f32..20.0),
    ) {
        let mut random = Random(seed);
        let pool = Pool::new(threads);
        let heads = kv_heads * group;
        let ends: Vec<usize> = starts.iter().map(|start| start + 1 + random.below(40)).collect();
        let counts: Vec<usize> = ends.iter().map(|end| end.div_ceil(KV_PAGE_POSITIONS)).collect();
        let total: usize = counts.iter().sum();
        let shape = CacheShape { layers: 2, pages: total, heads: kv_heads, width };
        // Pages of the sequences alternate, from the last one down.
        let mut numbers: Vec<u32> = (0..total as u32).rev().collect();
        numbers.rotate_left(seed as usize % total);
        let mut of: Vec<Vec<u32>> = Vec::new();
        for count in &counts {
            of.push(numbers.drain(..*count).collect());
        }
        let row = kv_heads * width;
        let keys: Vec<Vec<f32>> = ends.iter().map(|end| random.units(end * row)).collect();
        let values: Vec<Vec<f32>> = ends.iter().map(|end| random.units(end * row)).collect();
        let attention = Attention { layer: 1, heads, scale: 0.7, window, softcap };
        for level in Level::available() {
            let mut cache = Cache::new(shape);
            // What stands before the start was written by an earlier step, the rest by this one.
            for (from, to) in [(vec![0; starts.len()], starts.clone()), (starts.clone(), ends.clone())] {
                let mut spans = Vec::new();
                let (mut k, mut v) = (Vec::new(), Vec::new());
                for i in 0..starts.len() {
                    spans.push(Span { row: k.len() / row, rows: to[i] - from[i], start: from[i], pages: &of[i] });
                    k.extend_from_slice(&keys[i][from[i] * row..to[i] * row]);
                    v.extend_from_slice(&values[i][from[i] * row..to[i] * row]);
                }
                cache.write(&pool, level, 1, &spans, &k, &v);
            }
            let mut spans = Vec::new();
            let mut rows = 0;
            for i in 0..starts.len() {
                spans.push(Span { row: rows, rows: ends[i] - starts[i], start: starts[i], pages: &of[i] });
                rows += ends[i] - starts[i];
            }
            let queries = random.units(rows * heads * width);
            let mut out = vec![f32::NAN; queries.len()];
            cache.attend(&pool, level, attention, &spans, &queries, &mut out);
            for (i, span) in spans.iter().enumerate() {
                for at in 0..span.rows {
                    let end = span.start + at + 1;
                    let first = window.map_or(0, |window| end.saturating_sub(window));
                    for head in 0..heads {
                        let place = ((span.row + at) * heads + head) * width;
                        let of_head = |all: &'_ [f32], p: usize| all[p * row + head / group * width..][..width].to_vec();
                        let k: Vec<Vec<f32>> = (first..end).map(|p| of_head(&keys[i], p)).collect();
                        let v: Vec<Vec<f32>> = (first..end).map(|p| of_head(&values[i], p)).collect();
                        let k: Vec<&[f32]> = k.iter().map(Vec::as_slice).collect();
                        let v: Vec<&[f32]> = v.iter().map(Vec::as_slice).collect();
                        let expected = plain(&queries[place..][..width], &k, &v, 0.7, softcap);
                        for (given, expected) in out[place..][..width].iter().zip(expected) {
                            prop_assert!((f64::from(*given) - expected).abs() < 1e-5, "{level:?}: {given}, not {expected}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn numbers_beyond_half_precision_are_cut_off() {
    let pool = Pool::new(1);
    for level in Level::available() {
        let mut cache = Cache::new(CacheShape { layers: 1, pages: 1, heads: 1, width: 2 });
        let spans = [Span { row: 0, rows: 1, start: 0, pages: &[0] }];
        cache.write(&pool, level, 0, &spans, &[1e9, f32::NAN], &[-1e9, 3.0]);
        let mut out = [0.0; 2];
        let attention = Attention { layer: 0, heads: 1, scale: 1.0, window: None, softcap: None };
        cache.attend(&pool, level, attention, &spans, &[1.0, 1.0], &mut out);
        assert_eq!(out, [-65_504.0, 3.0], "{level:?}");
    }
}
