//! Predicts the exposures that a saved model would hold on given bars.
//!
//! The environment of the evaluation is simulated along with the bars,
//! since an action depends on the held position: with the model's own
//! features, costs and leverage, the same bars give the same decisions
//! as in training's evaluation. Each bar gives one row, in constant
//! memory; nothing is learned.

mod find;
mod trained_on;
mod write;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::Value;

use crate::account::environment::{Environment, EnvironmentConfig, StepStatus};
use crate::learning::model::TradingModel;
use crate::market::bars::Bar;
use crate::market::features::{FeatureEngine, FeatureSet};
use crate::session::parse_time;

pub use find::{latest_archive, load_model};
pub use trained_on::TrainedOn;
pub use write::{PredictionHeader, RowFormat, RowWriter};

/// When and with which position the account begins.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PredictOptions {
    /// Open time of the first bar to decide on, in UTC epoch
    /// milliseconds; earlier bars only warm the features up. With `None`
    /// the account begins with the first bar, and is reset at the first
    /// bar that the model was tested on, as in training.
    pub from_ms: Option<i64>,
    /// Exposure held when the account begins, as a multiple of equity;
    /// `None` is flat. With `Some` the account is never reset.
    pub position: Option<f64>,
}

/// A model's prediction at the close of one bar.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Prediction {
    /// The bar's open, in UTC epoch milliseconds.
    #[serde(skip)]
    pub time_ms: i64,
    /// Position value to hold from the next bar's open on, as a
    /// multiple of equity; `None` without a prediction.
    pub exposure: Option<f64>,
    /// Why there is no exposure, or how far to trust it.
    pub note: Option<PredictionNote>,
}

/// A caveat of one prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PredictionNote {
    /// There are too few bars yet for the features.
    WarmUp,
    /// The bar is before the start of the account.
    BeforeStart,
    /// The model was trained on bars of this time.
    InSample,
    /// The account is bankrupt: nothing is traded any more.
    Bankrupt,
}

impl PredictionNote {
    /// Returns the note as written to CSV.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WarmUp => "warm_up",
            Self::BeforeStart => "before_start",
            Self::InSample => "in_sample",
            Self::Bankrupt => "bankrupt",
        }
    }
}

/// When the model was trained and tested, as far as its metadata says.
#[derive(Debug, Clone, Copy, Default)]
struct TrainingPeriod {
    train_last_ms: Option<i64>,
    test_first_ms: Option<i64>,
}

/// Predicts on one series of bars; each symbol needs its own.
#[derive(Debug, Clone)]
pub struct Predictor<'a> {
    model: &'a TradingModel,
    options: PredictOptions,
    period: TrainingPeriod,
    config: EnvironmentConfig,
    engine: FeatureEngine,
    row: Vec<f64>,
    /// `None` until the account begins.
    environment: Option<Environment>,
    previous_ms: Option<i64>,
}

impl<'a> Predictor<'a> {
    /// Returns a predictor that has seen no bar.
    ///
    /// # Errors
    ///
    /// Fails when the model's metadata lacks its features or account, or
    /// the position is beyond the account's leverage.
    pub fn new(model: &'a TradingModel, options: PredictOptions) -> Result<Self> {
        let metadata = model.metadata();
        let features = features_of(model)?;
        let config: EnvironmentConfig =
            serde_json::from_value(metadata.config["environment"].clone())
                .context("the model does not say which account it was trained for")?;
        config.validate().context("the model's account is out of range")?;
        ensure!(
            features.n_features() == model.n_features(),
            "the model takes {} features but defines {}",
            model.n_features(),
            features.n_features()
        );
        let (position, leverage) = (options.position.unwrap_or(0.0), config.leverage);
        ensure!(
            position.abs() <= leverage && (position >= 0.0 || config.allow_short),
            "the position `{position}` is not among what the model may hold: at most \
             `{leverage}`{}",
            if config.allow_short { ", long or short" } else { ", and no short" }
        );
        Ok(Self {
            model,
            options,
            period: TrainingPeriod::of(&metadata.data),
            config,
            engine: FeatureEngine::new(&features),
            row: vec![0.0; features.n_features()],
            environment: None,
            previous_ms: None,
        })
    }

    /// Takes the next bar and the values of its [`columns`], and returns
    /// the exposure to hold after it.
    pub fn push(&mut self, bar: &Bar, column_values: &[f64]) -> Result<Prediction> {
        let is_warm = self.engine.push_with(bar, column_values, &mut self.row);
        let time_ms = bar.time_ms;
        let without_exposure = |note| Prediction { time_ms, exposure: None, note: Some(note) };
        if self.begins_at(time_ms) {
            self.environment = Some(self.fresh_account()?);
        }
        self.previous_ms = Some(time_ms);
        let Some(environment) = &mut self.environment else {
            return Ok(without_exposure(PredictionNote::BeforeStart));
        };
        let outcome = environment.step(bar, &mut |_| {});
        if outcome.status != StepStatus::Running {
            let note = Some(PredictionNote::Bankrupt);
            return Ok(Prediction { time_ms, exposure: Some(0.0), note });
        }
        if !is_warm {
            return Ok(without_exposure(PredictionNote::WarmUp));
        }
        let target = self.model.predict(&self.row, environment.target());
        environment.set_target(target);
        // Adding 0 turns -0 into 0.
        let exposure = target * self.config.leverage + 0.0;
        let is_in_sample = self.period.train_last_ms.is_some_and(|last_ms| time_ms <= last_ms);
        Ok(Prediction {
            time_ms,
            exposure: Some(exposure),
            note: is_in_sample.then_some(PredictionNote::InSample),
        })
    }

    /// Returns whether an account begins with the bar of `time_ms`.
    fn begins_at(&self, time_ms: i64) -> bool {
        if self.environment.is_none() {
            return self.options.from_ms.is_none_or(|from_ms| time_ms >= from_ms);
        }
        let is_start_given = self.options.from_ms.is_some() || self.options.position.is_some();
        !is_start_given
            && self.period.test_first_ms.is_some_and(|first_ms| {
                time_ms >= first_ms && self.previous_ms.is_some_and(|before| before < first_ms)
            })
    }

    fn fresh_account(&self) -> Result<Environment> {
        let mut environment = Environment::new(&self.config).context("the model's account")?;
        if let Some(position) = self.options.position {
            environment.set_target(position / self.config.leverage);
        }
        Ok(environment)
    }
}

/// Returns the further columns that bars must have for `model`.
///
/// # Errors
///
/// Fails when the model's metadata lacks its features.
pub fn columns(model: &TradingModel) -> Result<Vec<String>> {
    Ok(features_of(model)?.columns().to_vec())
}

pub(super) fn features_of(model: &TradingModel) -> Result<FeatureSet> {
    serde_json::from_value(model.metadata().features.clone())
        .context("the model does not say which features it is made for")
}

impl TrainingPeriod {
    fn of(data: &Value) -> Self {
        let time_ms = |part: &str, end: &str| {
            let time = parse_time(data["split"][part][end].as_str()?).ok()?;
            Some(time.timestamp_millis())
        };
        Self { train_last_ms: time_ms("train", "last"), test_first_ms: time_ms("test", "first") }
    }
}
