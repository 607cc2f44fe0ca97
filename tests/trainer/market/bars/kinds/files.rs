//! What files are packed in, and what stands in them beside rows.

use std::io::Write as _;
use std::path::PathBuf;

use super::Remedy::{Command, Edit, Flags};
use super::{DAYS, Kind, NAMES, PRICES, days};
use crate::market::bars::gzip;

pub(super) fn kinds() -> Vec<Kind> {
    [
        texts(),
        boxes(),
        names_and_ends(),
        packed(),
        json(),
        json_of_people(),
        json_of_types(),
        json_of_services(),
        foreign(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn texts() -> Vec<Kind> {
    let utf_16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    vec![
        Kind::new("a byte order mark", format!("\u{feff}{}", days())),
        Kind::new("a mark before a time", days().replace("2020-01-09", "\u{feff}2020-01-09")),
        Kind::new("CRLF", days().replace('\n', "\r\n")),
        Kind::new("CR alone", days().replace('\n', "\r")),
        Kind::new("no newline at the end", days().trim_end()),
        Kind::new(
            "quotes",
            days()
                .lines()
                .map(|line| format!("\"{}\"\n", line.replace(',', "\",\"")))
                .collect::<String>(),
        ),
        Kind::new(
            "single quotes",
            days()
                .lines()
                .map(|line| format!("'{}'\n", line.replace(',', "','")))
                .collect::<String>(),
        ),
        Kind::new("blank lines", days().replace('\n', "\n\n")),
        Kind::new("semicolons", days().replace(',', ";")),
        Kind::new("tabs", days().replace(',', "\t")),
        Kind::new("bars between", days().replace(',', "|")),
        Kind::new("blanks after commas", days().replace(',', ", ")),
        Kind::new("sep=", format!("sep=;\n{}", days().replace(',', ";"))),
        Kind::new("a comment", format!("# exported 2020-01-16\n{}", days())),
        Kind::new("JSON in a comment", format!("# columns = {{\"a\": [1]}}\n{}", days())),
        Kind::new("a preamble", format!("Symbol: A\nPeriod: D1\n\n{}", days())),
        Kind::new(
            "a line of units",
            days().replace(NAMES, &format!("{NAMES}\n,USD,USD,USD,USD,shares")),
        ),
        Kind::new("a line of types", {
            days().replace(NAMES, &format!("{NAMES}\ndate,float,float,float,float,int"))
        }),
        Kind::new("a column without a name at the end", days().replace('\n', ",\n")),
        Kind::new("cells in GBK", {
            let head = [b"Date,Name,".as_slice(), &NAMES.as_bytes()[5..]].concat();
            let text = days().replace(NAMES, "").into_bytes();
            let row = |line: &[u8]| {
                let (day, rest) = line.split_at(10);
                [b"\n".as_slice(), day, b",\xc6\xbd\xb0\xb2", rest].concat()
            };
            let rows = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            [head, rows.flat_map(row).collect()].concat()
        }),
        Kind::new("UTF-16", utf_16(&format!("\u{feff}{}", days()))),
        Kind::new("UTF-32", {
            format!("\u{feff}{}", days())
                .chars()
                .flat_map(|l| u32::from(l).to_le_bytes())
                .collect::<Vec<u8>>()
        })
        .refused("is UTF-32 text", Command("bars.csv")),
        Kind::new(
            "each line in quotes",
            days().lines().map(|line| format!("\"{line}\"\n")).collect::<String>(),
        )
        .refused("each of its lines in quotes", Command("bars.csv")),
        Kind::new("names of fewer columns", days().replace("\n2020", "\nA,2020"))
            .refused("give each column a name", Edit(|text| text.replace("Date", "Symbol,Date"))),
    ]
}

/// Tables as programs print them to a terminal.
fn boxes() -> Vec<Kind> {
    let bordered = |between: &str, types: &str| {
        let row = |row: &str| format!("│ {} │\n", row.replace(',', &format!(" {between} ")));
        let all = days();
        let (names, rows) = all.split_once('\n').unwrap();
        let rows: String = rows.lines().map(row).collect();
        let rule = |[left, middle, right]: [&str; 3]| format!("{left}{middle}{right}\n");
        let types: String = types.lines().map(row).collect();
        [
            &rule(["┌──", "┬──", "┐"]),
            &row(names),
            &types,
            &rule(["╞══", "╪══", "╡"]),
            &rows,
            &rule(["└──", "┴──", "┘"]),
        ]
        .map(String::as_str)
        .concat()
    };
    let polars = bordered("┆", "---,---,---,---,---,---\nstr,f64,f64,f64,f64,i64");
    let cut = polars.replace("│ 2020-01-09", "│ … ┆ … ┆ … ┆ … ┆ … ┆ … │\n│ 2020-01-09");
    vec![
        Kind::new("a table of rich", format!("          Prices\n{}", bordered("│", ""))),
        Kind::new("a table of polars", format!("shape: (6, 6)\n{polars}")),
        Kind::new("a table of polars without its middle", cut)
            .refused("whose middle rows are left out", Edit(|_| days())),
        Kind::new("a table of DuckDB", {
            let table = bordered("│", "date,double,double,double,double,int64");
            table.replace("└──", "├──┴──┤\n│ 6 rows       6 columns │\n└──")
        }),
        Kind::new("a table with lines in a cell", {
            bordered("│", "").replace("0 │\n", "0 │ ── │\n").replace("Volume", "Volume │ Trend")
        }),
        Kind::new("lines in cells of CSV", {
            days().replace("0\n", "0,│─┃┃││\n").replace("Volume", "Volume,Trend")
        }),
    ]
}

fn names_and_ends() -> Vec<Kind> {
    vec![
        Kind::new("tabs after commas", days().replace(',', ",\t")),
        Kind::new("a comma at the end of the header", days().replace(NAMES, &format!("{NAMES},"))),
        Kind::new("thousands in Windows-1252", {
            let text = days().replace(',', ";").replace("500\n", "1\u{a0}500\n");
            text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect::<Vec<_>>()
        })
        .bar(0, "2020-01-06 00:00:00  100 101.5 99.5 101  1500"),
        Kind::new("blank cells below the bars", days() + ",,,,,\n,,,,,\n"),
        Kind::new("the sign that DOS ends a text with", days() + "\u{1a}"),
        Kind::new("names in a comment", {
            let text = days().replace("Date,Open,High,Low,Close", "#Date,High,Low,Open,Close");
            let moved = |row: &str| {
                let cells: Vec<&str> = row.split(',').collect();
                let [time, open, high, low, close, volume] = cells[..] else { unreachable!() };
                format!("{time},{high},{low},{open},{close},{volume}\n")
            };
            let (names, rows) = text.split_once('\n').unwrap();
            format!("{names}\n{}", rows.lines().map(moved).collect::<String>())
        }),
        Kind::new("names in Latin-1", {
            let names = b"Datum,Er\xf6ffnung,Hoch,Tief,Schluss,Volumen";
            [&names[..], &days().as_bytes()[NAMES.len()..]].concat()
        }),
        encoded("names in GBK", encoding_rs::GBK, "日期,开盘,最高,最低,收盘,成交量"),
        encoded("a title above names in GBK", encoding_rs::GBK, {
            "000001 平安银行 日线\n日期,开盘,最高,最低,收盘,成交量"
        }),
        encoded("names in Big5", encoding_rs::BIG5, "日期,開盤價,最高價,最低價,收盤價,成交股數"),
        encoded("names in Shift-JIS", encoding_rs::SHIFT_JIS, "日付,始値,高値,安値,終値,出来高"),
        encoded("names in EUC-KR", encoding_rs::EUC_KR, "일자,시가,고가,저가,종가,거래량"),
        encoded("names in CP1251", encoding_rs::WINDOWS_1251, "Дата,Откр.,Макс.,Мин.,Цена,Объём"),
        encoded("names in CP1250", encoding_rs::WINDOWS_1250, {
            "Data,Otwarcie,Najwyższy,Najniższy,Zamknięcie,Wolumen"
        }),
    ]
}

fn encoded(name: &'static str, encoding: &'static encoding_rs::Encoding, names: &str) -> Kind {
    let (bytes, _, _) = encoding.encode(names);
    Kind::new(name, [&bytes, &days().as_bytes()[NAMES.len()..]].concat())
}

fn packed() -> Vec<Kind> {
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    bz2.write_all(days().as_bytes()).unwrap();
    let zipped = |files: &[(&str, &str)]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    // As before 1988: a name, a checksum, and no magic number.
    let mut tar = [0; 512];
    tar[..5].copy_from_slice(b"a.csv");
    tar[100..107].copy_from_slice(b"0000644");
    tar[124..136].copy_from_slice(format!("{:011o} ", days().len()).as_bytes());
    tar[148..156].fill(b' ');
    let sum: u32 = tar.iter().map(|byte| u32::from(*byte)).sum();
    tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = [&tar[..], days().as_bytes()].concat();
    archive.resize(2048, 0);
    let report = ("a.txt", "Gap of 99s found between 20200106 and 20200107\n");
    vec![
        Kind::new("gzip", gzip(days().as_bytes())),
        Kind::new("an old tar", archive)
            .file("bars.tar")
            .refused("is a tar archive", Command("a.csv")),
        Kind::new("bzip2", bz2.finish().unwrap()),
        Kind::new("one CSV in a zip", zipped(&[("a.csv", &days())])),
        Kind::new("a CSV and its report in a zip", zipped(&[("a.csv", &days()), report])),
        Kind::new("a CSV and its dated report in a zip", {
            zipped(&[("a.csv", &days()), ("a.txt", "Created: 2020-01-31 10:20:30\n")])
        }),
        Kind::new("a CSV and files of other programs in a zip", {
            let sql = "INSERT INTO bars VALUES (1, 2, 3, 4, 5);\n";
            let other = [("b.jpeg", "\0"), ("Thumbs.db", "\0"), ("b.xml", "<a/>"), ("b.sql", sql)];
            zipped(&[&[("a.csv", &*days())], &other[..]].concat())
        }),
        Kind::new(
            "a CSV and a spreadsheet in a zip",
            zipped(&[("2019.csv", &days()), ("2020.xlsx", "PK")]),
        )
        .warns("no CSV, JSON or Parquet by its name: `2020.xlsx`"),
        Kind::new(
            "a CSV and a text without bars in a zip",
            zipped(&[("a.csv", &days()), ("info.txt", "Of www.example.org, 2020\n")]),
        )
        .warns("there are no bars in it: `info.txt`"),
        Kind::new(
            "a CSV in folders of a zip",
            zipped(&[("data/x/a.csv", &days()), ("__MACOSX/data/x/._a.csv", "\0")]),
        ),
        Kind::new(
            "a CSV of another extension in a zip",
            zipped(&[("a.asc", &days()), ("README.txt", "")]),
        ),
        Kind::new("years in folders of a zip", {
            let rows: Vec<String> = days().lines().map(|line| format!("{line}\n")).collect();
            let year = |rows: &[String]| format!("{NAMES}\n{}", rows.concat());
            zipped(&[("2020/01/a.csv", &year(&rows[1..4])), ("2020/02/a.csv", &year(&rows[4..]))])
        }),
        Kind::new(
            "a zip behind a program",
            [b"#!/bin/sh\n".repeat(9), zipped(&[("a.csv", &days())])].concat(),
        ),
        Kind::new("a zip in gzip", gzip(&zipped(&[("a.csv", &days())])))
            .refused("is packed twice", Command("bars.zip")),
        Kind::new("packed twice", gzip(&gzip(days().as_bytes())))
            .refused("is packed twice", Command("bars.gz")),
    ]
}

/// The bars as JSON objects.
fn objects() -> Vec<String> {
    each_bar(|day, [open, high, low, close, volume]| {
        format!(
            r#"{{"time": "{day}", "open": {open}, "high": {high}, "low": {low}, "close": {close}, "volume": {volume}}}"#
        )
    })
}

/// The bars as JSON lists.
fn lists() -> Vec<String> {
    each_bar(|day, cells| {
        let time_ms = trainer::market::bars::parse_time_ms(day).unwrap();
        format!("[{time_ms},{}]", cells.join(","))
    })
}

fn each_bar(row: impl Fn(&str, [&str; 5]) -> String) -> Vec<String> {
    let cells = PRICES.map(|prices| prices.split(',').collect::<Vec<_>>().try_into().unwrap());
    DAYS.iter().zip(cells).map(|(day, cells)| row(day, cells)).collect()
}

fn json() -> Vec<Kind> {
    let (rows, lists) = (objects(), lists());
    let list = format!("[{}]", rows.join(","));
    vec![
        Kind::new("JSON of ccxt", format!("[{}]", lists.join(","))),
        Kind::new("JSON of objects", &list),
        Kind::new("JSON line by line", rows.join("\n")),
        Kind::new("JSON of objects in objects", {
            let inner = |row: &String| {
                row.replace(r#""open""#, r#""mid": {"open""#)
                    .replace(r#", "volume""#, r#"}, "volume""#)
            };
            format!("[{}]", rows.iter().map(inner).collect::<Vec<_>>().join(","))
        }),
        Kind::new("JSON in a script", format!("var bars = {list};\n")),
        Kind::new(
            "JSON in a call",
            format!("/**/ callback({});", format_args!("[{}]", lists.join(","))),
        ),
        Kind::new("JSON behind a guard", format!(")]}}',\n{list}")),
        Kind::new("JSON in two scripts", format!("var a = {list};\nvar b = [1];\n"))
            .refused("is a script with more than one value", Edit(|_| days())),
        Kind::new("JSON with a comma too many", list.replace("}]", "},]"))
            .refused("trailing comma", Edit(|text| text.replace("},]", "}]"))),
        Kind::new(
            "JSON in an object",
            format!(r#"{{"symbol": "A", "bars": {list}, "next_page_token": null}}"#),
        ),
        Kind::new(
            "JSON, one page of several",
            format!(r#"{{"bars": {list}, "next_page_token": "abc"}}"#),
        )
        .warns("one page of several (`next_page_token` is `abc`)"),
        Kind::new("JSON with NaN", list.replace("500}", "NaN}"))
            .bar(0, "2020-01-06 00:00:00  100 101.5 99.5 101  0")
            .refused("a number that is not known is `null`", Command("bars.json")),
    ]
}

fn json_of_people() -> Vec<Kind> {
    let (rows, lists) = (objects(), lists());
    let list = format!("[{}]", rows.join(","));
    vec![
        Kind::new("JSON of lists behind a guard", format!(")]}}'\n[{}]", lists.join(","))),
        Kind::new(
            "JSON of pages",
            format!("[[{}],\n[{}]]", lists[..3].join(","), lists[3..].join(",")),
        ),
        Kind::new("JSON with keys in Chinese", {
            let names = [("time", "日期"), ("open", "开盘"), ("high", "最高"), ("low", "最低")];
            let names = [&names[..], &[("close", "收盘"), ("volume", "成交量")]].concat();
            names.iter().fold(list.clone(), |list, (name, other)| list.replace(name, other))
        }),
        Kind::new("JSON with a volume in late candles only", {
            let row = |(row, idx): (&String, usize)| {
                let volume = if idx < 66 { "note" } else { "volume" };
                let time = format!("{}T{:02}:00", &row[10..20], idx % 24);
                row.replace(&row[10..20], &time).replace("volume", volume)
            };
            let rows = (0..72).map(|idx| row((&rows[idx / 24], idx)));
            format!("[{}]", rows.collect::<Vec<_>>().join(","))
        })
        .bars(&[
            "2020-01-06 00:00:00  100 101.5 99.5 101  0",
            "2020-01-06 01:00:00  100 101.5 99.5 101  0",
            "2020-01-06 02:00:00  100 101.5 99.5 101  0",
            "2020-01-08 21:00:00  100.5 103 100.25 102.5  0",
            "2020-01-08 22:00:00  100.5 103 100.25 102.5  0",
            "2020-01-08 23:00:00  100.5 103 100.25 102.5  0",
        ])
        .warns("`volume` is not read: it is only in candles after the first 64"),
        Kind::new("JSON that Python wrote", list.replace('"', "'"))
            .refused("whose keys are in double quotes", Command("bars.json")),
        Kind::new(
            "JSON of pandas with too few times",
            format!(
                r#"{{"columns": ["open"], "index": ["2020-01-06"], "data": [{}]}}"#,
                lists.join(",")
            ),
        )
        .refused("lists are not of the same length", Edit(|_| days())),
    ]
}

fn json_of_types() -> Vec<Kind> {
    let rows = objects();
    vec![
        Kind::new("JSON of Tinkoff", {
            let row = |(day, prices): (&&str, &str)| {
                let cells: Vec<f64> = prices.split(',').map(|cell| cell.parse().unwrap()).collect();
                let price = |idx: usize| {
                    let nano = (cells[idx].fract() * 1e9).round();
                    format!(r#"{{"units": {}, "nano": {nano}}}"#, cells[idx].trunc())
                };
                let [open, high, low, close] = [0, 1, 2, 3].map(price);
                format!(
                    r#"{{"open": {open}, "high": {high}, "low": {low}, "close": {close},
                    "volume": {}, "time": "{day}T00:00:00Z", "isComplete": true}}"#,
                    cells[4]
                )
            };
            let rows: Vec<String> = DAYS.iter().zip(super::PRICES).map(row).collect();
            format!("[{}]", rows.join(","))
        }),
        Kind::new("JSON of amounts without what is 0", {
            let cell = |cell: &str| match cell.split_once('.') {
                Some((units, tenths)) => {
                    format!(r#"{{"units": "{units}", "nano": {tenths:0<9}}}"#)
                }
                None => format!(r#"{{"currencyCode": "RUB", "units": "{cell}"}}"#),
            };
            let rows = each_bar(|day, cells| {
                let [open, high, low, close, volume] = cells.map(cell);
                format!(
                    r#"{{"time": "{day}", "open": {open}, "high": {high}, "low": {low}, "close": {close}, "volume": {volume}}}"#
                )
            });
            format!("[{}]", rows.join(","))
        }),
        Kind::new("JSON of .NET", {
            let ms = [0, 1, 2, 3, 4, 7].map(|day: i64| 86_400_000 * (18_267 + day));
            let of = |(row, (day, ms)): (&String, (&&str, i64))| {
                row.replace(&format!("\"{day}"), &format!("\"/Date({ms}+0100)/"))
            };
            let rows: Vec<String> = rows.iter().zip(DAYS.iter().zip(ms)).map(of).collect();
            format!("[{}]", rows.join(","))
        }),
    ]
}

fn json_of_services() -> Vec<Kind> {
    let (rows, lists) = (objects(), lists());
    vec![
        Kind::new("JSON of CoinMarketCap", {
            let inner = |row: &String| {
                row.replace(r#""open""#, r#""quote": {"USD": {"open""#).replace('}', "}}}")
            };
            let rows = rows.iter().map(inner).collect::<Vec<_>>().join(",");
            format!(r#"{{"data": {{"symbol": "BTC", "quotes": [{rows}]}}}}"#)
        })
        .without_volume()
        .warns("there is `quote_volume`"),
        Kind::new("JSON of CoinMarketCap's pages", {
            let inner = |row: &String| row.replace(r#""open""#, r#""quote": {"open""#) + "}";
            format!("[{}]", rows.iter().map(inner).collect::<Vec<_>>().join(","))
        })
        .without_volume()
        .warns("there is `quote_volume`"),
        Kind::new("JSON that is indented far", format!("[\n        {}\n]", rows.join(",\n"))),
        Kind::new("JSON behind a byte order mark", {
            format!("\u{feff}[\n  {}\n]", rows.join(",\n"))
        }),
        Kind::new("JSON of Taiwan's exchange", {
            format!(
                r#"{{"fields": ["日期", "開盤價", "最高價", "最低價", "收盤價", "成交股數"],
                "data": [{}], "notes": ["符號說明"]}}"#,
                lists.join(",")
            )
        }),
        Kind::new("JSON of IG", {
            let rows = each_bar(|day, cells| {
                let [open, high, low, close, _] =
                    cells.map(|it| format!(r#"{{"bid": {it}, "ask": 9, "lastTraded": null}}"#));
                format!(
                    r#"{{"snapshotTime": "{day}", "openPrice": {open}, "highPrice": {high},
                    "lowPrice": {low}, "closePrice": {close}, "lastTradedVolume": {}}}"#,
                    cells[4]
                )
            });
            format!(r#"{{"prices": [{}]}}"#, rows.join(","))
        })
        .refused("kinds of prices side by side", Flags("--symbol Price.bid")),
        Kind::new("JSON with the time at the end", {
            let row = |list: &String| {
                let (time, prices) = list.trim_matches(['[', ']']).split_once(',').unwrap();
                format!("[{prices},{time}]")
            };
            let rows: Vec<String> = lists.iter().map(row).collect();
            format!(r#"{{"data": {{"candlestick": [{{"ohlcv": [{}]}}]}}}}"#, rows.join(","))
        }),
    ]
}

/// Fixed columns, prices in hundredths.
fn cotahist() -> String {
    let rows = each_bar(|day, cells| {
        let numbers = cells.map(|cell| cell.parse::<f64>().unwrap());
        let [open, high, low, close, _] = numbers.map(|number| (number * 100.0).round());
        format!(
            "01{}02PETR4       010{:29}{open:013}{high:013}{low:013}{close:013}{close:013}{:31}\
             {:018}{:018}\n",
            day.replace('-', ""),
            "",
            "",
            numbers[4],
            0
        )
    });
    format!("00COTAHIST.2020\n{}99COTAHIST.2020\n", rows.concat())
}

fn foreign() -> Vec<Kind> {
    let wild = |name: &str| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/wild");
        std::fs::read(folder.join(name)).unwrap()
    };
    vec![
        // Its remedy needs pandas, which may not be there.
        Kind::new("Feather", wild("freqtrade.feather"))
            .file("a.feather")
            .bars(&[
                "2020-01-06 00:00:00  100 101.5 99.5 101  500",
                "2020-01-07 00:00:00  101 102 100 100.5  600",
                "2020-01-08 00:00:00  100.5 103 100.25 102.5  550",
                "2020-01-13 00:00:00  101.5 102.5 101 102  400",
                "2020-01-14 00:00:00  102 105 101.75 104.5  800",
                "2020-01-15 00:00:00  104.5 106 104 105  900",
            ])
            .refused("is a Feather (Arrow) file", Command("bars.csv")),
        Kind::new("B3's COTAHIST", cotahist()).refused("COTAHIST", Command("bars.csv")),
        Kind::new("a web page", "<!DOCTYPE html>\n<html>")
            .refused("download the data itself, as CSV", Edit(|_| days())),
        Kind::new(
            "a pointer of Git LFS",
            "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n",
        )
        .refused("is a pointer of Git LFS", Edit(|_| days())),
        Kind::new("statements of SQL", {
            let row = |line: &str| format!("('{}),", line.replacen(',', "',", 1));
            let rows: String = days().lines().skip(1).map(row).collect();
            format!("CREATE TABLE a (t date, o decimal(18, 4));\nINSERT INTO a VALUES {rows};\n")
        })
        .refused("is SQL", Command("bars.csv")),
    ]
}
