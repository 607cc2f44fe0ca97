pub mod audit;
pub mod leaks;
pub mod predict;
pub mod simulate;
