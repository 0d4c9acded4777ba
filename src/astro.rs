//! P: Real astronomy and the astrology on top of it; values in, values out. No IO, no clock, no randomness.
