//! JSON as services lay it out.

use super::services::symbols;
use super::{read, summarize};

/// 2020-01-06 and the two days after it.
pub(super) const DAYS: [i64; 3] = [1_578_268_800, 1_578_355_200, 1_578_441_600];

#[track_caller]
pub(super) fn check(name: &str, json: &str) {
    let bars = read(json).unwrap_or_else(|error| panic!("{name}: {error}"));
    let found: Vec<[f64; 5]> =
        bars.iter().map(|b| [b.open, b.high, b.low, b.close, b.volume]).collect();
    let expected = [
        [100.0, 101.5, 99.5, 101.0, 500.0],
        [101.0, 102.0, 100.0, 100.5, 600.0],
        [100.5, 103.0, 100.25, 102.5, 550.0],
    ];
    assert_eq!(found, expected, "{name}");
    let times: Vec<i64> = bars.iter().map(|bar| bar.time_ms / 1000).collect();
    assert_eq!(times, DAYS, "{name}");
}

#[test]
fn layouts_of_services_are_read() {
    let [a, b, c] = DAYS;
    check(
        "Alpha Vantage",
        r#"{"Meta Data": {"1. Information": "Daily", "2. Symbol": "IBM"},
        "Time Series (Daily)": {
        "2020-01-08": {"1. open": "100.5", "2. high": "103", "3. low": "100.25", "4. close": "102.5", "5. volume": "550"},
        "2020-01-07": {"1. open": "101", "2. high": "102", "3. low": "100", "4. close": "100.5", "5. volume": "600"},
        "2020-01-06": {"1. open": "100", "2. high": "101.5", "3. low": "99.5", "4. close": "101", "5. volume": "500"}}}"#,
    );
    check(
        "Yahoo",
        &format!(
            r#"{{"chart": {{"result": [{{"meta": {{"symbol": "X"}}, "timestamp": [{a}, {b}, {c}],
            "indicators": {{"quote": [{{"close": [101, 100.5, 102.5], "open": [100, 101, 100.5],
            "high": [101.5, 102, 103], "low": [99.5, 100, 100.25], "volume": [500, 600, 550]}}],
            "adjclose": [{{"adjclose": [50, 50, 51]}}]}}}}], "error": null}}}}"#
        ),
    );
    check(
        "Polygon",
        &format!(
            r#"{{"ticker": "X", "results": [
            {{"v": 500, "vw": 100.2, "o": 100, "c": 101, "h": 101.5, "l": 99.5, "t": {a}000, "n": 3}},
            {{"v": 600, "vw": 101.2, "o": 101, "c": 100.5, "h": 102, "l": 100, "t": {b}000, "n": 3}},
            {{"v": 550, "vw": 101.2, "o": 100.5, "c": 102.5, "h": 103, "l": 100.25, "t": {c}000, "n": 3}}],
            "status": "OK"}}"#
        ),
    );
    check(
        "Coinbase",
        &format!(
            "[[{c},100.25,103,100.5,102.5,550],[{b},100,102,101,100.5,600],[{a},99.5,101.5,100,101,500]]"
        ),
    );
    check(
        "Bitfinex",
        &format!(
            "[[{a}000,100,101,101.5,99.5,500],[{b}000,101,100.5,102,100,600],[{c}000,100.5,102.5,103,100.25,550]]"
        ),
    );
    check(
        "Kraken",
        &format!(
            r#"{{"error": [], "result": {{"XXBTZUSD": [
            [{a}, "100", "101.5", "99.5", "101", "100.1", "500", 7],
            [{b}, "101", "102", "100", "100.5", "101.1", "600", 7],
            [{c}, "100.5", "103", "100.25", "102.5", "101.9", "550", 7]], "last": {c}}}}}"#
        ),
    );
    check(
        "Finnhub",
        &format!(
            r#"{{"c": [101, 100.5, 102.5], "h": [101.5, 102, 103], "l": [99.5, 100, 100.25],
            "o": [100, 101, 100.5], "s": "ok", "t": [{a}, {b}, {c}], "v": [500, 600, 550]}}"#
        ),
    );
    check(
        "Twelve Data",
        r#"{"meta": {"symbol": "X"}, "values": [
        {"datetime": "2020-01-08", "open": "100.5", "high": "103", "low": "100.25", "close": "102.5", "volume": "550"},
        {"datetime": "2020-01-07", "open": "101", "high": "102", "low": "100", "close": "100.5", "volume": "600"},
        {"datetime": "2020-01-06", "open": "100", "high": "101.5", "low": "99.5", "close": "101", "volume": "500"}]}"#,
    );
}

