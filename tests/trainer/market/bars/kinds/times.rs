//! What times are, and how they are written.

use super::Remedy::{Edit, Flags};
use super::{DAYS, Kind, NAMES, table};

const DAY_NUMBERS: [u64; 6] = [0, 1, 2, 3, 4, 7];

/// 2020-01-06 09:00.
const NINE_S: u64 = 1_578_301_200;

/// Returns rows whose times are these days or hours, written by `form`.
fn by_day(form: impl Fn(u64) -> String) -> String {
    table(NAMES, &DAY_NUMBERS.map(form))
}

fn by_hour(form: impl Fn(u64) -> String) -> String {
    table(NAMES, &[0, 1, 2, 3, 4, 5].map(form))
}

fn by_minute(form: impl Fn(u64) -> String) -> String {
    table(NAMES, &[30, 31, 32, 33, 34, 35].map(form))
}

const SECONDS: [&str; 6] = [
    "2020-01-06 00:00:30",
    "2020-01-06 00:00:31",
    "2020-01-06 00:00:32",
    "2020-01-06 00:00:33",
    "2020-01-06 00:00:34",
    "2020-01-06 00:00:35",
];

pub(super) fn kinds() -> Vec<Kind> {
    [
        numbers(),
        of_pandas(),
        since_2001(),
        other_numbers(),
        short_or_odd(),
        texts(),
        calendars_and_zones(),
        clocks(),
        clocks_by_their_names(),
        parts(),
        hours_of_a_day(),
        hours_by_their_ends(),
        zones(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn numbers() -> Vec<Kind> {
    let unix = |scale: u64| by_hour(move |hour| ((NINE_S + 3600 * hour) * scale).to_string());
    vec![
        Kind::new("unix seconds", unix(1)).hours(9),
        Kind::new("unix milliseconds", unix(1000)).hours(9),
        Kind::new("unix microseconds", unix(1_000_000)).hours(9),
        Kind::new("unix nanoseconds", unix(1_000_000_000)).hours(9),
        Kind::new("units that change", {
            by_hour(|hour| {
                ((NINE_S + 3600 * hour) * [1000, 1_000_000][usize::from(hour > 2)]).to_string()
            })
        })
        .hours(9),
        Kind::new("YYYYMMDD", table(NAMES, &DAYS.map(|day| day.replace('-', "")))),
        Kind::new("YYYYMMDDHH", by_hour(|hour| format!("20200106{:02}", 9 + hour))).hours(9),
        Kind::new("YYYYMMDDHHMM", by_minute(|minute| format!("2020010609{minute}"))).minutes(),
        Kind::new("YYYYMMDDHHMMSS", by_minute(|minute| format!("2020010609{minute}00"))).minutes(),
    ]
}

fn of_pandas() -> Vec<Kind> {
    let weeks = [
        "2020-01-06/2020-01-12",
        "2020-01-13/2020-01-19",
        "2020-01-20/2020-01-26",
        "2020-01-27/2020-02-02",
        "2020-02-03/2020-02-09",
        "2020-02-10/2020-02-16",
    ];
    vec![
        Kind::new("YYYYMMDD.HHMM", by_hour(|hour| format!("20200106.{}", 10 + hour))).hours(10),
        Kind::new("weeks, as pandas writes them", table(NAMES, &weeks))
            .at(&weeks.map(|week| &week[..10])),
    ]
}

fn since_2001() -> Vec<Kind> {
    let seconds = by_hour(|hour| (NINE_S - 978_307_200 + 3600 * hour).to_string());
    vec![
        Kind::new("seconds since 2001", &seconds)
            .hours(9)
            .refused("or seconds since 2001 (Apple)", Flags("--time-format s_since_2001")),
        Kind::new("seconds since 1970, of 1989", &seconds)
            .at(&[
                "1989-01-05 09:00",
                "1989-01-05 10:00",
                "1989-01-05 11:00",
                "1989-01-05 12:00",
                "1989-01-05 13:00",
                "1989-01-05 14:00",
            ])
            .refused("could be seconds since 1970", Flags("--time-format unix_s")),
    ]
}

fn other_numbers() -> Vec<Kind> {
    let excel = "is not a plausible time since 1970; it looks like a serial date";
    vec![
        Kind::new("YYYYMM", by_hour(|month| format!("20190{}", 1 + month))).at(&[
            "2019-01-01",
            "2019-02-01",
            "2019-03-01",
            "2019-04-01",
            "2019-05-01",
            "2019-06-01",
        ]),
        Kind::new("Excel serial", by_day(|day| (43_836 + day).to_string()))
            .refused(excel, Flags("--time-format excel")),
        Kind::new("Excel serial with a clock", {
            by_hour(|hour| format!("{:.10}", 43_836.0 + (9 + hour) as f64 / 24.0))
        })
        .hours(9)
        .refused(excel, Flags("--time-format excel")),
        Kind::new("day number since 1970", by_day(|day| (18_267 + day).to_string()))
            .refused("a day number since 1970", Flags("--time-format days_since_1970")),
        Kind::new(
            "Julian day",
            by_hour(|hour| format!("{:.8}", 2_458_854.5 + (9 + hour) as f64 / 24.0)),
        )
        .hours(9)
        .refused("a Julian day", Flags("--time-format julian_day")),
        Kind::new("day number of Python", by_day(|day| (737_430 + day).to_string()))
            .refused("or a day number of Python", Flags("--time-format python_ordinal")),
        Kind::new(".NET ticks", {
            by_hour(|hour| ((62_135_596_800 + NINE_S + 3600 * hour) * 10_000_000).to_string())
        })
        .hours(9)
        .refused(".NET ticks", Flags("--time-format dotnet_ticks")),
        Kind::new("FILETIME", {
            by_hour(|hour| ((11_644_473_600 + NINE_S + 3600 * hour) * 10_000_000).to_string())
        })
        .hours(9)
        .refused("FILETIME", Flags("--time-format filetime")),
        Kind::new("row number", by_hour(|row| row.to_string())).refused(
            "only numbers the rows and is not a time",
            Edit(|text| {
                let rows = text.lines().skip(1).zip(DAYS);
                let rows =
                    rows.map(|(row, day)| format!("{day},{}\n", row.split_once(',').unwrap().1));
                format!("{NAMES}\n{}", rows.collect::<String>())
            }),
        ),
        Kind::new("milliseconds of a day", by_minute(|m| ((540 + m) * 60_000).to_string()))
            .minutes()
            .refused(
                "looks like milliseconds since midnight",
                Flags("--time-format 'ms_of_day 2020-01-06'"),
            ),
        Kind::new("seconds of a day", by_minute(|m| ((540 + m) * 60).to_string()))
            .minutes()
            .refused(
                "looks like seconds since midnight",
                Flags("--time-format 's_of_day 2020-01-06'"),
            ),
        Kind::new(
            "rounded by a spreadsheet",
            by_day(|day| format!("{:.4E}", 1.578e9 + 86_400.0 * day as f64)),
        )
        .refused(
            "a spreadsheet may have rounded away",
            Edit(|_| by_day(|day| (1_578_268_800 + 86_400 * day).to_string())),
        ),
    ]
}

fn short_or_odd() -> Vec<Kind> {
    vec![
        Kind::new(
            "as NumPy writes it",
            by_hour(|hour| format!("{:.18e}", (NINE_S + 3600 * hour) as f64)),
        )
        .hours(9),
        Kind::new("a short year, and a clock", {
            by_minute(|m| format!("200106,09{m}")).replace("Date", "Date,Time")
        })
        .minutes()
        .refused("if its pattern is", Flags("--time-format '%y%m%d %H%M'")),
        Kind::new("a month and a short year", {
            let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"];
            table(NAMES, &months.map(|month| format!("{month}-20")))
        })
        .at(&["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01", "2020-05-01", "2020-06-01"])
        .refused("if its pattern is", Flags("--time-format '%b-%y'")),
        Kind::new("a clock as a part of the day", {
            by_hour(|hour| format!("2020-01-06,{}", (9 + hour) as f64 / 24.0))
                .replace("Date", "Date,Time")
        })
        .hours(9),
        Kind::new("milliseconds by .NET", {
            by_hour(|hour| format!("/Date({})/", 1000 * (NINE_S + 3600 * hour)))
        })
        .hours(9),
        Kind::new("a clock that is called the minute", {
            by_minute(|m| format!("2020-01-06,09:{m}")).replace("Date", "date,minute")
        })
        .minutes(),
    ]
}

fn texts() -> Vec<Kind> {
    let days = |form: fn(&str) -> String| table(NAMES, &DAYS.map(form));
    let hours = |form: &dyn Fn(u64) -> String| by_hour(|hour| form(9 + hour));
    vec![
        Kind::new("US dates", days(|day| format!("01/{}/2020", &day[8..]))),
        Kind::new("days first", days(|day| format!("{}/01/2020", &day[8..]))),
        Kind::new("days first with points", days(|day| format!("{}.01.2020", &day[8..]))),
        Kind::new("short years", days(|day| format!("{}.01.20", &day[8..]))),
        Kind::new("an order that nothing decides", by_hour(|day| format!("0{}/02/2020", 1 + day)))
            .at(&[
                "2020-02-01",
                "2020-02-02",
                "2020-02-03",
                "2020-02-04",
                "2020-02-05",
                "2020-02-06",
            ])
            .refused("day and month are ambiguous", Flags("--time-format day_first")),
        Kind::new("months in words", days(|day| format!("{}-Jan-2020", &day[8..]))),
        Kind::new(
            "months in words, the US order",
            days(|day| format!("\"Jan {}, 2020\"", &day[8..])),
        ),
        Kind::new("weekdays", days(|day| format!("\"Mon, {} Jan 2020\"", &day[8..]))),
        Kind::new("months in French", days(|day| format!("{} janv. 2020", &day[8..]))),
        Kind::new("years, months and days in Chinese", {
            days(|day| format!("2020\u{5e74}01\u{6708}{}\u{65e5}", &day[8..]))
        }),
        Kind::new(
            "AM and PM",
            table(
                NAMES,
                &[9, 10, 11, 12, 1, 2].map(|hour| {
                    format!(
                        "2020-01-06 {hour:02}-{}",
                        if hour > 8 && hour < 12 { "AM" } else { "PM" }
                    )
                }),
            ),
        )
        .hours(9),
        Kind::new(
            "ISO 8601 with offset",
            hours(&|hour| format!("2020-01-06T{hour:02}:00:00+01:00")),
        )
        .hours(8),
        Kind::new("ISO 8601 with Z", hours(&|hour| format!("2020-01-06T{hour:02}:00:00.000Z")))
            .hours(9),
        Kind::new("Dukascopy local time", {
            hours(&|hour| format!("06.01.2020 {hour:02}:00:00.000 GMT+0100"))
                .replace("Date", "Local time")
        })
        .hours(8),
        Kind::new("months of a year", by_hour(|month| format!("0{}/2019", 1 + month))).at(&[
            "2019-01-01",
            "2019-02-01",
            "2019-03-01",
            "2019-04-01",
            "2019-05-01",
            "2019-06-01",
        ]),
        Kind::new("digits with a pattern", days(|day| format!("{}012020", &day[8..])))
            .refused("is not a plausible time", Flags("--time-format %d%m%Y")),
        Kind::new("a text that a formula makes", days(|day| format!("=\"{day}\""))),
        Kind::new("a year that is wrong", days(|day| day.replace("2020", "2062"))).refused(
            "after tomorrow, which is not plausible: correct the year",
            Edit(|text| text.replace("2062", "2020")),
        ),
    ]
}

fn calendars_and_zones() -> Vec<Kind> {
    let days = |form: fn(&str) -> String| table(NAMES, &DAYS.map(form));
    let in_utc =
        |names: &str| days(|day| format!("{day} 05:30:00,{day} 00:00:00")).replace("Date", names);
    vec![
        Kind::new("a local time beside UTC", in_utc("timestamp_local,timestamp_utc")),
        Kind::new("a local time beside GMT", in_utc("datetime,datetime_gmt")),
        Kind::new("a column for UTC that is empty", {
            days(|day| format!("{day} 00:00:00,")).replace("Date", "timestamp,timestamp_utc")
        }),
        Kind::new("years of the Buddhist calendar", days(|day| day.replace("2020", "2563")))
            .refused(
                "subtract 543 from each year, so that 2563 is 2020",
                Edit(|text| text.replace("2563", "2020")),
            ),
        Kind::new("the Persian calendar", {
            days(|day| day.replace("2020-01-0", "1398-10-1").replace("2020-01-1", "1398-10-2"))
        })
        .refused(
            "looks like the Persian calendar",
            Edit(|text| text.replace("1398-10-1", "2020-01-0").replace("1398-10-2", "2020-01-1")),
        ),
    ]
}

fn clocks() -> Vec<Kind> {
    let of = |names: &str, form: &dyn Fn(u64) -> String| by_minute(form).replace("Date", names);
    vec![
        Kind::new("date and clock", of("Date,Time", &|m| format!("2020.01.06,09:{m}"))).minutes(),
        Kind::new("a clock without zeros", of("Date,Time", &|m| format!("20200106,9{m}")))
            .minutes(),
        Kind::new(
            "a clock of seconds",
            of("<DTYYYYMMDD>,<TIME>", &|m| format!("20200106,09{m}00")),
        )
        .minutes(),
        Kind::new(
            "seconds of the day beside a date",
            of("Date,Time", &|m| format!("20200106,{}", (540 + m) * 60)),
        )
        .minutes(),
        Kind::new("HHMMSS without zeros", of("Date,Time", &|m| format!("20200106,{m}00")))
            .minutes_from(0, 30),
        Kind::new("HHMM without zeros", {
            let clocks = [15, 110, 125, 140, 155, 250];
            table(&NAMES.replace("Date", "YYYYMMDD,HHMM"), &clocks.map(|c| format!("20200106,{c}")))
        })
        .at(&[
            "2020-01-06 00:15",
            "2020-01-06 01:10",
            "2020-01-06 01:25",
            "2020-01-06 01:40",
            "2020-01-06 01:55",
            "2020-01-06 02:50",
        ]),
        Kind::new("hours from midnight on", of("Date,Time", &|m| format!("20200106,{}", m - 30)))
            .hours(0)
            .refused("whose unit no row decides", Flags("--time-format hh")),
        Kind::new("minutes from midnight on", of("Date,Time", &|m| format!("20200106,{m}")))
            .minutes_from(0, 30)
            .refused("whose unit no row decides", Flags("--time-format hhmm")),
        Kind::new("seconds from midnight on", of("Date,Time", &|m| format!("20200106,{m}")))
            .at(&SECONDS)
            .refused("whose unit no row decides", Flags("--time-format s_of_day")),
        Kind::new("HHMMSS of both orders", of("Date,Time", &|m| format!("06/01/2020,{m}")))
            .at(&SECONDS)
            .refused("day and month are ambiguous", Flags("--time-format 'day_first hhmmss'")),
        Kind::new("milliseconds of the day beside a date", {
            of("date,ms", &|m| format!("2020-01-06,{}", (540 + m) * 60_000))
        })
        .minutes(),
        Kind::new("minutes of the day beside a date", {
            of("date,minute_of_day", &|m| format!("2020-01-06,{}", 540 + m))
        })
        .minutes(),
    ]
}

fn clocks_by_their_names() -> Vec<Kind> {
    let of = |names: &str, form: &dyn Fn(u64) -> String| by_minute(form).replace("Date", names);
    vec![
        // As `HHMMSS`, four of six could be 8 o'clock.
        Kind::new("seconds of the day by the name", {
            of("Date,Seconds", &|m| format!("2020-01-06,{}", 78_300 + 900 * (m - 30)))
        })
        .at(&[
            "2020-01-06 21:45",
            "2020-01-06 22:00",
            "2020-01-06 22:15",
            "2020-01-06 22:30",
            "2020-01-06 22:45",
            "2020-01-06 23:00",
        ]),
        Kind::new("a clock without a name, after midnight", {
            of("Date,", &|m| format!("20200106,00:0{}:00", m - 30))
        })
        .minutes_from(0, 0),
        Kind::new("seconds of the day after midnight", {
            of("Date,Seconds", &|m| format!("2020-01-06,{}", 60 * (m - 30)))
        })
        .minutes_from(0, 0),
    ]
}

fn parts() -> Vec<Kind> {
    let of = |names: &str, form: &dyn Fn(u64) -> String| by_minute(form).replace("Date", names);
    let days = |names: &str, form: fn(&str) -> String| {
        table(&NAMES.replace("Date", names), &DAYS.map(form))
    };
    vec![
        Kind::new(
            "year, month, day",
            days("Year,Month,Day", |day| format!("2020,1,{}", &day[8..])),
        ),
        Kind::new("YYYY, MM, DD", days("YYYY,MM,DD", |day| day.replace('-', ","))),
        Kind::new("day, month, year", days("day,mo,yr", |day| format!("{},1,2020", &day[8..]))),
        Kind::new(
            "a month in words",
            days("Year,Month,Day", |day| format!("2020,Jan,{}", &day[8..])),
        ),
        Kind::new(
            "year and month",
            table(
                "Year,Month,Open,High,Low,Close,Volume",
                &["2019,1", "2019,2", "2019,3", "2019,4", "2019,5", "2019,6"],
            ),
        )
        .at(&[
            "2019-01-01",
            "2019-02-01",
            "2019-03-01",
            "2019-04-01",
            "2019-05-01",
            "2019-06-01",
        ]),
        Kind::new(
            "up to the minute",
            of("year,month,day,hour,minute", &|m| format!("2020,1,6,9,{m}")),
        )
        .minutes(),
        Kind::new("up to the minute, in large letters", {
            of("YYYY,MM,DD,HH,MM", &|m| format!("2020,01,06,09,{m}"))
        })
        .minutes(),
        Kind::new("year, month, day and a clock", {
            of("Year,Month,Day,Time", &|m| format!("2020,1,6,09:{m}:00"))
        })
        .minutes(),
        Kind::new("date, hour, minute", of("Date,Hour,Minute", &|m| format!("2020-01-06,9,{m}")))
            .minutes(),
        Kind::new(
            "parts with a point",
            days("Year,Month,Day", |day| format!("2020.0,1.0,{}.0", &day[8..])),
        ),
        Kind::new(
            "parts beside the whole",
            days("Date,Year,Month,Day", |day| format!("{day},2020,1,{}", &day[8..])),
        ),
        Kind::new(
            "parts without names",
            table("", &DAYS.map(|day| format!("2020,1,{}", &day[8..]))),
        )
        .refused(
            "put this line at the top: `year,month,day,open,high,low,close,volume`",
            Edit(|text| format!("year,month,day,open,high,low,close,volume\n{text}")),
        ),
        Kind::new("year and week", days("Year,Week", |day| format!("2020,{}", &day[8..]))).refused(
            "has the time in several columns, `Year`, `Week`; write it to one",
            Edit(|_| super::days()),
        ),
    ]
}

fn hours_of_a_day() -> Vec<Kind> {
    vec![
        Kind::new("hours from 1 to 24", {
            by_hour(|hour| format!("2020-01-06,{}", 19 + hour)).replace("Date", "Date,Hour")
        })
        .hours(19)
        .refused("seem to be the ends of the bars", Flags("--column clock=Hour")),
        Kind::new("hours as ranges", {
            by_hour(|hour| format!("2020-01-06,{:02}-{:02}", 9 + hour, 10 + hour))
                .replace("Date", "Date,Hour")
        })
        .hours(9)
        .refused(
            "write only its start",
            Edit(|text| {
                let begin = |line: &str| format!("{}:00{}\n", &line[..13], &line[16..]);
                let rows: String = text.lines().skip(1).map(begin).collect();
                format!("Date,Hour,Open,High,Low,Close,Volume\n{rows}")
            }),
        ),
        Kind::new("half hours that are counted", {
            by_hour(|half| format!("2020-01-06,{}", 19 + half)).replace("Date", "Date,Period")
        })
        .at(&[
            "2020-01-06 09:00",
            "2020-01-06 09:30",
            "2020-01-06 10:00",
            "2020-01-06 10:30",
            "2020-01-06 11:00",
            "2020-01-06 11:30",
        ])
        .refused(
            "if another column has the clock",
            Edit(|text| {
                let clock = |row: &str| {
                    let (head, rest) = (&row[..10], &row[13..]);
                    let half = row[11..13].parse::<u64>().unwrap() - 1;
                    format!("{head} {:02}:{:02}{rest}\n", half / 2, 30 * (half % 2))
                };
                format!("{NAMES}\n{}", text.lines().skip(1).map(clock).collect::<String>())
            }),
        ),
    ]
}

fn hours_by_their_ends() -> Vec<Kind> {
    vec![
        Kind::new("hours from 1 to 24, as ends", {
            by_hour(|hour| format!("2020,1,6,{}", 19 + hour)).replace("Date", "Year,Month,Day,Hour")
        })
        .hours(18)
        .refused("seem to be the ends of the bars", Flags("--column hour_ending=Hour")),
        Kind::new("hours that are called by their ends", {
            by_hour(|hour| format!("2020-01-06,{}", 19 + hour))
                .replace("Date", "Delivery Date,Hour Ending (HE)")
        })
        .hours(18)
        .warns("is the time at which a bar ends: it is taken to begin an hour earlier"),
        Kind::new("a date with an hour that is called by its end", {
            by_hour(|hour| format!("2020-01-06 {}", 19 + hour)).replace("Date", "Date (HE)")
        })
        .hours(18)
        .warns("is the time at which a bar ends: it is taken to begin an hour earlier"),
        Kind::new("a day that ends at 24:00", {
            by_hour(|hour| format!("2020-01-06,{}:00", 19 + hour)).replace("Date", "Date,Time")
        })
        .hours(19)
        .warns("has 24:00 and never 00:00"),
        Kind::new("an hour beside each day", {
            table(&NAMES.replace("Date", "Date,Hour"), &DAYS.map(|day| format!("{day},16")))
        })
        .at(&DAYS.map(|day| format!("{day} 16:00")).each_ref().map(String::as_str)),
        Kind::new("a day 24 that is no hour", {
            by_hour(|day| format!("\"2020, 02, {}\"", 19 + day))
        })
        .at(&[
            "2020-02-19",
            "2020-02-20",
            "2020-02-21",
            "2020-02-22",
            "2020-02-23",
            "2020-02-24",
        ]),
        Kind::new("a day that ends at 2400", {
            by_hour(|hour| format!("2020-01-06,{}00", 19 + hour)).replace("Date", "Date,Time")
        })
        .hours(19)
        .warns("has 24:00 and never 00:00"),
        Kind::new("HHMM as ends", {
            by_hour(|hour| format!("2020-01-06,{}00", 4 + hour)).replace("Date", "Date,Hour Ending")
        })
        .hours(3)
        .warns("is the time at which a bar ends: it is taken to begin an hour earlier"),
        Kind::new("a day that ends at T24", by_hour(|hour| format!("2020-01-06T{}", 19 + hour)))
            .hours(19)
            .warns("has 24:00 and never 00:00"),
    ]
}

fn zones() -> Vec<Kind> {
    let hours = |name: &str, zone: &str| {
        by_hour(|hour| format!("2020-01-06 {:02}:00{zone}", 9 + hour)).replace("Date", name)
    };
    vec![
        Kind::new("EET in the name", hours("Time (EET)", "")).hours(7),
        Kind::new("a city in the name", hours("New York Time", "")).hours(14),
        Kind::new("the coast in the name", hours("datetime_eastern", "")).hours(14),
        Kind::new("a city in the name, in Chinese", hours("北京时间", "")).hours(1),
        Kind::new("an offset in the name", hours("datetime_utc_plus_8", "")).hours(1),
        Kind::new("an offset in the name without a sign", hours("Time_GMT2", "")).hours(7),
        Kind::new("UTC in the name", hours("timestamp_utc", "")).hours(9),
        Kind::new("an IANA zone behind it", hours("Date", " America/New_York")).hours(14),
        Kind::new("EST", hours("Date", " EST")).hours(14),
        Kind::new("IST", hours("Date", " IST")).hours(9 - 2).refused(
            "`--time-zone Asia/Kolkata` or `--time-zone Asia/Jerusalem`",
            Flags("--time-zone Asia/Jerusalem"),
        ),
        Kind::new("CST of China", hours("Date", " CST")).hours(1).refused(
            "`--time-zone America/Chicago` or `--time-zone Asia/Shanghai`",
            Flags("--time-zone Asia/Shanghai"),
        ),
        Kind::new("CST of Chicago", hours("Date", " CST")).hours(15).refused(
            "which is an ambiguous or unknown time zone",
            Flags("--time-zone America/Chicago"),
        ),
        Kind::new("IST in the name", hours("Time (IST)", ""))
            .hours(7)
            .refused("has times in the zone `IST`", Flags("--time-zone Asia/Jerusalem")),
        Kind::new("a column of zones", hours("Date,tz", ",America/New_York")).hours(14),
        Kind::new("a column of a short name", hours("Date,timezone", ",IST"))
            .hours(7)
            .refused("name the time zone, such as by", Flags("--time-zone Asia/Jerusalem")),
        Kind::new(
            "short names in the hour that autumn repeats",
            table(
                NAMES,
                &[
                    "2020-11-01 00:00 EDT",
                    "2020-11-01 01:00 EDT",
                    "2020-11-01 01:00 EST",
                    "2020-11-01 02:00 EST",
                    "2020-11-01 03:00 EST",
                    "2020-11-01 04:00 EST",
                ],
            ),
        )
        .at(&[
            "2020-11-01 04:00",
            "2020-11-01 05:00",
            "2020-11-01 06:00",
            "2020-11-01 07:00",
            "2020-11-01 08:00",
            "2020-11-01 09:00",
        ]),
    ]
}
