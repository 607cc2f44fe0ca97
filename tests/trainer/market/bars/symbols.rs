//! Several symbols in one file: by a column, whatever its name, or side
//! by side.

use std::fmt::Write as _;
use std::fs;

use tempfile::TempDir;
use trainer::market::bars::{Bar, BarSource, BarsConfig};

use super::wrapped;

pub(super) struct File {
    _folder: TempDir,
    pub(super) source: BarSource,
}

pub(super) fn file(content: impl AsRef<[u8]>, config: &BarsConfig) -> File {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("bars.csv"), content).unwrap();
    let source = BarSource::open("bars.csv", folder.path()).unwrap().with_config(config);
    File { _folder: folder, source }
}

pub(super) fn only(symbol: &str) -> BarsConfig {
    BarsConfig { symbol: Some(symbol.to_owned()), ..BarsConfig::default() }
}

impl File {
    /// Returns each symbol, with its closes.
    pub(super) fn symbols(&self) -> Result<Vec<(String, Vec<f64>)>, String> {
        let symbols = self.source.symbols().map_err(|error| format!("{error:#}"))?;
        Ok(symbols.into_iter().map(|one| (one.symbol, closes(&one.source).unwrap())).collect())
    }

    pub(super) fn closes(&self) -> Result<Vec<f64>, String> {
        closes(&self.source)
    }

    pub(super) fn error(&self) -> String {
        self.source.summarize_all().unwrap_err().to_string()
    }
}

fn closes(source: &BarSource) -> Result<Vec<f64>, String> {
    let bars = || -> anyhow::Result<Vec<Bar>> { source.read()?.collect() };
    let bars = bars().map_err(|error| format!("{error:#}"))?;
    Ok(bars.iter().map(|bar| bar.close).collect())
}

/// Rows of two series at the same times, one after the other.
pub(super) fn panel(name: &str, texts: [&str; 2]) -> String {
    let mut content = format!("date,{name},open,high,low,close,volume\n");
    for (text, price) in texts.iter().zip([10, 20]) {
        for day in 1..=6 {
            writeln!(content, "2020-01-{day:02},{text},{price},{price},{price},{price}.{day},5")
                .unwrap();
        }
    }
    content.replace(",10,10,10,", ",10,11,10,").replace(",20,20,20,", ",20,21,20,")
}

pub(super) const TENS: [f64; 6] = [10.1, 10.2, 10.3, 10.4, 10.5, 10.6];
const TWENTIES: [f64; 6] = [20.1, 20.2, 20.3, 20.4, 20.5, 20.6];

#[test]
fn a_symbol_in_another_encoding_is_found_as_it_is_shown() {
    let mut rows = b"Date,Name,Contract,Open,High,Low,Close\n".to_vec();
    for row in ["06,*,2401", "06,*,2405", "07,*,2401", "07,*,2405", "08,*,2401", "08,*,2405"] {
        let (day, contract) = row.split_once('*').unwrap();
        rows.extend(
            [b"2020-01-", day.as_bytes(), b"\xc6\xbd\xb0\xb2", contract.as_bytes()].concat(),
        );
        rows.extend(b",1,1,1,1\n");
    }
    let shown = file(&rows, &BarsConfig::default()).symbols().unwrap();
    assert_eq!(shown[0].0, "Æ½°² 2401");
    assert_eq!(file(&rows, &only("Æ½°² 2401")).closes(), Ok(vec![1.0; 3]));
}

#[test]
fn a_column_that_cuts_the_file_into_series_tells_symbols_whatever_its_name() {
    for (name, texts) in [
        ("ticker", ["A", "B"]),
        ("contract", ["CLF20", "CLG20"]),
        ("expiry", ["2020-03-20", "2020-06-19"]),
        ("ContractMonth", ["202003", "202006"]),
        ("isin", ["DE0007164600", "US0378331005"]),
        ("raw_symbol", ["ESH0", "ESM0"]),
        ("tradingPair", ["BTC-USD", "ETH-USD"]),
        ("permno", ["10107", "14593"]),
        // They could be clock times, too.
        ("code", ["005930", "035420"]),
        ("what", ["000001", "000002"]),
        // Names that say nothing: rows repeat a time.
        ("what", ["A", "B"]),
        ("exchange", ["N", "Q"]),
        ("nr", ["1", "2"]),
    ] {
        let content = panel(name, texts);
        let [one, other] = texts.map(str::to_owned);
        let expected = vec![(one, TENS.to_vec()), (other, TWENTIES.to_vec())];
        let file = file(&content, &BarsConfig::default());
        assert_eq!(file.symbols(), Ok(expected.clone()), "{name}");
        assert!(file.closes().unwrap_err().contains("is another symbol than"), "{name}");
        // Row by row, and newest first.
        let mut rows: Vec<&str> = content.lines().skip(1).collect();
        rows.sort_unstable();
        let header = content.lines().next().unwrap();
        for _ in 0..2 {
            rows.reverse();
            let content = format!("{header}\n{}\n", rows.join("\n"));
            let file = self::file(&content, &BarsConfig::default());
            assert_eq!(file.symbols(), Ok(expected.clone()), "{name}: {content}");
        }
        let other = only(texts[1]);
        assert_eq!(self::file(&content, &other).closes(), Ok(TWENTIES.to_vec()), "{name}");
    }
}

