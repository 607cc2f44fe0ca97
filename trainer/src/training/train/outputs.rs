//! Where the events and figures of a run go.

use anyhow::Result;
use serde_json::{Value, json};

use crate::account::environment::TradeEvent;
use crate::session::tensorboard::{EventWriter, Histogram, HyperParameters, Scalars, SessionEnd};
use crate::session::trace::TradeTracer;
use crate::session::{Layout, Phase, Session, StepContext, TradeLogger};

use super::evaluation_result::METRICS;
use super::options::{RunEnd, TrainOptions};

/// The trade log, the traces and the curves; those that are enabled.
pub(super) struct RunOutputs<'a> {
    pub(super) logger: &'a mut TradeLogger,
    tracer: Option<TradeTracer>,
    curves: Option<EventWriter>,
    trades: TradeProfits,
    /// The first failure, told at the next flush: the account does not
    /// stop in the middle of a bar.
    failure: Option<anyhow::Error>,
}

/// The net profits of the trades closed since they were last taken.
#[derive(Debug, Default)]
pub(super) struct TradeProfits {
    pub(super) train: Histogram,
    pub(super) test: Histogram,
}

impl<'a> RunOutputs<'a> {
    pub(super) fn open(options: &TrainOptions, logger: &'a mut TradeLogger) -> Result<Self> {
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
        Ok(Self { logger, tracer, curves, trades: TradeProfits::default(), failure: None })
    }

    /// Whether curves are drawn: else what only they show is not worth
    /// its time.
    pub(super) fn draws(&self) -> bool {
        self.curves.is_some()
    }

    /// Names the symbol of the events to come, where there are several.
    pub(super) fn set_symbol(&mut self, symbol: Option<&str>) {
        self.logger.set_symbol(symbol);
        if let Some(tracer) = &mut self.tracer {
            tracer.set_symbol(symbol);
        }
    }

    /// Records what happened to the account at `at`.
    pub(super) fn event(&mut self, at: &StepContext, event: &TradeEvent) {
        let written = self.write(at, event);
        self.note(written);
    }

    /// Records the scalars of `step`.
    pub(super) fn scalars(&mut self, step: u64, scalars: Scalars) {
        let written = self.curves.as_mut().map_or(Ok(()), |writer| writer.add(step, scalars));
        self.note(written);
    }

    /// Returns the profits of the trades closed since the last call.
    pub(super) fn take_trades(&mut self) -> TradeProfits {
        std::mem::take(&mut self.trades)
    }

    /// Returns the profits of the lesson under way, if there are any.
    pub(super) fn train_trades(&self) -> Option<Histogram> {
        let profits = &self.trades.train;
        (profits.n_values() > 0).then(|| profits.clone())
    }

    /// Goes on with `profits`, those of a lesson that was interrupted.
    pub(super) fn restore_train_trades(&mut self, profits: Option<Histogram>) {
        self.trades.train = profits.unwrap_or_default();
    }

    /// Writes what waits in memory.
    pub(super) fn flush(&mut self) -> Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        self.logger.flush()?;
        self.tracer.as_mut().map_or(Ok(()), TradeTracer::flush)?;
        self.curves.as_mut().map_or(Ok(()), EventWriter::flush)
    }

    /// Writes what waits in memory, tells the curves how the run ended,
    /// and waits until the disk has it.
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

    fn note(&mut self, written: Result<()>) {
        if let Err(error) = written {
            self.failure.get_or_insert(error);
        }
    }

    fn write(&mut self, at: &StepContext, event: &TradeEvent) -> Result<()> {
        if let TradeEvent::Closed(trade) = event {
            let profits = match at.phase {
                Phase::Train => &mut self.trades.train,
                Phase::Test => &mut self.trades.test,
            };
            profits.push(trade.net_pnl);
            self.logger.log_trade(at, trade)?;
        }
        self.tracer.as_mut().map_or(Ok(()), |tracer| tracer.trace(at, event))
    }
}

/// Creates the event file and tells it what is trained.
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

/// Returns `json` as Markdown that keeps its lines.
fn code_block(json: &Value) -> Result<String> {
    Ok(format!("```json\n{}\n```", serde_json::to_string_pretty(json)?))
}
