//! Tests of the settings: precedence, provenance, suggestions, redaction, production's demands.
