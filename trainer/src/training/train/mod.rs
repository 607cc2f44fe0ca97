//! Trains, judges and saves: the loop that ties the modules together.
//!
//! An episode is one pass over the bars. On the training bars the agent
//! trades, watches and, after each batch, refits; the same pass then
//! warms the features up through the embargo and judges the agent on
//! the test bars, where it learns nothing. Buy-and-hold and never-trade
//! are judged beside it by the same code.
//!
//! Bars are never held: memory does not grow with the data. Nothing
//! here reads a clock, a path or a seed that was not passed in.

mod course;
mod curve;
mod episode;
mod evaluate;
mod lesson;
mod memory;
mod pass;
mod portfolio;
mod progress;
mod report;
mod resume;
mod run;
mod save;
mod sinks;
mod split;
mod spread;
mod stop;
mod trials;
mod windows;

pub(crate) use pass::{Pass, Seen};
pub(crate) use portfolio::{PortfolioAccount, Track, live};
pub use report::{comparison, whereabouts};
pub use resume::{Asked, Resume};
pub(crate) use run::{Material, prepare, write_report};
pub use run::{TrainOptions, check, run};
pub use split::Split;
pub use stop::StopFlag;
pub use trials::EarlierTrials;
