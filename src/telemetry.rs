//! A: Logs and metrics of the appliance. Knows no HTTP framework, decides nothing, holds no personal data.
