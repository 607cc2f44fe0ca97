pub mod bars;
pub mod features;
