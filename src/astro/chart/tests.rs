//! Charts against published data and Swiss Ephemeris values that this code did not make.
