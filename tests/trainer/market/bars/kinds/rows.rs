//! How numbers are written, and what is wrong in rows.

use super::Remedy::{Command, Edit, Flags};
use super::{DAYS, Kind, NAMES, PRICES, days};

/// Rows whose numbers are written by `form`.
fn written(separator: char, form: fn(f64) -> String) -> String {
    let row = |(day, prices): (&&str, &str)| {
        let cells = prices.split(',').map(|cell| form(cell.parse().unwrap()));
        let cells: Vec<String> = [(*day).to_owned()].into_iter().chain(cells).collect();
        cells.join(&separator.to_string()) + "\n"
    };
    let rows: String = DAYS.iter().zip(PRICES).map(row).collect();
    format!("{}\n{rows}", NAMES.replace(',', &separator.to_string()))
}

fn times_10() -> Vec<String> {
    let line = |(day, prices): (&&str, &str)| {
        let cells: Vec<String> = prices
            .split(',')
            .map(|cell| (cell.parse::<f64>().unwrap() * 10.0).to_string())
            .collect();
        format!("{day} 00:00:00  {}  {}", cells[..4].join(" "), cells[4])
    };
    DAYS.iter().zip(PRICES).map(line).collect()
}

fn grouped(number: f64, group: char, point: char) -> String {
    let text = format!("{number:.2}");
    let (whole, fraction) = text.split_once('.').unwrap();
    let (head, tail) = whole.split_at(whole.len().saturating_sub(3));
    let whole = if head.is_empty() { tail.to_owned() } else { format!("{head}{group}{tail}") };
    format!("{whole}{point}{fraction}")
}

pub(super) fn kinds() -> Vec<Kind> {
    [numbers(), units(), faults(), splits()].into_iter().flatten().collect()
}

fn numbers() -> Vec<Kind> {
    let as_times_10 = |kind: Kind| Kind { bars: times_10(), ..kind };
    vec![
        as_times_10(Kind::new(
            "dollars and thousands",
            written(';', |n| format!("${}", grouped(10.0 * n, ',', '.'))),
        )),
        as_times_10(Kind::new(
            "points for thousands",
            written(';', |n| grouped(10.0 * n, '.', ',')),
        )),
        as_times_10(Kind::new(
            "apostrophes for thousands",
            written(',', |n| grouped(10.0 * n, '\'', '.')),
        )),
        as_times_10(Kind::new(
            "thin blanks for thousands",
            written(';', |n| grouped(10.0 * n, '\u{202f}', '.')),
        )),
        Kind::new("decimal commas", written(';', |n| n.to_string().replace('.', ","))),
        Kind::new(
            "decimal commas in quotes",
            written(',', |n| format!("\"{}\"", format!("{n:.2}").replace('.', ","))),
        ),
        Kind::new(
            "a comma that could be either",
            "Date;Open;High;Low;Close\n2020-01-06;1,100;1,102;1,100;1,101\n",
        )
        .bars(&["2020-01-06 00:00:00  1.1 1.102 1.1 1.101  0"])
        .refused("could be 1100 or 1.1", Flags("--decimal comma")),
        Kind::new("exponents", written(',', |n| format!("{n:e}"))),
        Kind::new("a currency with a point", written(',', |n| format!("Rs. {n}"))),
        Kind::new("ten thousands in Chinese", written(',', |n| format!("{}万", n / 10_000.0))),
        Kind::new("marks of no width", written(',', |n| format!("\u{200e}{n}\u{200b}"))),
        Kind::new("K and M", written(',', |n| format!("{}K", n / 1000.0))),
        Kind::new(
            "twelve decimals, and a large volume",
            "Date,Open,High,Low,Close,Volume\n2020-01-06,0.123456789012,0.2,0.1,0.15,1e18\n",
        )
        .bars(&["2020-01-06 00:00:00  0.123456789012 0.2 0.1 0.15  1000000000000000000"]),
        Kind::new(
            "prices in 32nds",
            "Date,Open,High,Low,Close\n2020-01-06,110'165,111'000,110'000,110'302\n",
        )
        .bars(&["2020-01-06 00:00:00  110.515625 111 110 110.9375  0"])
        .refused(
            "or a price in 32nds as of bonds",
            Edit(|text| {
                text.replace("110'165", "110.515625")
                    .replace("110'302", "110.9375")
                    .replace("'000", "")
            }),
        ),
        Kind::new(
            "negative prices",
            "Date,Open,High,Low,Close,Volume\n2020-04-20,17,18,-40,-37,9\n",
        )
        .bars(&["2020-04-20 00:00:00  17 18 -40 -37  9"])
        .refused("is not above 0", Flags("--negative-prices")),
    ]
}

