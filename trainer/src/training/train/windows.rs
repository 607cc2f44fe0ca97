//! Walk-forward evaluation: a new learner for each window, one joined
//! equity curve, and a last learner that is fitted to all bars, whose
//! model is saved.
//!
//! Everything that is fitted, thresholds included, is fitted by a
//! window's own learner on its own training bars. The models of the
//! windows are saved to files and trade the joined account in one pass,
//! so that memory does not grow with the number of windows.

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
    /// Records the settings of the walk forward, if there is one.
    pub(super) fn record_windows(&mut self) {
        let mut config = self.options.training.walk_forward;
        config.windows = Some(self.n_windows);
        let record = WalkForwardRecord { config, windows: Vec::new() };
        self.outputs.logger.session_mut().walk_forward = (self.n_windows > 0).then_some(record);
    }

    /// Returns whether the current split is the last fit of a walk forward.
    pub(super) fn is_last_fit(&self) -> bool {
        self.n_windows > 0 && self.window == self.n_windows
    }

    /// Enters the window of `episode`; a new window gets a new learner.
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
            // The metrics of the last window are not this model's; those
            // of the joined account follow at the end.
            let session = self.outputs.logger.session_mut();
            (session.metrics, session.trials) = (MetricsRecord::default(), None);
            session.symbols.clear();
        }
        Ok(())
    }

    /// Saves the model of a window after its last episode, and records the
    /// metrics of that episode as the window's.
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
    /// by the model of its window; the result is the session's.
    pub(super) fn join_windows(&mut self) -> Result<()> {
        let walk = self.outputs.logger.session().walk_forward.clone();
        let Some(windows) = walk.map(|walk| walk.windows).filter(|windows| !windows.is_empty())
        else {
            return Ok(());
        };
        // The logs show this as one more episode.
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
        // TensorBoard's last values must be the session's metrics.
        self.outputs.scalars(self.progress.step + 1, result.scalars());
        self.record_evaluation(result);
        Ok(())
    }

    /// Returns the window and number of `episode` as text.
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

/// Returns `walk_forward.csv`; an undefined number is an empty cell.
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
