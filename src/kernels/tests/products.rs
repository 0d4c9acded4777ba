//! Products of every kind, shape and level.

use proptest::prelude::*;

use super::Random;
use super::blocks::elements;
use crate::kernels::packed::BLOCK;
use crate::kernels::{Level, Packed, Pool, Put, Rows, TensorKind, matmul};

fn is_float(kind: TensorKind) -> bool {
    matches!(kind, TensorKind::F32 | TensorKind::F16 | TensorKind::BF16 | TensorKind::Q8K)
}

/// The activations as a kind multiplies them: floats, or the nearest of 15-bit levels.
fn seen(rows: &Rows, row: usize, kind: TensorKind) -> Vec<f64> {
    let values: Vec<f64> = rows.row(row).iter().map(|value| f64::from(*value)).collect();
    if is_float(kind) {
        return values;
    }
    let near = |values: &[f64]| {
        let most = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        values.iter().map(|value| (value / most * 16_256.0).round() * most / 16_256.0).collect::<Vec<f64>>()
    };
    values.chunks_exact(BLOCK).flat_map(near).collect()
}

fn filled(pool: &Pool, level: Level, count: usize, columns: usize, values: &[f32]) -> Rows {
    let mut rows = Rows::new();
    rows.fill(pool, level, count, columns, |row, to| to.copy_from_slice(&values[row * columns..][..columns]));
    rows
}

proptest! {
    #[test]
    fn a_product_is_that_of_plain_arithmetic(
        seed: u64, kind in 0..TensorKind::ALL.len(), outputs in 1_usize..70, blocks in 1_usize..10, count in 1_usize..22,
        threads in 1_usize..4,
    ) {
        let kind = TensorKind::ALL[kind];
        let pool = Pool::new(threads);
        let mut random = Random(seed);
        let blocks = if is_float(kind) { blocks * 7 } else { blocks };
        let blocks = if kind.block_elements() == 256 { blocks % 3 + 1 } else { blocks };
        let columns = blocks * kind.block_elements();
        let bytes = random.blocks(kind, outputs * blocks);
        let weights = elements(kind, &bytes);
        let packed = Packed::new(kind, outputs, columns, &bytes, &pool).unwrap();
        let values = random.units(count * columns);
        let before = random.units(count * outputs);
        for level in Level::available() {
            let rows = filled(&pool, level, count, columns, &values);
            for put in [Put::Set, Put::Add] {
                let mut out = before.clone();
                matmul(&pool, level, &rows, [(&packed, &mut out, put)]);
                for row in 0..count {
                    let with = seen(&rows, row, kind);
                    for output in 0..outputs {
                        let terms = weights[output * columns..][..columns].iter().zip(&with).map(|(w, x)| w * x);
                        let (mut sum, mut size) = (0.0, 1.0);
                        for term in terms {
                            sum += term;
                            size += term.abs();
                        }
                        let at = row * outputs + output;
                        let expected = if put == Put::Add { sum + f64::from(before[at]) } else { sum };
                        // Offsets and levels partly cancel, so that the error goes with the larger of them.
                        let allowed = 8e-6 * (size + weights.iter().fold(0.0_f64, |m, w| m.max(w.abs())) * columns as f64);
                        prop_assert!(
                            (f64::from(out[at]) - expected).abs() <= allowed,
                            "{kind:?} at {level:?}, {outputs} x {columns}, row {row} of {count}, output {output}: {}, not {expected}",
                            out[at]
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn several_matrices_share_the_activations_and_rows_do_not_change_each_other() {
    let mut random = Random(7);
    let columns = 96;
    let values = random.units(13 * columns);
    let sizes = [40, 5, 16];
    for level in Level::available() {
        for threads in 1..4 {
            let pool = Pool::new(threads);
            let packed = sizes.map(|outputs| {
                let bytes = Random(outputs as u64).blocks(TensorKind::Q4_1, outputs * 3);
                Packed::new(TensorKind::Q4_1, outputs, columns, &bytes, &pool).unwrap()
            });
            let together = filled(&pool, level, 13, columns, &values);
            let [mut a, mut b, mut c] = sizes.map(|outputs| vec![0.0; 13 * outputs]);
            let put = Put::Set;
            matmul(
                &pool,
                level,
                &together,
                [(&packed[0], &mut a, put), (&packed[1], &mut b, put), (&packed[2], &mut c, put)],
            );
            for row in 0..13 {
                let one = filled(&pool, level, 1, columns, &values[row * columns..]);
                for (packed, all) in packed.iter().zip([&a, &b, &c]) {
                    let mut alone = vec![0.0; packed.rows()];
                    matmul(&pool, level, &one, [(packed, &mut alone, put)]);
                    assert_eq!(alone, all[row * packed.rows()..][..packed.rows()], "{level:?}, row {row}");
                }
            }
        }
    }
}

#[test]
fn extreme_levels_do_not_overflow() {
    // The largest products that 8 bits can have, of both signs, in every place.
    let pool = Pool::new(1);
    let columns = 256;
    for kind in [TensorKind::Q8_0, TensorKind::Q6K, TensorKind::Q5_0, TensorKind::Q4K] {
        for fill in [0x00, 0x7F, 0x80, 0xFF] {
            for sign in [1.0, -1.0, 0.992_126] {
                let mut bytes = vec![fill; kind.block_bytes() * columns / kind.block_elements() * 16];
                let halves: &[usize] = if kind == TensorKind::Q6K { &[208] } else { &[0] };
                for block in bytes.chunks_exact_mut(kind.block_bytes()) {
                    for at in halves {
                        block[*at..at + 2].copy_from_slice(&half::f16::ONE.to_le_bytes());
                    }
                    if kind == TensorKind::Q4K {
                        block[2..4].copy_from_slice(&half::f16::ONE.to_le_bytes());
                    }
                }
                let weights = elements(kind, &bytes);
                let packed = Packed::new(kind, 16, columns, &bytes, &pool).unwrap();
                for level in Level::available() {
                    let rows = filled(&pool, level, 1, columns, &vec![sign; columns]);
                    let mut out = vec![0.0; 16];
                    matmul(&pool, level, &rows, [(&packed, &mut out, Put::Set)]);
                    let expected: f64 = weights[..columns].iter().sum::<f64>() * f64::from(sign);
                    for given in out {
                        let off = (f64::from(given) - expected).abs();
                        assert!(
                            off <= 1e-5 * expected.abs(),
                            "{kind:?} of {fill:#x} at {level:?}: {given}, not {expected}"
                        );
                    }
                }
            }
        }
    }
}