#[test]
fn several_tables_are_never_the_first_of_them() {
    let row = r#""2020-01-06": {"open": 1, "high": 2, "low": 1, "close": 2}"#;
    let one = format!(r#"{{"AAPL": {{{row}}}}}"#);
    assert_eq!(read(one).map(|bars| bars.len()), Ok(1));
    let two = format!(r#"{{"AAPL": {{{row}}}, "MSFT": {{{row}}}}}"#);
    assert_eq!(symbols(&two), ["AAPL", "MSFT"]);
    let quote = r#"{"timestamp": [1578268800], "indicators": {"quote": [
        {"open": [1], "high": [2], "low": [1], "close": [2]}]}}"#;
    let chart = |results: &str| read(format!(r#"{{"chart": {{"result": [{results}]}}}}"#));
    assert_eq!(chart(quote).map(|bars| bars.len()), Ok(1));
    assert!(
        chart(&format!("{quote}, {quote}")).unwrap_err().contains("several lists have no symbol")
    );
}

#[test]
fn frames_of_pandas_are_read_in_each_orient() {
    let [a, b, c] = DAYS;
    check(
        "split",
        &format!(
            r#"{{"columns": ["open", "high", "low", "close", "volume"],
            "index": [{a}000, {b}000, {c}000], "data": [[100, 101.5, 99.5, 101, 500],
            [101, 102, 100, 100.5, 600], [100.5, 103, 100.25, 102.5, 550]]}}"#
        ),
    );
    let row = |open, high, low, close, volume| {
        format!(
            r#"{{"open": {open}, "high": {high}, "low": {low}, "close": {close}, "volume": {volume}}}"#
        )
    };
    let rows = [
        row(100.0, 101.5, 99.5, 101.0, 500),
        row(101.0, 102.0, 100.0, 100.5, 600),
        row(100.5, 103.0, 100.25, 102.5, 550),
    ];
    let [one, two, three] = &rows;
    check("index", &format!(r#"{{"{a}000": {one}, "{b}000": {two}, "{c}000": {three}}}"#));
    let of = |one: f64, two: f64, three: f64| {
        format!(r#"{{"{a}000": {one}, "{b}000": {two}, "{c}000": {three}}}"#)
    };
    check(
        "columns",
        &format!(
            r#"{{"open": {}, "high": {}, "low": {}, "close": {}, "volume": {}}}"#,
            of(100.0, 101.0, 100.5),
            of(101.5, 102.0, 103.0),
            of(99.5, 100.0, 100.25),
            of(101.0, 100.5, 102.5),
            of(500.0, 600.0, 550.0)
        ),
    );
    let dated = |row: &str, time: i64| row.replacen('{', &format!(r#"{{"date": {time}000, "#), 1);
    let records = [dated(one, a), dated(two, b), dated(three, c)];
    check("records", &format!("[{}]", records.join(",")));
    check("lines", &records.join("\n"));
    check("table", &format!(r#"{{"schema": {{"fields": []}}, "data": [{}]}}"#, records.join(",")));
}

#[test]
fn what_is_in_quote_never_replaces_the_cells_of_the_row() {
    let row = r#""time": 1578268800, "open": 1, "high": 3, "low": 1, "close": 2"#;
    let volume = |cells: &str| read(format!("[{{{row}, {cells}}}]")).unwrap()[0].volume;
    for (cells, expected) in [
        (r#""volume": 79, "quote": {"volume": 7858.92, "trades": 5}"#, 79.0),
        (r#""volume": 79, "quote": {"USD": {"volume": 7858.92, "trades": 5}}"#, 79.0),
        (r#""base": {"volume": 79}, "quote": {"volume": 7858.92}"#, 79.0),
        (r#""quote": {"volume": 7858.92, "currency": "USD"}"#, 0.0),
    ] {
        assert!((volume(cells) - expected).abs() < f64::EPSILON, "{cells}");
    }
    let prices = r#""quote": {"open": 5, "high": 7, "low": 5, "close": 6}"#;
    let json = format!("[{{{row}, {prices}}}]");
    assert!((read(&json).unwrap()[0].open - 1.0).abs() < f64::EPSILON);
    let warnings = summarize(&json).read_report.unwrap().warnings;
    assert!(warnings.iter().any(|text| text.contains("prices of `quote`")), "{warnings:?}");
}
