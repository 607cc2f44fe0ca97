//! The training run: trains, evaluates and saves models.
//!
//! An episode is one pass over the bars. On the training bars the agent
//! trades, observes and, after each batch, refits. The features are
//! warmed up through the embargo, and the agent is evaluated on the test
//! bars, where it learns nothing, by the same code as the benchmarks
//! buy-and-hold and never-trade.
//!
//! Bars are streamed: memory does not grow with the data. The clock,
//! paths and seeds are passed in.

mod bar_stream;
mod checkpoint;
mod curve;
mod episode;
mod evaluation;
mod evaluation_result;
mod histograms;
mod options;
mod outputs;
mod portfolio;
mod prepare;
mod replay;
mod report;
mod resume;
mod robustness;
mod run;
mod save;
mod seeds;
mod split;
mod symbol_run;
mod training_bars;
mod training_data;
mod training_episode;
mod training_run;
mod trials;
mod windows;

pub use options::{StopFlag, TrainOptions};
pub(crate) use prepare::prepare;
pub(crate) use replay::{Decision, ReplayInput, Scenario, replay};
pub use report::{comparison, output_locations};
pub use resume::Resume;
pub(crate) use run::write_report;
pub use run::{check, run};
pub use split::Split;
pub use trials::EarlierTrials;
