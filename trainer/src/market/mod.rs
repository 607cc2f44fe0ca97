//! Market bars as they are read, checked, and made into features.
//!
//! Bars are streamed; a feature never reads a later bar. It uses
//! no other folder.

pub mod bars;
pub mod features;
