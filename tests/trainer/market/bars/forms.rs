//! The same bars in any form that is understood are the same bars, bit
//! for bit.

use std::io::{Cursor, Write as _};

use chrono::{DateTime, Utc};
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest,
};
use trainer::market::bars::Bar;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{START_MS, gzip, read};

/// How a time is written: in one cell or two.
type Spelling = fn(DateTime<Utc>) -> Vec<String>;

fn spelled(time: DateTime<Utc>, pattern: &str) -> Vec<String> {
    vec![time.format(pattern).to_string()]
}

const SPELLINGS: [Spelling; 14] = [
    |time| spelled(time, "%Y-%m-%d %H:%M:%S"),
    |time| spelled(time, "%Y-%m-%dT%H:%M:%SZ"),
    |time| spelled(time, "%Y/%m/%d %H:%M"),
    |time| spelled(time, "%d.%m.%Y %H:%M:%S.000"),
    |time| spelled(time, "%d-%b-%Y %H:%M"),
    |time| spelled(time, "%b %d, %Y %I:%M %p"),
    |time| spelled(time, "%a, %d %B %Y %H:%M:%S GMT"),
    |time| spelled(time, "%Y%m%d%H%M%S"),
    |time| spelled(time, "%Y%m%d %H%M%S"),
    |time| vec![time.timestamp().to_string()],
    |time| vec![time.timestamp_millis().to_string()],
    |time| vec![time.timestamp_micros().to_string()],
    |time| vec![(time + chrono::Duration::hours(2)).format("%Y-%m-%d %H:%M:%S+02:00").to_string()],
    |time| vec![time.format("%Y.%m.%d").to_string(), time.format("%H:%M").to_string()],
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Container {
    Plain,
    Gzip,
    Zip,
    Json,
}

#[derive(Debug, Clone)]
struct Form {
    spelling: usize,
    delimiter: char,
    is_newest_first: bool,
    has_names: bool,
    is_quoted: bool,
    line_end: &'static str,
    container: Container,
}

fn forms() -> impl Strategy<Value = Form> {
    let container = prop_oneof![
        Just(Container::Plain),
        Just(Container::Gzip),
        Just(Container::Zip),
        Just(Container::Json)
    ];
    (
        0..SPELLINGS.len(),
        prop::sample::select(vec![',', ';', '\t', '|']),
        any::<[bool; 3]>(),
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
        container,
    )
        .prop_map(
            |(
                spelling,
                delimiter,
                [is_newest_first, has_names, is_quoted],
                line_end,
                container,
            )| {
                Form {
                    spelling,
                    delimiter,
                    is_newest_first,
                    has_names,
                    is_quoted,
                    line_end,
                    container,
                }
            },
        )
}

fn bars() -> impl Strategy<Value = Vec<Bar>> {
    let step_minutes = prop::sample::select(vec![1_i64, 5, 60, 1440]);
    let prices = prop::collection::vec((any::<[u16; 3]>(), 1_u32..1_000_000), 2..40);
    (step_minutes, 0_i64..2_000_000, prices).prop_map(|(step, first, rows)| {
        let time_ms = |idx: usize| START_MS + (first + step * i64::try_from(idx).unwrap()) * 60_000;
        let price = |cents: u32| f64::from(cents) / 100.0;
        // A bar opens where the one before closed: without names that tells
        // the open from the close.
        let mut open = 10_000;
        rows.iter()
            .enumerate()
            .map(|(idx, (prices, volume))| {
                let [close, above, below] = prices.map(u32::from);
                let close = close + 1000;
                let bar = Bar {
                    time_ms: time_ms(idx),
                    open: price(open),
                    // Bars of one price alone could be anything.
                    high: price(open.max(close) + above + 100),
                    low: price(open.min(close) - below % 900),
                    close: price(close),
                    // No volume is taken for a price.
                    volume: f64::from(*volume) + 10_000.0,
                    funding: 0.0,
                    dividend: 0.0,
                };
                open = close;
                bar
            })
            .collect()
    })
}

fn rows_of(bars: &[Bar], form: &Form) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = bars
        .iter()
        .map(|bar| {
            let time = DateTime::from_timestamp_millis(bar.time_ms).unwrap();
            let mut cells = SPELLINGS[form.spelling](time);
            let numbers = [bar.open, bar.high, bar.low, bar.close, bar.volume];
            cells.extend(numbers.map(|number| number.to_string()));
            cells
        })
        .collect();
    if form.is_newest_first {
        rows.reverse();
    }
    rows
}

fn written(bars: &[Bar], form: &Form) -> Vec<u8> {
    let mut rows = rows_of(bars, form);
    let names = ["open", "high", "low", "close", "volume"];
    let time_names: &[&str] = if rows[0].len() == 7 { &["date", "time"] } else { &["time"] };
    let names: Vec<String> =
        time_names.iter().chain(&names).map(|name| (*name).to_owned()).collect();
    if form.container == Container::Json {
        let rows: Vec<serde_json::Map<String, serde_json::Value>> = rows
            .iter()
            .map(|row| {
                let values = row.iter().map(|cell| serde_json::Value::from(cell.as_str()));
                names.iter().cloned().zip(values).collect()
            })
            .collect();
        return serde_json::to_vec(&rows).unwrap();
    }
    if form.has_names {
        rows.insert(0, names);
    }
    let mut text = String::new();
    for row in rows {
        let must_quote = |cell: &str| form.is_quoted || cell.contains(form.delimiter);
        let cells = row
            .into_iter()
            .map(|cell| if must_quote(&cell) { format!("\"{cell}\"") } else { cell });
        text += &cells.collect::<Vec<_>>().join(&form.delimiter.to_string());
        text += form.line_end;
    }
    match form.container {
        Container::Gzip => gzip(text.as_bytes()),
        Container::Zip => {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            zip.start_file("bars.csv", SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
            zip.finish().unwrap().into_inner()
        }
        Container::Plain | Container::Json => text.into_bytes(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn bars_in_any_form_are_the_same_bars(bars in bars(), form in forms()) {
        prop_assert_eq!(read(written(&bars, &form)), Ok(bars), "{:?}", form);
    }
}
