//! The outputs of a run: trade log, traces and TensorBoard curves.

use anyhow::Result;
use serde_json::{Value, json};

use crate::account::environment::TradeEvent;
use crate::session::tensorboard::{EventWriter, Histogram, HyperParameters, Scalars, SessionEnd};
use crate::session::trace::TradeTracer;
use crate::session::{Layout, Phase, Session, SessionLogger, StepContext};

use super::evaluation_result::METRICS;
use super::options::{RunEnd, TrainOptions};

/// The enabled outputs of a run.
pub(super) struct RunOutputs<'a> {
    pub(super) logger: &'a mut SessionLogger,
    tracer: Option<TradeTracer>,
    curves: Option<EventWriter>,
    /// Of the following events, in a portfolio.
    symbol: Option<String>,
    profits: TradeProfits,
    /// The first failure, returned by the next flush: the callbacks that
    /// write events cannot fail.
    failure: Option<anyhow::Error>,
}

/// The net profits of the trades closed since the last call of
/// [`RunOutputs::take_profits`].
#[derive(Debug, Default)]
pub(super) struct TradeProfits {
    pub(super) train: Histogram,
    pub(super) test: Histogram,
}

impl<'a> RunOutputs<'a> {
    pub(super) fn open(options: &TrainOptions, logger: &'a mut SessionLogger) -> Result<Self> {
        let layout: &Layout = &options.layout;
        let config = &options.training;
        let tracer = config
            .enable_trade_tracing
            .then(|| TradeTracer::create(&layout.trades(), logger.session()))
            .transpose()?;
        let curves = config
            .enable_tensorboard
            .then(|| start_curves(options, logger.session()))
            .transpose()?;
        let profits = TradeProfits::default();
        Ok(Self { logger, tracer, curves, symbol: None, profits, failure: None })
    }

    /// Returns whether TensorBoard curves are written.
    pub(super) fn has_curves(&self) -> bool {
        self.curves.is_some()
    }

    /// Sets the symbol of the following events, where there are several.
    pub(super) fn set_symbol(&mut self, symbol: Option<&str>) {
        if self.symbol.as_deref() != symbol {
            self.symbol = symbol.map(str::to_owned);
        }
    }

    /// Writes an event of the account at `at`.
    pub(super) fn event(&mut self, at: &StepContext, event: &TradeEvent) {
        let written = self.write(at, event);
        self.keep_failure(written);
    }

    /// Writes the scalars of `step`.
    pub(super) fn scalars(&mut self, step: u64, scalars: Scalars) {
        let written = self.curves.as_mut().map_or(Ok(()), |writer| writer.add(step, scalars));
        self.keep_failure(written);
    }

    /// Returns the profits of the trades closed since the last call.
    pub(super) fn take_profits(&mut self) -> TradeProfits {
        std::mem::take(&mut self.profits)
    }

    /// Returns the profits in the current training episode, if any.
    pub(super) fn train_profits(&self) -> Option<Histogram> {
        let profits = &self.profits.train;
        (profits.n_values() > 0).then(|| profits.clone())
    }

    /// Restores the profits in an interrupted training episode.
    pub(super) fn restore_train_profits(&mut self, profits: Option<Histogram>) {
        self.profits.train = profits.unwrap_or_default();
    }

    /// Writes all buffered data; returns the first failure since the last
    /// flush.
    pub(super) fn flush(&mut self) -> Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        self.logger.flush()?;
        self.tracer.as_mut().map_or(Ok(()), TradeTracer::flush)?;
        self.curves.as_mut().map_or(Ok(()), EventWriter::flush)
    }

    /// Records how the run ended, and syncs all buffered data to the disk.
    pub(super) fn finish(&mut self, end: RunEnd) -> Result<()> {
        let end = match end {
            RunEnd::Completed => SessionEnd::Success,
            RunEnd::Interrupted => SessionEnd::Interrupted,
        };
        self.curves.as_mut().map_or(Ok(()), |writer| writer.end_session(end))?;
        self.flush()?;
        self.tracer.as_mut().map_or(Ok(()), TradeTracer::sync)?;
        self.curves.as_mut().map_or(Ok(()), EventWriter::sync)
    }

    fn keep_failure(&mut self, written: Result<()>) {
        if let Err(error) = written {
            self.failure.get_or_insert(error);
        }
    }

    fn write(&mut self, at: &StepContext, event: &TradeEvent) -> Result<()> {
        if let TradeEvent::Closed(trade) = event {
            let profits = match at.phase {
                Phase::Train => &mut self.profits.train,
                Phase::Test => &mut self.profits.test,
            };
            profits.push(trade.net_pnl);
            self.logger.log_trade(at, self.symbol.as_deref(), trade)?;
        }
        let symbol = self.symbol.as_deref();
        self.tracer.as_mut().map_or(Ok(()), |tracer| tracer.trace(at, symbol, event))
    }
}

/// Creates the event file with the settings and data of the run.
fn start_curves(options: &TrainOptions, session: &Session) -> Result<EventWriter> {
    let mut writer = EventWriter::create(&options.layout.tensorboard(), options.clock)?;
    let mut settings = serde_json::to_value(&session.config.training)?;
    writer.add_text("config", &code_block(&settings)?)?;
    if let Some(data) = &session.data {
        writer.add_text("data", &code_block(&serde_json::to_value(data)?)?)?;
        settings["data_sha256"] = json!(data.sha256);
    }
    let metrics = METRICS.map(|(tag, _)| tag);
    let session = HyperParameters { settings: &settings, metrics: &metrics };
    writer.start_session(&session)?;
    writer.flush()?;
    Ok(writer)
}

/// Returns `json` as a code block in Markdown.
fn code_block(json: &Value) -> Result<String> {
    Ok(format!("```json\n{}\n```", serde_json::to_string_pretty(json)?))
}
