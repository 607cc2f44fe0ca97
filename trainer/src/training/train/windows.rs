//! Walking forward: a fresh learner for each window, one joined curve,
//! and last a learner that is fitted to all bars, whose model is saved.
//!
//! All that is fitted, from the values of exposures to any threshold, is
//! fitted by a window's own learner on its own training bars. The models
//! of the windows are kept as files, and the joined account is traded by
//! them in one pass, so that memory does not grow with the windows.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Result;
use tracing::{debug, info};

use crate::account::metrics::Performance;
use crate::learning::model::TradingModel;
use crate::session::{
    MetricsRecord, Phase, SpanRecord, StepContext, WalkForwardRecord, WindowRecord,
    write_atomically,
};

use super::save;
use super::training_run::{TrainingRun, new_learner};

impl TrainingRun<'_> {
    /// Notes in the record that this is a walk forward, if it is.
    pub(super) fn record_windows(&mut self) {
        let mut config = self.options.training.walk_forward;
        config.windows = Some(self.n_windows);
        let record = WalkForwardRecord { config, windows: Vec::new() };
        self.outputs.logger.session_mut().walk_forward = (self.n_windows > 0).then_some(record);
    }

    /// Returns whether the model that a walk forward saves is being fitted.
    pub(super) fn is_last_fit(&self) -> bool {
        self.n_windows > 0 && self.window == self.n_windows
    }

    /// Turns to the window of `episode`; a new window has a new learner.
    pub(super) fn enter_window(&mut self, episode: usize) -> Result<()> {
        let n_episodes = self.options.training.total_episodes;
        self.window = (episode - 1) / n_episodes;
        self.split = self.splits[self.window];
        let split = self.split_records[self.window].clone();
        self.outputs.logger.session_mut().split = Some(split);
        let is_first = (episode - 1).is_multiple_of(n_episodes);
        if is_first && self.progress.episode_state.is_none() {
            self.learner = new_learner(self.options, &self.features)?;
        }
        if is_first && self.is_last_fit() {
            // Those of the last window are not this model's; the joined
            // account's come at the end.
            let session = self.outputs.logger.session_mut();
            (session.metrics, session.trials) = (MetricsRecord::default(), None);
            session.symbols.clear();
        }
        Ok(())
    }

    /// Keeps the model and the figures of a window after its last
    /// episode, of which the record holds the figures.
    pub(super) fn leave_window(&mut self, episode: usize) -> Result<()> {
        let n_episodes = self.options.training.total_episodes;
        if self.window >= self.n_windows || !episode.is_multiple_of(n_episodes) {
            return Ok(());
        }
        let window = self.window + 1;
        let model = if self.learner.is_trained() {
            let path = self.options.layout.window_model(window);
            Some(save::save(&self.model_context(), &path)?)
        } else {
            None
        };
        debug!("finished window {window}");
        let session = self.outputs.logger.session_mut();
        let (metrics, split) = (session.metrics.clone(), self.split_records[self.window].clone());
        let judgement = session.judgement;
        if let Some(walk) = &mut session.walk_forward {
            walk.windows.push(WindowRecord { window, split, metrics, judgement, model });
        }
        Ok(())
    }

    /// Trades the test bars of all finished windows in one account, each
    /// by the model of its window: the session's figures are of that.
    pub(super) fn join_windows(&mut self) -> Result<()> {
        let walk = self.outputs.logger.session().walk_forward.clone();
        let Some(windows) = walk.map(|walk| walk.windows).filter(|windows| !windows.is_empty())
        else {
            return Ok(());
        };
        // In the logs it comes as one more episode.
        let at = StepContext {
            episode: self.options.training.total_episodes * self.splits.len() + 1,
            batch: 0,
            step: self.progress.step,
            phase: Phase::Test,
        };
        let symbols = Arc::clone(&self.symbols);
        let mut evaluation = self.evaluation_options(at).begin(&symbols, 0..windows.len(), None)?;
        for (idx, window) in windows.iter().enumerate() {
            let path =
                window.model.as_ref().map(|model| self.options.layout.root().join(&model.path));
            let model = path.map(|path| TradingModel::load(&path)).transpose()?;
            let policy = model.as_ref().map(TradingModel::policy);
            evaluation.trade(policy, idx, &mut self.outputs)?;
        }
        let result = self.record_symbols(evaluation.finish()?);
        info!(
            "{} windows joined: test net return {:+.2} %",
            windows.len(),
            result.agent.net_return * 100.0
        );
        write_atomically(&self.options.layout.windows(), table(&windows).as_bytes())?;
        // The last point of each curve is the session's figure.
        self.outputs.scalars(self.progress.step + 1, result.scalars());
        self.record_evaluation(result);
        Ok(())
    }

    /// Says where in the run `episode` is.
    pub(super) fn position_in_run(&self, episode: usize) -> String {
        let n_episodes = self.options.training.total_episodes;
        let within = (episode - 1) % n_episodes + 1;
        let part = match self.n_windows {
            0 => String::new(),
            n if self.window == n => "last fit, ".to_owned(),
            n => format!("window {}/{n}, ", self.window + 1),
        };
        format!("{part}episode {within}/{n_episodes}")
    }
}

/// Returns `walk_forward.csv`; what is undefined is an empty cell.
fn table(windows: &[WindowRecord]) -> String {
    let mut text = "window,train_first,train_last,test_first,test_last,net_return,sharpe,\
                    max_drawdown,n_trades,buy_and_hold_net_return\n"
        .to_owned();
    for WindowRecord { window, split, metrics, .. } in windows {
        let agent = metrics.agent.as_ref();
        let buy_and_hold = metrics.buy_and_hold.as_ref();
        let [train_first, train_last, test_first, test_last] =
            [first(&split.train), last(&split.train), first(&split.test), last(&split.test)];
        let sharpe = agent.and_then(|agent| agent.sharpe);
        let numbers = [
            agent.map(|agent| agent.net_return),
            sharpe,
            agent.map(|agent| agent.max_drawdown),
            agent.map(|agent| agent.n_trades as f64),
            buy_and_hold.map(net_return),
        ];
        let cells: Vec<String> = numbers
            .iter()
            .map(|number| number.map(|number| number.to_string()).unwrap_or_default())
            .collect();
        let cells = cells.join(",");
        let _ =
            writeln!(text, "{window},{train_first},{train_last},{test_first},{test_last},{cells}");
    }
    text
}

fn net_return(performance: &Performance) -> f64 {
    performance.net_return
}

fn first(span: &SpanRecord) -> &str {
    span.first.as_deref().unwrap_or_default()
}

fn last(span: &SpanRecord) -> &str {
    span.last.as_deref().unwrap_or_default()
}
