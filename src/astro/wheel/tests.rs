//! Tests of the wheel.
