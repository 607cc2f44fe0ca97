//! Replays of given exposures: the same account, and nothing overwritten.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use trainer::account::environment::{EnvironmentConfig, InvalidAction};
use trainer::account::metrics::CurveFile;
use trainer::market::bars::{BarSource, Reading};
use trainer::training::simulate::{
    EquityRow, FillRow, OutputFormats, ReplayRecorder, ReplayRow, ReplaySummary, SimulateOptions,
    TradeRow, simulate,
};

mod against_backtesting;
mod command;

const BARS: &str = "\
time,open,high,low,close
2020-01-01,100,101,99,100
2020-01-02,100,111,100,110
2020-01-03,120,121,119,120
2020-01-04,90,95,89,95
2020-01-05,80,81,79,80
";

/// All rows of a replay.
#[derive(Debug, Default)]
struct Rows {
    fills: Vec<FillRow>,
    trades: Vec<TradeRow>,
    refused: Vec<InvalidAction>,
    equity: Vec<EquityRow>,
}

/// A folder with bars and signals.
struct Folder(TempDir);

impl Folder {
    fn new(signals: &str) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        folder.write("bars.csv", BARS);
        folder.write("signals.csv", signals);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("it is writable");
    }

    fn options(&self) -> SimulateOptions {
        SimulateOptions {
            signals: self.path("signals.csv"),
            environment: EnvironmentConfig {
                commission_bps: 0.0,
                slippage_bps: 0.0,
                ..EnvironmentConfig::default()
            },
            periods_per_year: None,
            seed: 1,
        }
    }

    fn source(&self) -> BarSource {
        BarSource::open("bars.csv", self.0.path()).expect("there are bars")
    }

    fn replay(&self) -> (ReplaySummary, Rows) {
        self.replay_with(&self.options()).expect("a good replay")
    }

    fn replay_with(&self, options: &SimulateOptions) -> anyhow::Result<(ReplaySummary, Rows)> {
        let mut rows = Rows::default();
        let summary = simulate(&self.source(), options, &mut |row| {
            match row {
                ReplayRow::Fill(fill) => rows.fills.push(fill),
                ReplayRow::Trade(trade) => rows.trades.push(trade),
                ReplayRow::Refused(action) => rows.refused.push(action),
                ReplayRow::Equity(row) => rows.equity.push(row),
            }
            Ok(())
        })?;
        Ok((summary, rows))
    }

    /// Writes the files to the folder `out`.
    fn write_files(&self) -> anyhow::Result<ReplaySummary> {
        let mut recorder =
            ReplayRecorder::new(OutputFormats { json: true, csv: true, text: false });
        let summary = simulate(&self.source(), &self.options(), &mut |row| recorder.push(&row))?;
        recorder.write_files(&summary, &self.path("out")).map(|()| summary)
    }

    fn error(&self) -> String {
        let error = format!("{:#}", self.replay_with(&self.options()).unwrap_err());
        error.replace(self.0.path().to_str().expect("a UTF-8 path"), "[folder]")
    }
}

#[test]
fn a_signal_at_a_close_fills_at_the_next_open() {
    let folder = Folder::new("time,exposure\n2020-01-01,1\n2020-01-03,-0.5\n2020-01-04,0\n");
    let (summary, replay) = folder.replay();
    let fills: Vec<_> =
        replay.fills.iter().map(|fill| (fill.bar_idx, fill.units, fill.price)).collect();
    // 10,000 buy 100 at 100; 9,000 at 90 are worth a short of 50; at 80
    // it has earned 500.
    assert_eq!(fills, [(1, 100.0, 100.0), (3, -100.0, 90.0), (3, -50.0, 90.0), (4, 50.0, 80.0)]);
    let equity: Vec<_> = replay.equity.iter().map(|row| row.equity).collect();
    assert_eq!(equity, [10_000.0, 11_000.0, 12_000.0, 8750.0, 9500.0]);
    assert_eq!(replay.trades.len(), 2);
    let net: Vec<_> = replay.trades.iter().map(|trade| trade.net_pnl).collect();
    assert_eq!(net, [-1000.0, 500.0]);
    assert_eq!(summary.metrics.final_equity.to_bits(), 9500.0_f64.to_bits());
}

#[test]
fn a_repeated_exposure_keeps_the_units() {
    let folder = Folder::new("date,target\n2020-01-01,0.5\n2020-01-02,0.5\n2020-01-03,0.5\n");
    assert_eq!(folder.replay().1.fills.len(), 2);
}

#[test]
fn a_signal_below_one_lot_takes_the_position_down() {
    for (signal, units) in [("0.15", 10.0), ("0.05", 0.0), ("-0.05", 0.0), ("0", 0.0)] {
        let folder = Folder::new(&format!("time,exposure\n2020-01-01,3\n2020-01-02,{signal}\n"));
        let bars = "2020-01-01,100,100,100,100\n2020-01-02,100,100,100,100\n\
                    2020-01-03,100,100,100,100\n2020-01-04,100,100,100,100\n";
        folder.write("bars.csv", &format!("time,open,high,low,close\n{bars}"));
        let mut options = folder.options();
        (options.environment.lot_size, options.environment.leverage) = (10.0, 3.0);
        // 10,000 buy 300 at 100.
        let (_, rows) = folder.replay_with(&options).unwrap();
        let traded = rows.fills.iter().map(|fill| (fill.bar_idx, fill.units)).take(2);
        let traded: Vec<_> = traded.collect();
        assert_eq!(traded, [(1, 300.0), (2, units - 300.0)], "{signal}");
    }
}

