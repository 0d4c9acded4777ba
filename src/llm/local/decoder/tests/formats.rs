//! The blocks of every format, against candle's reading of them.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use crate::kernels::{Packed, Pool, TensorKind, dequantise};

#[test]
fn blocks_are_read_as_candle_reads_them() {
    let kinds = [
        (TensorKind::F16, GgmlDType::F16),
        (TensorKind::BF16, GgmlDType::BF16),
        (TensorKind::F32, GgmlDType::F32),
        (TensorKind::Q4_0, GgmlDType::Q4_0),
        (TensorKind::Q4_1, GgmlDType::Q4_1),
        (TensorKind::Q5_0, GgmlDType::Q5_0),
        (TensorKind::Q5_1, GgmlDType::Q5_1),
        (TensorKind::Q8_0, GgmlDType::Q8_0),
        (TensorKind::Q2K, GgmlDType::Q2K),
        (TensorKind::Q3K, GgmlDType::Q3K),
        (TensorKind::Q4K, GgmlDType::Q4K),
        (TensorKind::Q5K, GgmlDType::Q5K),
        (TensorKind::Q6K, GgmlDType::Q6K),
        (TensorKind::Q8K, GgmlDType::Q8K),
    ];
    assert_eq!(kinds.len(), TensorKind::ALL.len());
    let (rows, columns) = (37, 768);
    let values: Vec<f32> = (0..rows * columns).map(|at| (at as f32 * 0.37).sin() * (1.0 + at as f32 % 11.0)).collect();
    let tensor = Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap();
    for (kind, candle) in kinds {
        let theirs = QTensor::quantize(&tensor, candle).unwrap();
        let bytes = theirs.data().unwrap();
        let expected: Vec<Vec<f32>> = theirs.dequantize(&Device::Cpu).unwrap().to_vec2().unwrap();
        let packed = Packed::new(kind, rows, columns, &bytes, &Pool::new(2)).unwrap();
        let mut given = vec![0.0; rows * columns];
        dequantise(kind, &bytes, &mut given);
        let mut row = vec![0.0; columns];
        for (at, expected) in expected.iter().enumerate() {
            packed.row(at, &mut row);
            for (column, expected) in expected.iter().enumerate() {
                let allowed = 2e-6 * (20.0 + expected.abs());
                assert!((given[at * columns + column] - expected).abs() <= allowed, "{kind:?} at {at}, {column}");
                assert!((row[column] - expected).abs() <= allowed, "{kind:?}, packed, at {at}, {column}");
            }
        }
    }
}
