//! JSON and its names as exchanges and sellers of data give them.

#![expect(clippy::many_single_char_names, reason = "services name them so")]

use std::fs;

use tempfile::TempDir;
use trainer::market::bars::BarSource;

use super::json::{DAYS, check};
use super::read;

const BARS: [[f64; 5]; 3] = [
    [100.0, 101.5, 99.5, 101.0, 500.0],
    [101.0, 102.0, 100.0, 100.5, 600.0],
    [100.5, 103.0, 100.25, 102.5, 550.0],
];

/// Returns the symbols of a file, each with all of the bars.
pub(super) fn symbols(json: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("bars.json"), json).unwrap();
    let symbols = BarSource::open("bars.json", folder.path()).unwrap().symbols().unwrap();
    let n_bars = |source: &BarSource| source.read().unwrap().map(Result::unwrap).count();
    assert!(symbols.iter().all(|s| n_bars(&s.source) == n_bars(&symbols[0].source)));
    symbols.into_iter().map(|symbol| symbol.symbol).collect()
}

/// A row for each day by `row`, of its seconds, its date and its bar.
fn rows(row: impl Fn(i64, &str, [f64; 5]) -> String) -> Vec<String> {
    let dates = ["2020-01-06", "2020-01-07", "2020-01-08"];
    DAYS.iter().zip(dates).zip(BARS).map(|((time, date), bar)| row(*time, date, bar)).collect()
}

/// The same, as a list, the newest first.
fn newest_first(mut rows: Vec<String>) -> String {
    rows.reverse();
    format!("[{}]", rows.join(","))
}

fn list(rows: &[String]) -> String {
    format!("[{}]", rows.join(","))
}

fn named(date: &str, [o, h, l, c, v]: [f64; 5]) -> String {
    format!(r#"{{"date":"{date}","open":{o},"high":{h},"low":{l},"close":{c},"volume":{v}}}"#)
}

#[test]
fn lists_of_exchanges_are_read() {
    let klines = rows(|time, _, [o, h, l, c, v]| {
        let end = time * 1000 + 86_399_999;
        format!(r#"[{time}000,"{o}","{h}","{l}","{c}","{v}",{end},"50000.5",7,"10","11","0"]"#)
    });
    check("Binance", &list(&klines));
    let okx = rows(|time, _, [o, h, l, c, v]| {
        format!(r#"["{time}000","{o}","{h}","{l}","{c}","{v}","{v}","50000","1"]"#)
    });
    check("OKX", &format!(r#"{{"code":"0","msg":"","data":{}}}"#, newest_first(okx)));
    let bybit = rows(|time, _, [o, h, l, c, v]| {
        format!(r#"["{time}000","{o}","{h}","{l}","{c}","{v}","50000"]"#)
    });
    let bybit = newest_first(bybit);
    check(
        "Bybit",
        &format!(
            r#"{{"retCode":0,"retMsg":"OK","result":{{"symbol":"BTCUSD","category":"inverse",
            "list":{bybit}}},"retExtInfo":{{}},"time":1672025956592}}"#
        ),
    );
    let gate = rows(|time, _, [o, h, l, c, v]| {
        format!(r#"["{time}","50000.5","{c}","{h}","{l}","{o}","{v}"]"#)
    });
    check("Gate", &list(&gate));
    let lines = rows(|_, date, [o, h, l, c, v]| format!(r#"["{date}",{o},{h},{l},{c},{v}]"#));
    check("lists line by line", &lines.join("\n"));
}

#[test]
fn objects_of_services_are_read() {
    let tiingo = rows(|_, date, [o, h, l, c, v]| {
        let [ao, ah, al, ac] = [o, h, l, c].map(|price| price / 2.0);
        format!(
            r#"{{"date":"{date}T00:00:00.000Z","close":{c},"high":{h},"low":{l},"open":{o},
            "volume":{v},"adjClose":{ac},"adjHigh":{ah},"adjLow":{al},"adjOpen":{ao},
            "adjVolume":{v},"divCash":0.0,"splitFactor":1.0}}"#
        )
    });
    check("Tiingo", &list(&tiingo));
    let crypto = list(&rows(|_, date, bar| named(date, bar)));
    check(
        "Tiingo, coins",
        &format!(r#"[{{"ticker":"btcusd","baseCurrency":"btc","priceData":{crypto}}}]"#),
    );
    let compare = list(&rows(|time, _, [o, h, l, c, v]| {
        format!(
            r#"{{"time":{time},"high":{h},"low":{l},"open":{o},"volumefrom":{v},
            "volumeto":50000,"close":{c},"conversionType":"direct","conversionSymbol":""}}"#
        )
    }));
    check(
        "CryptoCompare",
        &format!(
            r#"{{"Response":"Success","Message":"","HasWarning":false,"RateLimit":{{}},
            "Data":{{"Aggregated":false,"TimeFrom":1,"TimeTo":2,"Data":{compare}}}}}"#
        ),
    );
    let fmp = newest_first(rows(|_, date, bar| named(date, bar)));
    check("FMP", &format!(r#"{{"symbol":"AAPL","historical":{fmp}}}"#));
    let coinbase = newest_first(rows(|time, _, [o, h, l, c, v]| {
        format!(
            r#"{{"start":"{time}","low":"{l}","high":"{h}","open":"{o}","close":"{c}","volume":"{v}"}}"#
        )
    }));
    check("Coinbase Advanced", &format!(r#"{{"candles":{coinbase}}}"#));
    let oanda = list(&rows(|_, date, [o, h, l, c, v]| {
        format!(
            r#"{{"complete":true,"volume":{v},"time":"{date}T00:00:00.000000000Z",
            "mid":{{"o":"{o}","h":"{h}","l":"{l}","c":"{c}"}}}}"#
        )
    }));
    check("OANDA", &format!(r#"{{"instrument":"EUR_USD","candles":{oanda}}}"#));
    let deribit = |of: fn([f64; 5]) -> f64| list(&BARS.map(|bar| of(bar).to_string()));
    let ticks = list(&DAYS.map(|time| format!("{time}000")));
    let [o, h, l] = [deribit(|b| b[0]), deribit(|b| b[1]), deribit(|b| b[2])];
    let [c, v] = [deribit(|b| b[3]), deribit(|b| b[4])];
    check(
        "Deribit",
        &format!(
            r#"{{"result":{{"volume":{v},"ticks":{ticks},"status":"ok","open":{o},"low":{l},
            "high":{h},"cost":[1,2,3],"close":{c}}},"usIn":1}}"#
        ),
    );
    let upbit = newest_first(rows(|time, date, [o, h, l, c, v]| {
        format!(
            r#"{{"market":"KRW-BTC","candle_date_time_utc":"{date}T00:00:00",
            "candle_date_time_kst":"{date}T09:00:00","opening_price":{o},"high_price":{h},
            "low_price":{l},"trade_price":{c},"timestamp":{time}777,
            "candle_acc_trade_price":5,"candle_acc_trade_volume":{v},"unit":1}}"#
        )
    }));
    check("Upbit", &upbit);
}

