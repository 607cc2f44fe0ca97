//! Which column holds what.

use trainer::market::bars::{Bar, BarsConfig};

use super::{BAR, HOUR_MS, START_MS, folder, read, summarize, test_data, warnings, wrapped};

/// One bar in a file with these columns.
#[track_caller]
fn check_columns(header: &str, row: &str) {
    assert_eq!(read(format!("{header}\n{row}\n")), Ok(vec![BAR]), "{header}");
}

#[test]
fn columns_are_found_by_name_in_any_order_and_case() {
    check_columns("Date,open,high,low,close,volume", "2020-01-01,10,12.5,9,11,3.25");
    check_columns("VOLUME,CLOSE,LOW,HIGH,OPEN,TIMESTAMP", "3.25,11,9,12.5,10,2020-01-01");
    check_columns(
        "Date,BTC.open,BTC.close,BTC.high,BTC.low,BTC.volume",
        "2020-01-01 00:00:00,10,11,12.5,9,3.25",
    );
    check_columns("Open time;Open;High;Low;Close;Volume", "1577836800000;10;12.5;9;11;3.25");
    check_columns("datetime\topen\thigh\tlow\tclose\tvol", "2020-01-01\t10\t12.5\t9\t11\t3.25");
    check_columns(",Open,High,Low,Close,Volume", "2020-01-01,10,12.5,9,11,3.25");
    check_columns("\"Date\", \"Open\",High,Low,Close,Volume", "2020-01-01,\"10\", 12.5 ,9,11,3.25");
}