fn units() -> Vec<Kind> {
    vec![
        Kind::new(
            "points that could be either",
            "Date;Open;High;Low;Close\n2020-01-06;985;1.010;980;990\n",
        )
        .bars(&["2020-01-06 00:00:00  985 1010 980 990  0"])
        .refused("could be 1.01 or 1010", Flags("--decimal comma")),
        Kind::new(
            "prices of the yen with whole volumes",
            "Date,Open,High,Low,Close,Volume\n2020-01-06,149.982,150.120,149.700,149.900,500\n",
        )
        .bars(&["2020-01-06 00:00:00  149.982 150.12 149.7 149.9  500"]),
        Kind::new("a currency in letters", written(',', |n| format!("Rp {n}"))),
        Kind::new("units", written(',', |n| format!("{n} \u{682a}"))),
        Kind::new("exponents with a comma", written(';', |n| format!("{n:E}").replace('.', ","))),
        Kind::new("a first row too long", days().replace("101,500", "101,500,9"))
            .without(0)
            .refused("has 7 columns", Flags("--bad-rows drop")),
    ]
}

fn faults() -> Vec<Kind> {
    vec![
        Kind::new("rounding dust", "Date,Open,High,Low,Close,Volume\n2020-01-06,0.85,0.9026360511779784,0.8,0.9026360511779785,500\n")
            .bars(&["2020-01-06 00:00:00  0.85 0.9026360511779785 0.8 0.9026360511779785  500"]),
        Kind::new("rows of null", days().replace("101,102,100,100.5", "null,null,null,null"))
            .without(1)
            .refused("is not a price", Flags("--bad-rows drop")),
        Kind::new("an open outside of the range", days().replace("101,102,100,100.5", "109,102,100,100.5"))
            .without(1)
            .refused("is below the open", Flags("--bad-rows drop")),
        Kind::new("a range to be widened", days().replace("101,102,100,100.5", "101,100.75,100,100.5"))
            .bar(1, "2020-01-07 00:00:00  101 101 100 100.5  600")
            .refused("`--bad-rows widen`", Flags("--bad-rows widen")),
        Kind::new("a row twice", days() + "2020-01-13,101.5,102.5,101,102,400\n")
            .refused("is a duplicate", Flags("--bad-rows drop")),
        Kind::new("rows in disorder", days() + "2020-01-02,101.5,102.5,101,102,400\n").refused(
            "sort the rows by time, oldest first",
            Edit(|text| text.replace("2020-01-02,101.5,102.5,101,102,400\n", "")),
        ),
        Kind::new("a line of totals", days() + "Total,,,,,3400\n"),
        Kind::new("a line of words", days() + "6 rows in set (0.01 sec)\n"),
        Kind::new("a line with commas", days() + "Downloaded from A, Inc. as of 01-14-2020\n\n"),
        Kind::new("two lines below, in Chinese", days() + "合计,,,,,3400\n来源：东方财富\n"),
        Kind::new("totals in the middle", days().replace("2020-01-09", "Total,,,,,3400\nSource: A\n2020-01-09"))
            .refused("of 8 rows 2 are faulty", Flags("--bad-rows drop")),
        Kind::new("a line of means", days() + "Mean,101,102,100,101,550\n")
            .refused("a row that is not a bar is left out", Flags("--bad-rows drop")),
        Kind::new("a line of words between the rows", days().replace("2020-01-09", "6 rows\n2020-01-09"))
            .refused("it is not a bar", Flags("--bad-rows drop")),
        Kind::new("psql", {
            let table = days().replace(',', " | ").replacen('\n', "\n---+---+---+---+---+---\n", 1);
            table + "(6 rows)\n\n"
        }),
        Kind::new("a row that is cut short", days() + "2020-01-14,101.5,10")
            .refused("the file may be cut short", Edit(|text| text[..text.len() - 19].to_owned())),
        Kind::new("a row that is cut short in its month", {
            let named = |text: String, day: &&str| text.replace(*day, &format!("{}-Jan-2020", &day[8..]));
            DAYS.iter().fold(days(), named) + "14-Jan"
        })
        .refused("has 1 column", Edit(|text| text[..text.len() - 6].to_owned())),
        Kind::new("one row with a delimiter behind it", days().replacen("600\n", "600,\n", 1)),
        Kind::new("names in other letters once more", {
            days().replace("2020-01-09", &format!("{}\n2020-01-09", NAMES.to_uppercase()))
        }),
        Kind::new("names once more between the rows", {
            let rows: Vec<String> = days().lines().map(str::to_owned).collect();
            [&rows[..4], &rows[..1], &rows[4..]].concat().join("\n") + "\n"
        }),
        Kind::new("the newest first", {
            let text = days();
            let mut rows: Vec<&str> = text.lines().skip(1).collect();
            rows.reverse();
            format!("{NAMES}\n{}", rows.join("\n"))
        }),
        Kind::new("a quote that is never closed", days().replacen("2020-01-08", "\"2020-01-08", 1))
            .refused("a quote in line 4 that is never closed", Edit(|text| text.replace('"', ""))),
        Kind::new("a stray column in the last row", days().replace(",400\n", ",400,9\n"))
            .without(5)
            .refused("correct or delete the row", Flags("--bad-rows drop")),
        Kind::new("a word for a price", days().replace("101,102,100,100.5", "closed,102,100,100.5"))
            .without(1)
            .refused("is not a number", Flags("--bad-rows drop")),
        Kind::new("files with a byte order mark, one behind the other", {
            let quoted = format!("\"{}\"", NAMES.replace(',', "\",\""));
            let names_at = |day: &str, names: &str| format!("\u{feff}{names}\n{day}");
            let text = days().replace(DAYS[2], &names_at(DAYS[2], NAMES));
            format!("\u{feff}{}", text.replace(DAYS[4], &names_at(DAYS[4], &quoted)))
        }),
        Kind::new("a stray column", days().replace("\n2020-01-08", "\n2020-01-08,9"))
            .refused("correct or delete the row", Edit(|text| text.replace("2020-01-08,9", "2020-01-08"))),
    ]
}