#[test]
fn several_symbols_in_json_are_told_apart() {
    let bars = list(&rows(|_, date, [o, h, l, c, v]| {
        format!(r#"{{"t":"{date}T05:00:00Z","o":{o},"h":{h},"l":{l},"c":{c},"v":{v},"vw":100.1}}"#)
    }));
    let alpaca = format!(r#"{{"bars":{{"AAPL":{bars},"MSFT":{bars}}},"next_page_token":null}}"#);
    assert_eq!(symbols(&alpaca), ["AAPL", "MSFT"]);
    let values = list(&rows(|_, date, bar| named(date, bar)));
    let twelve =
        format!(r#"{{"AAPL":{{"meta":{{}},"values":{values}}},"MSFT":{{"values":{values}}}}}"#);
    assert_eq!(symbols(&twelve), ["AAPL", "MSFT"]);
    let fmp = ["AAPL", "MSFT"].map(|s| format!(r#"{{"symbol":"{s}","historical":{values}}}"#));
    assert_eq!(symbols(&format!(r#"{{"historicalStockList":{}}}"#, list(&fmp))), ["AAPL", "MSFT"]);
    let lists = list(&rows(|time, _, [o, h, l, c, v]| format!("[{time},{o},{h},{l},{c},{v}]")));
    assert_eq!(symbols(&format!(r#"{{"BTC":{lists},"ETH":{lists}}}"#)), ["BTC", "ETH"]);
}

#[test]
fn what_json_says_beside_its_rows_counts() {
    let five = |clock: &str, [o, h, l, c, v]: [f64; 5]| {
        format!(
            r#""2020-01-06 {clock}": {{"1. open":"{o}","2. high":"{h}","3. low":"{l}",
            "4. close":"{c}","5. volume":"{v}"}}"#
        )
    };
    let rows = [five("09:30:00", BARS[0]), five("09:35:00", BARS[1])].join(",");
    let json = format!(
        r#"{{"Meta Data":{{"2. Symbol":"IBM","6. Time Zone":"US/Eastern"}},
        "Time Series (5min)":{{{rows}}}}}"#
    );
    let first_ms = read(&json).unwrap()[0].time_ms;
    assert_eq!(first_ms, trainer::market::bars::parse_time_ms("2020-01-06 14:30").unwrap());
    // Names beside lists, in an order of their own.
    let lists: Vec<String> =
        self::rows(|_, date, [o, h, l, c, v]| format!(r#"["{date}",{c},{o},{h},{l},1,{v}]"#));
    check(
        "Quandl",
        &format!(
            r#"{{"dataset":{{"column_names":["Date","Close","Open","High","Low","Change","Volume"],
            "data":{}}}}}"#,
            list(&lists)
        ),
    );
    let columns = r#"{"t":[1578268800,1578355200],"o":[1],"h":[2,2],"l":[1,1],"c":[2,2]}"#;
    assert!(read(columns).unwrap_err().contains("lists are not of the same length"));
    let error = r#"{"code":-1121,"msg":"Invalid symbol."}"#;
    assert!(read(error).unwrap_err().contains("`msg`: Invalid symbol."));
}

#[test]
fn a_small_letter_is_the_open_and_a_capital_the_close() {
    let line = |time: i64, [o, h, l, c, v]: [f64; 5]| {
        let end = time * 1000 + 86_399_999;
        format!(
            r#"{{"e":"kline","s":"BTC","k":{{"t":{time}000,"T":{end},"i":"1d","L":9,"o":"{o}",
            "c":"{c}","h":"{h}","l":"{l}","v":"{v}","V":"1"}}}}"#
        )
    };
    let lines = DAYS.iter().zip(BARS).map(|(time, bar)| line(*time, bar).replace('\n', ""));
    check("Binance, as a stream", &lines.collect::<Vec<_>>().join("\n"));
}