#[test]
fn a_signal_between_bars_names_its_line() {
    let folder = Folder::new("time,exposure\n2020-01-01,1\n2020-01-02T12:00:00,0\n");
    insta::assert_snapshot!(folder.error(), @"`[folder]/signals.csv` line 3: no bar opens at `2020-01-02T12:00:00Z`; give the open time of a bar, in UTC");
    folder.write("signals.csv", "time,exposure\n2020-01-01,1\n2021-01-02,0\n");
    assert!(folder.error().contains("line 3: no bar opens at `2021-01-02T00:00:00Z`"));
    folder.write("signals.csv", "time,exposure\n2019-01-01,1\n");
    assert!(folder.error().contains("line 2: no bar opens"));
}

#[test]
fn a_bad_signal_names_its_line() {
    let error = |row: &str| Folder::new(&format!("time,exposure\n2020-01-01,0\n{row}\n")).error();
    insta::assert_snapshot!(error("2020-01-02,2"), @"`[folder]/signals.csv` line 3: the exposure `2` is beyond the leverage `1`; raise `--leverage`");
    insta::assert_snapshot!(error("2020-01-02,nan"), @"`[folder]/signals.csv` line 3: column `exposure`: `nan` is not a finite number; correct or delete the row");
    insta::assert_snapshot!(error("2020-01-01,1"), @"`[folder]/signals.csv` line 3: `2020-01-01` is not after the row before; sort the rows by time");
    let nameless = Folder::new("time,foo\n2020-01-01,0\n");
    insta::assert_snapshot!(nameless.error(), @"`[folder]/signals.csv` has no column `exposure`; found `time`, `foo`; name it so");
}

#[test]
fn the_written_curve_has_the_figures_of_the_replay() {
    let folder = Folder::new("time,exposure\n2020-01-01,1\n2020-01-03,-0.5\n");
    let metrics = folder.write_files().unwrap().metrics;
    let (path, reading) = (folder.path("out/equity.csv"), Reading::default());
    let curve = CurveFile { path: &path, reading: &reading };
    let curve = curve.measure(None, 1).unwrap().performance();
    assert_eq!((curve.sharpe, curve.calmar), (metrics.sharpe, metrics.calmar));
    assert_eq!(curve.n_bars, metrics.n_bars);
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path("out/replay.json")).unwrap()).unwrap();
    assert_eq!(json["format"], 1);
    assert_eq!(json["fills"].as_array().unwrap().len(), 4);
    let trades = fs::read_to_string(folder.path("out/trades.csv")).unwrap();
    insta::assert_snapshot!(trades.lines().next().unwrap(), @"trade_id,side,units,entry_time,entry_bar_idx,entry_price,exit_time,exit_bar_idx,exit_price,gross_pnl,commission,slippage,funding,borrow_fee,interest,dividends,net_pnl,return_on_equity,duration_bars,reason");
}

#[test]
fn earlier_results_are_never_overwritten() {
    let folder = Folder::new("time,exposure\n2020-01-01,1\n");
    folder.write_files().unwrap();
    let error = folder.write_files().unwrap_err();
    assert!(error.to_string().ends_with("name a folder without earlier results"), "{error}");
}

#[test]
fn a_date_and_a_time_are_joined_as_in_bars() {
    let folder = Folder::new("Date,Time,exposure\n2020-01-01,00:00,1\n2020-01-03,00:00:00,0\n");
    assert_eq!(folder.replay().1.fills.len(), 2);
    folder.write("signals.csv", "Date,Time,exposure\n2020-01-01,00:00,1\n2020-01-03,25:00,0\n");
    insta::assert_snapshot!(folder.error(), @"`[folder]/signals.csv` line 3: `2020-01-03 25:00` is not a time; write it as `YYYY-MM-DD HH:MM:SS` (UTC), `DD.MM.YYYY HH:MM:SS` or seconds since 1970");
}

#[test]
fn an_empty_exposure_is_no_signal() {
    let folder = Folder::new("time,exposure\n2020-01-01,1\n2020-01-02,\n2020-01-03,0\n");
    assert_eq!(folder.replay().1.fills.len(), 2);
}

#[test]
fn the_funding_column_is_paid_at_each_close() {
    let folder = Folder::new("time,exposure\n2020-01-01,1\n2020-01-03,0\n");
    let rates = ["funding", "0.01", "0.001", "", "0.01", "0.01"];
    let bars: Vec<String> =
        BARS.lines().zip(rates).map(|(bar, rate)| format!("{bar},{rate}\n")).collect();
    folder.write("bars.csv", &bars.concat());
    // 100 units at the close of 2020-01-02: 11,000 times 0.1 %. The day
    // after says nothing; sold at its open, 2020-01-04 costs nothing.
    let (summary, rows) = folder.replay();
    assert!((summary.metrics.funding - 11.0).abs() < 1e-9);
    assert!((rows.trades[0].funding - 11.0).abs() < 1e-9);
    assert!((summary.metrics.final_equity - (9000.0 - 11.0)).abs() < 1e-9);
}

#[test]
fn rows_beyond_the_memory_come_out_whole() {
    let bars: String =
        (0..30_000).map(|idx| format!("{},1,1,1,1\n", 1_600_000_000 + 60 * idx)).collect();
    let folder = Folder::new("time,exposure\n1600000000,1\n");
    folder.write("bars.csv", &format!("time,open,high,low,close\n{bars}"));
    folder.write_files().unwrap();
    let curve = fs::read_to_string(folder.path("out/equity.csv")).unwrap();
    assert_eq!(curve.lines().count(), 30_001);
    assert!(curve.len() > 1 << 20, "it never left the memory; the test proves nothing");
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path("out/replay.json")).unwrap()).unwrap();
    assert_eq!(json["equity"].as_array().unwrap().len(), 30_000);
    assert_eq!(json["equity"][29_999]["time"], "2020-10-04T08:25:40Z");
}