fn splits() -> Vec<Kind> {
    let text = "Date,Open,High,Low,Close,Adj Close,Volume\n2020-01-06,400,404,398,402,100.5,1000\n\
                2020-01-07,101,102,100,101.5,101.5,1000\n";
    vec![
        Kind::new("a split", text)
            .bars(&[
                "2020-01-06 00:00:00  400 404 398 402  1000",
                "2020-01-07 00:00:00  101 102 100 101.5  1000",
            ])
            .warns("a bar opens like a split: 2020-01-07 00:00:00 (4:1)"),
        Kind::new("contracts one after another", {
            super::table(
                "Symbol,Date,Open,High,Low,Close,Volume",
                &[
                    "CLF20,2020-01-06",
                    "CLF20,2020-01-07",
                    "CLF20,2020-01-08",
                    "CLG20,2020-01-09",
                    "CLG20,2020-01-10",
                    "CLG20,2020-01-13",
                ],
            )
        })
        .bars(&[
            "2020-01-06 00:00:00  100 101.5 99.5 101  500",
            "2020-01-07 00:00:00  101 102 100 100.5  600",
            "2020-01-08 00:00:00  100.5 103 100.25 102.5  550",
        ])
        .refused("follow each other in time", Flags("--symbol CLF20")),
        Kind::new("several intervals", {
            let rows = days();
            let rows: String = rows.lines().skip(1).map(|row| format!("{row},1d\n")).collect();
            format!("{NAMES},interval\n{rows}2020-01-06 01:00,1,2,1,2,3,1h\n")
        })
        .refused("holds several intervals", Flags("--symbol 1d")),
        Kind::new("names in quotes between blanks, as R writes them", {
            let names = "\"Index\" \"A.Open\" \"A.High\" \"A.Low\" \"A.Close\" \"A.Volume\"";
            days().replace(NAMES, names).replace(',', " ")
        }),
        Kind::new("row names of R", {
            let rows = days();
            let rows = rows.lines().enumerate().map(|(idx, row)| match idx {
                0 => format!("{row}\n"),
                idx => format!("\"{idx}\",{row}\n"),
            });
            rows.collect::<String>()
        }),
        Kind::new("a delimiter behind each row", days().replace("0\n", "0,\n")),
        Kind::new("cells in blanks alone", days().replace(',', "   ")),
        Kind::new("what pandas prints", {
            let rows = days();
            let rows: String =
                rows.lines().skip(1).map(|row| row.replace(',', "  ") + "\n").collect();
            format!(
                "             Open   High    Low  Close  Volume\nDate                                        \n{rows}"
            )
        }),
        Kind::new("blanks below a title", format!("Prices of A\n{}", days().replace(',', "   ")))
            .refused("has blanks between its columns", Command("bars.csv")),
    ]
}
