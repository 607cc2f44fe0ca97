//! A live view of a training in the terminal.
//!
//! It reads the files that a run writes, takes no lock and writes
//! nothing, so it can be started and left at any time. Memory is bounded,
//! whatever the length of the run.

mod draw;
mod events;
mod series;
mod view;

pub use draw::{draw, text};
pub use ratatui::layout::Size;
pub use series::Series;
pub use view::{View, Watcher};
