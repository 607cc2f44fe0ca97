//! Reads all that a page shows of one session.

use anyhow::{Result, ensure};

use crate::market::bars::{Bar, BarSource};
use crate::missing_feature::MissingFeature;

use super::curve::{Curve, CurveOptions};
use super::importance::{self, Importances};
use super::periods::fine_calendar;
use super::record::JsonRecord;
use super::rolling::{Rolling, RollingOptions};
use super::series::{Aggregation, Series};
use super::source::{ReportContext, SessionSource};
use super::trades::{self, TradeLedgers};

const BAR_COLUMNS: &[(&str, Aggregation)] = &[
    ("close", Aggregation::Last),
    ("high", Aggregation::Max),
    ("low", Aggregation::Min),
    ("volume", Aggregation::Sum),
];

/// The most points and trades of one session in a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionLimits {
    bars: usize,
    train: usize,
    test: usize,
    trades: usize,
}

impl SessionLimits {
    /// Divides the points of a page of less than 3 MB among its sessions.
    pub(super) fn among(n_sessions: usize) -> Self {
        let n = n_sessions.max(1);
        Self { bars: 40_000 / n, train: 20_000 / n, test: 24_000 / n, trades: 12_000 / n }
    }
}

/// The data of one session.
#[derive(Debug)]
pub(super) struct ReportInput {
    /// Its name in the page.
    pub(super) name: String,
    pub(super) record: JsonRecord,
    pub(super) manifest: Option<JsonRecord>,
    pub(super) archive: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) bars: Option<Series>,
    pub(super) train: Option<Curve>,
    pub(super) test: Option<Curve>,
    pub(super) ledgers: Option<TradeLedgers>,
    pub(super) importances: Option<Importances>,
    /// What could not be shown, and why.
    pub(super) notes: Vec<String>,
}

impl ReportInput {
    /// Reads a session. Fails only without a record, or where this build
    /// cannot read the bars; other failures become notes.
    pub(super) fn read(
        source: &SessionSource,
        context: &ReportContext<'_>,
        limits: SessionLimits,
    ) -> Result<Self> {
        let record = JsonRecord::session(source)?;
        let mut failures = ReadFailures(Vec::new());
        let manifest = JsonRecord::manifest(source);
        let manifest = failures.or_none("The archive's manifest could not be read", manifest);
        // A portfolio's price is in its curve alone.
        let price = (!record.is_portfolio()).then(|| read_bars(&record, context, limits.bars));
        let bars = match price.transpose() {
            Err(error) if error.is::<MissingFeature>() => return Err(error),
            read => failures.or_none("The price is that of the test bars alone", read),
        };
        let mut curve = |name: &str, n_points_max: usize| {
            let mut options = Some(curve_options(&record, n_points_max));
            let read = source.read(name, &mut |file| {
                Curve::read(file, options.take().expect("a file is read once"))
            });
            failures.or_none("A curve is missing", read)
        };
        let train = curve("logs/trades/train_equity.csv", limits.train);
        let test = curve("logs/trades/equity.csv", limits.test);
        let id = record.text("/id").unwrap_or_default().to_owned();
        let last_episode = record.list("/episodes").last().and_then(|it| it["episode"].as_u64());
        let ledgers = trades::read(source, &id, last_episode, limits.trades);
        let ledgers = failures.or_none("The trades could not be read", ledgers);
        let importances = importance::read(source, &record);
        let importances = failures.or_none("The model could not be read", importances);
        let archive = archive_name(source, manifest.as_ref());
        let name = if id.is_empty() { archive.clone().unwrap_or_default() } else { id };
        let commit = manifest.as_ref().map_or_else(
            || context.commit.map(str::to_owned),
            |manifest| manifest.text("/git/commit").map(str::to_owned),
        );
        Ok(Self {
            name,
            record,
            manifest,
            archive,
            commit,
            bars,
            train,
            test,
            ledgers,
            importances,
            notes: failures.0,
        })
    }
}

/// What could not be read, and why.
struct ReadFailures(Vec<String>);

impl ReadFailures {
    /// Returns what was `read`; a failure is failures as `what`.
    fn or_none<T>(&mut self, what: &str, read: Result<Option<T>>) -> Option<T> {
        read.unwrap_or_else(|why| {
            self.0.push(format!("{what}: {why:#}."));
            None
        })
    }
}

fn archive_name(source: &SessionSource, manifest: Option<&JsonRecord>) -> Option<String> {
    let SessionSource::Archive(path) = source else { return None };
    let named = manifest.and_then(|manifest| manifest.text("/name")).map(str::to_owned);
    named.or_else(|| Some(path.file_name()?.to_string_lossy().into_owned()))
}

fn curve_options(record: &JsonRecord, n_points_max: usize) -> CurveOptions {
    let parts = record.parts();
    let (first, last) = parts.test.unwrap_or_default();
    let interval_ms = record.number("/data/interval_seconds").unwrap_or_default() * 1000.0;
    // Rolling figures are based on returns, which end at ruin.
    let per_year = record.number("/metrics/agent/periods_per_year/value");
    let rolling = per_year.filter(|_| !record.is_ruined()).and_then(|per_year| {
        Rolling::new(RollingOptions {
            n_bars: parts.n_test,
            interval_ms,
            periods_per_year: per_year,
        })
    });
    #[expect(clippy::cast_possible_truncation, reason = "an interval has few milliseconds")]
    let fine = fine_calendar(last - first, interval_ms as i64);
    CurveOptions { n_points_max, fine, rolling }
}

/// Reads the bars that the session was trained on, in one pass.
///
/// Fails when they are gone or have changed.
fn read_bars(
    record: &JsonRecord,
    context: &ReportContext<'_>,
    n_points_max: usize,
) -> Result<Series> {
    let mut series = Series::new(BAR_COLUMNS, n_points_max);
    let mut push = |bar: &Bar| {
        series.push(bar.time_ms, &[bar.close, bar.high, bar.low, bar.volume]);
    };
    if let Some(bars) = context.bars {
        for bar in bars.read()? {
            push(&bar?);
        }
        return Ok(series);
    }
    let spec = record
        .text("/config/training/data")
        .or_else(|| record.text("/data/source"))
        .unwrap_or_default();
    let source = BarSource::open(spec, context.data_root)?.with_config(&record.bars_config());
    let found = source.scan(&mut push)?;
    ensure!(
        record.text("/data/sha256") == Some(&found.sha256),
        "`{spec}` holds other bars now than the session was trained on"
    );
    Ok(series)
}