#[test]
fn contracts_that_follow_each_other_in_a_file_are_never_one_series() {
    let mut content = "date,root,contract,open,high,low,close\n".to_owned();
    for day in 1..=8 {
        let contract = if day < 5 { "F20" } else { "G20" };
        writeln!(content, "2020-01-{day:02},CL,{contract},10,11,10,10.{day}").unwrap();
    }
    let whole = file(&content, &BarsConfig::default());
    insta::assert_snapshot!(wrapped(whole.error()), @r"
    `CL F20` and `CL G20` follow each other in time without overlap: parts
    of one series, or contracts, are not symbols of a portfolio; read one
    of them by `--symbol NAME`, or write them to one file, with the prices
    of contracts adjusted at each change of contract, and read that by
    `--column symbol=`
    ");
    assert!(whole.closes().unwrap_err().contains("is another symbol than `CL F20`"));
    assert_eq!(file(&content, &only("CL G20")).closes(), Ok(vec![10.5, 10.6, 10.7, 10.8]));
    // Whoever knows better says so.
    let mut config = BarsConfig::default();
    config.columns.insert("symbol".to_owned(), String::new());
    assert_eq!(file(&content, &config).closes().unwrap().len(), 8);
    // The codes are enough, and so is the root's column with them.
    for names in ["CL,front", "front,CL", "symbol,CL"] {
        let codes = content.replace("root,contract", names).replace("CL,F20", "CL,CLF20");
        let codes = codes.replace("CL,G20", "CL,CLG20");
        let (first, second) = names.split_once(',').unwrap();
        let content = if first == "CL" || second == "CL" && first == "symbol" {
            codes
        } else {
            codes.replace("CL,CLF20", "CLF20,CL").replace("CL,CLG20", "CLG20,CL")
        };
        let error = file(&content, &BarsConfig::default()).error();
        assert!(error.contains("follow each other in time"), "{names}: {error}");
    }
}

#[test]
fn a_series_that_begins_beyond_the_sample_is_never_appended() {
    let mut content = "time,kind,open,high,low,close\n".to_owned();
    for kind in ["first", "second"] {
        for minute in 0..3000 {
            let second = 1_577_836_800 + 60 * minute;
            writeln!(content, "{second},{kind},10,11,10,10.5").unwrap();
        }
    }
    for bad_rows in ["stop", "drop"] {
        let config = serde_json::from_str(&format!(r#"{{"bad_rows": "{bad_rows}"}}"#)).unwrap();
        let error = file(&content, &config).closes().unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(wrapped(error), @r"
            `bars.csv` line 3002, column `time`: `1577836800` begins another
            series: `kind` is `second`, and was `first` before; if this column
            identifies the series, say so by `--column 'symbol=kind'`
            ");
        }
    }
    let mut config = BarsConfig::default();
    config.columns.insert("symbol".to_owned(), "kind".to_owned());
    let symbols = file(&content, &config).symbols().unwrap();
    assert_eq!(symbols.iter().map(|(_, closes)| closes.len()).collect::<Vec<_>>(), [3000, 3000]);
}

#[test]
fn words_that_follow_each_other_are_told() {
    let mut content = "date,leg,open,high,low,close\n".to_owned();
    for day in 1..=8 {
        let leg = if day < 5 { "near" } else { "far" };
        writeln!(content, "2020-01-{day:02},{leg},10,11,10,10.{day}").unwrap();
    }
    let warnings = |content: &str| {
        let file = file(content, &BarsConfig::default());
        file.source.summarize().unwrap().read_report.unwrap().warnings
    };
    insta::assert_snapshot!(wrapped(&warnings(&content)[0]), @r"
    `leg` is `near` in some rows and `far` in those after them: if these
    are series, such as contracts, say so by `--column 'symbol=leg'`; all
    rows are read as one
    ");
    // Notes are none.
    let notes = content.replace("near,10,11,10,10.2", "far,10,11,10,10.2");
    assert!(warnings(&notes).is_empty(), "{:?}", warnings(&notes));
}

/// Bars of two symbols on three days, in columns with these names: time,
/// then open, high, low, close and volume of A and of B.
fn wide(names: &str) -> String {
    format!(
        "{names}\n2020-01-01,1,2,1,1.5,7,10,20,10,15,70\n2020-01-02,2,3,2,2.5,8,20,30,20,25,80\n\
         2020-01-03,3,4,3,3.5,9,,,,,\n"
    )
}

#[test]
fn a_ticker_may_be_a_word_for_a_price_or_a_currency() {
    for ticker in ["BID", "LOW", "OPEN", "TRY", "H", "V", "ON"] {
        let names = |symbol: &str| {
            format!("{symbol}.Open,{symbol}.High,{symbol}.Low,{symbol}.Close,{symbol}.Volume")
        };
        let names = format!("Date,{},{}", names("AA"), names(ticker));
        let expected =
            [("AA".to_owned(), vec![1.5, 2.5, 3.5]), (ticker.to_owned(), vec![15.0, 25.0])];
        assert_eq!(file(wide(&names), &BarsConfig::default()).symbols(), Ok(expected.to_vec()));
    }
}

#[test]
fn symbols_side_by_side_are_symbols_and_one_can_be_chosen() {
    let names = |name: fn(&str, &str) -> String| {
        let roles = ["Open", "High", "Low", "Close", "Volume"];
        let names = ["AA", "B-B"].iter().flat_map(|symbol| roles.map(|role| name(role, symbol)));
        format!("Date,{}", names.collect::<Vec<_>>().join(","))
    };
    for names in [
        names(|role, symbol| format!("{role}_{symbol}")),
        names(|role, symbol| format!("{symbol}.{role}")),
        names(|role, symbol| format!("\"('{role}', '{symbol}')\"")),
        names(|role, symbol| format!("\"('{symbol}', '{role}')\"")),
        names(|role, symbol| format!("{symbol} {}", role.to_lowercase())),
        names(|role, symbol| format!("{symbol}_{}", role[..1].to_lowercase())),
        names(|role, symbol| format!("{symbol} {role} Price").replace("Volume Price", "Volume")),
        ",AA,,,,,B-B,,,,\nDate,Open,High,Low,Close,Volume,Open,High,Low,Close,Volume".to_owned(),
        "Price,Open,High,Low,Close,Volume,Open,High,Low,Close,Volume\n\
         Ticker,AA,AA,AA,AA,AA,B-B,B-B,B-B,B-B,B-B\nDate,,,,,,,,,,"
            .to_owned(),
        "Ticker,AA,AA,AA,AA,AA,B-B,B-B,B-B,B-B,B-B\n\
         Price,Open,High,Low,Close,Volume,Open,High,Low,Close,Volume\nDate,,,,,,,,,,"
            .to_owned(),
    ] {
        let whole = file(wide(&names), &BarsConfig::default());
        let expected =
            [("AA".to_owned(), vec![1.5, 2.5, 3.5]), ("B-B".to_owned(), vec![15.0, 25.0])];
        assert_eq!(whole.symbols(), Ok(expected.to_vec()), "{names}");
        let error = whole.closes().unwrap_err();
        assert!(error.contains("has 2 symbols side by side, `AA`, `B-B`"), "{names}: {error}");
        let one = file(wide(&names), &only("B-B"));
        assert_eq!((one.closes(), one.symbols()), (Ok(vec![15.0, 25.0]), Ok(Vec::new())));
        let none = file(wide(&names), &only("C")).closes().unwrap_err();
        assert!(none.contains("has no symbol `C`; there are `AA`, `B-B`"), "{none}");
    }
}

#[test]
fn bid_and_ask_are_no_symbols() {
    let names = "time,bid_open,bid_high,bid_low,bid_close,volume,ask_open,ask_high,ask_low,\
                 ask_close,flag";
    let whole = file(wide(names), &BarsConfig::default());
    insta::assert_snapshot!(wrapped(whole.symbols().unwrap_err()), @r"
    `bars.csv` has 2 kinds of prices side by side, `bid`, `ask`: choose one
    by `bars.symbol`, such as by `--symbol 'bid'`
    ");
    assert_eq!(whole.closes().unwrap_err(), whole.symbols().unwrap_err());
    assert_eq!(file(wide(names), &only("bid")).closes(), Ok(vec![1.5, 2.5, 3.5]));
}

#[test]
fn a_folder_gives_the_symbol_that_is_chosen() {
    let folder = TempDir::new().unwrap();
    for (name, price) in [("A", 10), ("B", 20)] {
        let content = format!("time,open,high,low,close\n2020-01-01,{price},{price},1,{price}\n");
        fs::write(folder.path().join(format!("{name}.csv")), content).unwrap();
    }
    let source = |symbol| BarSource::open("", folder.path()).unwrap().with_config(&only(symbol));
    assert_eq!(closes(&source("B")), Ok(vec![20.0]));
    assert!(source("B").symbols().unwrap().is_empty());
    assert!(closes(&source("C")).unwrap_err().contains("there are `A`, `B`"));
}