#[test]
fn columns_that_only_sound_alike_are_left_alone() {
    check_columns("Date,Open,High,Low,Adj Close,Close,Volume", "2020-01-01,10,12.5,9,5,11,3.25");
    check_columns(
        "close_time,quote_volume,open_time,open,high,low,close,volume,taker_buy_volume",
        "1577840399999,7,1577836800000,10,12.5,9,11,3.25,1",
    );
    check_columns(
        "unix,date,symbol,open,high,low,close,Volume BTC,Volume USD",
        "1577836800,2019-12-31 19:00,BTC/USD,10,12.5,9,11,3.25,36000",
    );
    let error = read("Date,Open,High,Low,Adj Close\n2020-01-01,1,1,1,1\n").unwrap_err();
    insta::assert_snapshot!(wrapped(error), @r"
    `bars.csv` has no column `close`; found `Date`, `Open`, `High`, `Low`,
    `Adj Close`; name the columns time, open, high, low, close and, if
    there is one, volume, or say which they are in `bars.columns`, such as
    by `--column close=NAME`
    ");
}

#[test]
fn a_date_and_a_time_column_belong_together() {
    let bars = read("Date,Time,Open,High,Low,Close\n2020.01.01,01:00,1,1,1,1\n").unwrap();
    assert_eq!(bars[0].time_ms, START_MS + HOUR_MS);
    let bars = read("<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>\n20200101,010000,1,1,1,1\n");
    assert_eq!(bars.unwrap()[0].time_ms, START_MS + HOUR_MS);
    let bars = read("Time,Date,Open,High,Low,Close\n7,2020-01-01 01:00,1,1,1,1\n").unwrap();
    assert_eq!(bars[0].time_ms, START_MS + HOUR_MS);
}

#[test]
fn volume_is_0_where_no_column_has_it() {
    let bars = read("Date,open,high,low,close\n2020-01-01,10,12.5,9,11\n");
    assert_eq!(bars, Ok(vec![Bar { volume: 0.0, ..BAR }]));
}

#[test]
fn klines_need_no_header() {
    let kline = "10,12.5,9,11,3.25,1577840399999,1,2,3,4,0";
    let millis = read(format!("1577836800000,{kline}\n"));
    assert_eq!(millis, Ok(vec![BAR]));
    let micros = "1577836800000000,10,12.5,9,11,3.25,1577840399999999,1,2,3,4,0\n";
    assert_eq!(read(micros), Ok(vec![BAR]));
}

#[test]
fn other_files_need_none_where_they_cannot_be_mistaken() {
    assert_eq!(read("2020-01-01,10,12.5,9,11,3.25\n"), Ok(vec![BAR]));
    let error = read("2020-01-01,12.5,10,9,11,3.25\n").unwrap_err();
    insta::assert_snapshot!(wrapped(error), @r"
    `bars.csv` has no header, and its columns are ambiguous; put this line
    at the top, with each name above its column:
    `date,high,open,low,close,volume`
    ");
}

#[test]
fn of_equal_prices_each_has_its_usual_name() {
    let error = read("X,2020-01-01,11,11,11,11,3.25\n").unwrap_err();
    assert!(error.contains("`symbol,date,open,high,low,close,volume`"), "{error}");
}

#[test]
fn a_column_without_a_name_is_no_volume_in_money() {
    for name in ["", "No."] {
        let content = format!("{name},Date,open,high,low,close\n1,2020-01-01,10,12.5,9,11\n");
        let report = summarize(content).read_report.unwrap();
        assert_eq!(report.warnings, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn lines_above_the_names_are_passed_over_and_counted() {
    let header = "https://www.example.org\nDate,open,high,low,close,volume\n";
    assert_eq!(read(format!("{header}2020-01-01,10,12.5,9,11,3.25\n")), Ok(vec![BAR]));
    let error = read(format!("{header}2020-01-01,10,12.5,9,?,3.25\n")).unwrap_err();
    assert!(error.starts_with("`bars.csv` line 3, column `close`: `?` "), "{error}");
}

#[test]
fn a_file_of_several_symbols_is_refused_with_the_remedy() {
    let error = test_data("stocks_1d.csv.gz").summarize().unwrap_err();
    insta::assert_snapshot!(wrapped(format!("{error:#}")), @r"
    `stocks_1d.csv.gz` line 3272, column `Ticker`: `FB` is another symbol
    than `AAPL` above it, and only `train` and `predict` take several:
    choose one by `bars.symbol`, such as by `--symbol 'AAPL'`; if the rows
    are one series nevertheless, pass `--column symbol=`
    ");
}

#[test]
fn a_file_of_one_symbol_is_read() {
    let bars = read("Ticker,Date,Open,High,Low,Close\nIBM,2020-01-01,10,12.5,9,11\n");
    assert_eq!(bars, Ok(vec![Bar { volume: 0.0, ..BAR }]));
}

#[test]
fn one_symbol_in_the_last_column_is_one_with_any_line_ending() {
    let content = "Date,open,high,low,close,symbol\r\n2020-01-01,1,1,1,1,BTC\r\n\
                   2020-01-02,1,1,1,1,BTC\n2020-01-03,1,1,1,1,BTC";
    assert_eq!(read(content).map(|bars| bars.len()), Ok(3));
}

#[test]
fn two_columns_for_one_price_are_refused() {
    let error = read("Date,BTC.open,ETH.open,high,low,close\n2020-01-01,1,1,1,1,1\n");
    insta::assert_snapshot!(wrapped(error.unwrap_err()), @r"
    `bars.csv` has 2 columns for `open`: `BTC.open`, `ETH.open`; keep one,
    or name one of them just `open`, or say which by `--column open=NAME`
    ");
}

#[test]
fn funding_is_read_by_its_names_and_empty_is_none() {
    for name in ["funding", "funding_rate", "fundingRate", "BTC.funding_rate", "last_funding_rate"]
    {
        let bars = read(format!(
            "Date,open,high,low,close,{name}\n2020-01-01,1,1,1,1,0.0001\n2020-01-02,1,1,1,1,\n\
             2020-01-03,1,1,1,1,-2.5e-4\n"
        ));
        let rates: Vec<f64> = bars.unwrap().iter().map(|bar| bar.funding).collect();
        assert_eq!(rates, [0.0001, 0.0, -0.00025], "{name}");
    }
}

#[test]
fn funding_in_percent_is_refused() {
    let error = read("Date,open,high,low,close,funding\n2020-01-01,1,1,1,1,0.5\n").unwrap_err();
    insta::assert_snapshot!(wrapped(error), @r"
    `bars.csv` line 2, column `funding`: `0.5` is beyond 0.1; write the
    rate of one bar as a fraction, such as `0.0001` for 0.01 %
    ");
    let error = read("Date,open,high,low,close,funding\n2020-01-01,1,1,1,1,nan\n").unwrap_err();
    assert!(error.contains("line 2, column `funding`: `nan` is beyond 0.1"), "{error}");
}

#[test]
fn a_volume_in_a_currency_is_no_volume_in_units() {
    let names = |unit: &str| format!("日期,开盘,最高,最低,收盘,成交量({unit})");
    let row = "2020-01-01,10,12.5,9,11,3.25";
    assert_eq!(read(format!("{}\n{row}\n", names("股"))), Ok(vec![BAR]));
    for unit in ["元", "千元", "万元", "円"] {
        let bars = read(format!("{}\n{row}\n", names(unit)));
        assert_eq!(bars, Ok(vec![Bar { volume: 0.0, ..BAR }]), "{unit}");
    }
}

#[test]
fn a_code_that_begins_with_52_is_no_price_of_a_year() {
    let of = |code: &str| ["open", "high", "low", "close"].map(|price| format!("{code}.{price}"));
    check_columns(&format!("Date,{},volume", of("5201").join(",")), "2020-01-01,10,12.5,9,11,3.25");
    for year in ["52w", "52wk", "52 week", "52_weeks", "52W", "52-wk"] {
        let error = read(format!("Date,open,{year} high,{year} low,close\n2020-01-01,1,2,1,2\n"));
        assert!(error.unwrap_err().contains("has no column `high`"), "{year}");
    }
}

#[test]
fn a_first_column_may_be_a_date_or_any_number_without_a_header() {
    let minutes: String =
        (0..6).map(|minute| format!("2020.01.31,00:0{minute},10,12.5,9,11,3.25\n")).collect();
    let report = summarize(&minutes).read_report.unwrap().to_string();
    assert!(report.contains("`date` and `time`"), "{report}");
    let row = |day: usize| format!("{},2020-01-0{day},10,12.5,9,11,3.25\n", usize::MAX);
    let bars = read((1..7).map(row).collect::<String>());
    assert_eq!(bars.map(|bars| bars.len()), Ok(6));
}

#[test]
fn a_price_that_is_named_tells_nothing_of_the_time() {
    let rows = (20..25).map(|hour| format!("2020-01-06 {hour}:00,10,12,9,11,11\n"));
    let content = format!("Date,Open,High,Low,Close,Last\n{}", rows.collect::<String>());
    let (_folder, source) = folder(&[("bars.csv", content)]);
    let with = |role: &str, name: &str| {
        let columns = [(role.to_owned(), name.to_owned())].into();
        warnings(&source.clone().with_config(&BarsConfig { columns, ..BarsConfig::default() }))
    };
    let is_late = |warning: &String| warning.contains("has 24:00 and never 00:00");
    assert!(with("close", "Last").iter().any(is_late));
    assert!(!with("time", "Date").iter().any(is_late));
}
