//! Where the events and figures of a run go.

use anyhow::Result;

use crate::environment::TradeEvent;
use crate::session::{Layout, Moment, TradeLogger};
use crate::tensorboard::{ScalarWriter, Scalars};
use crate::trace::TradeTracer;

use super::run::TrainOptions;

/// The trade log, the traces and the curves; those that are enabled.
pub(super) struct Sinks<'a> {
    pub(super) logger: &'a mut TradeLogger,
    tracer: Option<TradeTracer>,
    scalars: Option<ScalarWriter>,
    /// The first failure, told at the next flush: the account does not
    /// stop in the middle of a bar.
    failure: Option<anyhow::Error>,
}

impl<'a> Sinks<'a> {
    pub(super) fn open(options: &TrainOptions, logger: &'a mut TradeLogger) -> Result<Self> {
        let layout: &Layout = &options.layout;
        let config = &options.training;
        let tracer = config
            .enable_trade_tracing
            .then(|| TradeTracer::create(&layout.trades(), logger.session()))
            .transpose()?;
        let scalars = config
            .enable_tensorboard
            .then(|| ScalarWriter::create(&layout.tensorboard(), options.clock))
            .transpose()?;
        Ok(Self { logger, tracer, scalars, failure: None })
    }

    /// Names the symbol of the events to come, where there are several.
    pub(super) fn set_symbol(&mut self, symbol: Option<&str>) {
        self.logger.set_symbol(symbol);
        if let Some(tracer) = &mut self.tracer {
            tracer.set_symbol(symbol);
        }
    }

    /// Takes in what happened to the account at `at`.
    pub(super) fn event(&mut self, at: &Moment, event: &TradeEvent) {
        if let Err(error) = self.write(at, event) {
            self.failure.get_or_insert(error);
        }
    }

    /// Takes in the scalars of `step`.
    pub(super) fn scalars(&mut self, step: u64, scalars: Scalars) {
        if let Some(writer) = &mut self.scalars {
            writer.add(step, scalars);
        }
    }

    /// Writes what waits in memory.
    pub(super) fn flush(&mut self) -> Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        self.logger.flush()?;
        self.tracer.as_mut().map_or(Ok(()), TradeTracer::flush)?;
        self.scalars.as_mut().map_or(Ok(()), ScalarWriter::flush)
    }

    /// Writes what waits in memory and waits until the disk has it.
    pub(super) fn sync(&mut self) -> Result<()> {
        self.flush()?;
        self.tracer.as_mut().map_or(Ok(()), TradeTracer::sync)?;
        self.scalars.as_mut().map_or(Ok(()), ScalarWriter::sync)
    }

    fn write(&mut self, at: &Moment, event: &TradeEvent) -> Result<()> {
        if let TradeEvent::Closed(trade) = event {
            self.logger.log_trade(at, trade)?;
        }
        self.tracer.as_mut().map_or(Ok(()), |tracer| tracer.trace(at, event))
    }
}
