//! `trainer check-model`: checks a model's zip.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::learning::model::TradingModel;
use crate::training::predict::TrainedOn;

/// Load a model, check every part of it and repeat its stored predictions bit for bit
///
/// Exits with 0 when the model is good and with 1 when it is not.
#[derive(Debug, Args)]
pub struct CheckModelArguments {
    /// The model zip
    #[arg(value_name = "FILE")]
    model: PathBuf,
}

/// Checks the model and returns what to print.
pub fn run(arguments: &CheckModelArguments) -> Result<String> {
    let model = TradingModel::load(&arguments.model)?;
    let trained_on = TrainedOn::of(&model).ok();
    let trained_on = trained_on.as_ref().and_then(TrainedOn::kind);
    Ok(format!(
        "The model is good: {} on {} features, exposures {:?}{}.\n",
        model.kind(),
        model.n_features(),
        model.exposures(),
        trained_on.map_or(String::new(), |kind| format!("; made for {kind}"))
    ))
}
