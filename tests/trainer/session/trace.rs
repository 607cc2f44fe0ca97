//! The traces: one JSON object a line, never half of one.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

use std::fs;

use serde_json::Value;
use trainer::account::environment::TradeEvent;
use trainer::config::TrainingConfig;
use trainer::session::trace::TradeTracer;
use trainer::session::{Layout, Phase, SessionLogger, StepContext};

use crate::session::{closed_trade, start};

const AT: StepContext = StepContext { episode: 2, batch: 3, step: 4000, phase: Phase::Train };

fn lines(tracer: &TradeTracer) -> Vec<Value> {
    let text = fs::read_to_string(tracer.path()).unwrap();
    assert!(text.ends_with('\n'), "half a line: {text:?}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn tracer(logger: &SessionLogger, layout: &Layout) -> TradeTracer {
    TradeTracer::create(&layout.trades(), logger.session()).unwrap()
}

#[test]
fn the_first_line_tells_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, logger) = start(folder.path(), &TrainingConfig::default());
    let tracer = tracer(&logger, &layout);
    assert!(tracer.path().ends_with("logs/trades/trade_traces_20260131_120000.jsonl"));
    insta::assert_snapshot!(
        fs::read_to_string(tracer.path()).unwrap(),
        @r#"{"event":"TRACE_STARTED","format":1,"session":"20260131_120000","tool_version":"0.1.0"}"#
    );
}

#[test]
fn an_event_is_one_flat_object() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, logger) = start(folder.path(), &TrainingConfig::default());
    let mut tracer = tracer(&logger, &layout);
    tracer.trace(&AT, None, &TradeEvent::Closed(closed_trade(7))).unwrap();
    tracer.flush().unwrap();
    insta::assert_json_snapshot!(lines(&tracer)[1]);
}

#[test]
fn lines_wait_for_the_flush_and_come_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, logger) = start(folder.path(), &TrainingConfig::default());
    let mut tracer = tracer(&logger, &layout);
    tracer.trace(&AT, None, &TradeEvent::Closed(closed_trade(1))).unwrap();
    assert_eq!(lines(&tracer).len(), 1);
    for id in 2..2000 {
        tracer.trace(&AT, None, &TradeEvent::Closed(closed_trade(id))).unwrap();
        if id % 100 == 0 {
            lines(&tracer);
        }
    }
    assert!(lines(&tracer).len() > 1, "2000 trades still wait in memory");
    tracer.flush().unwrap();
    let lines = lines(&tracer);
    assert_eq!(lines.len(), 2000);
    assert_eq!(lines[1999]["trade_id"], 1999);
}

#[test]
fn an_earlier_trace_of_the_same_second_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, logger) = start(folder.path(), &TrainingConfig::default());
    let first = tracer(&logger, &layout);
    let second = tracer(&logger, &layout);
    assert!(second.path().ends_with("trade_traces_20260131_120000_2.jsonl"));
    assert_eq!(lines(&first).len(), 1);
}
