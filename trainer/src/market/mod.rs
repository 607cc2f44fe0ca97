//! Market data: bars, read and checked, and the features of each.
//!
//! Bars are streamed; a feature never reads a later bar. It uses no
//! other folder.

pub mod bars;
pub mod features;
