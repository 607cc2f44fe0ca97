pub mod alarm;
pub mod environment;
pub mod metrics;
