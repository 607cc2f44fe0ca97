//! Each remedy that a message gives is followed to the letter, and works.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// A file that is refused, and what to do.
struct Case {
    name: &'static str,
    content: Vec<u8>,
    /// What the message says.
    says: &'static str,
    /// What `NAME` is in it, or what follows a flag that has no value.
    value: &'static str,
    /// Which of the flags of the message, or commands, is followed.
    nth: usize,
    n_bars: u64,
}

impl Case {
    fn new(content: impl AsRef<[u8]>, says: &'static str, n_bars: u64) -> Self {
        let content = content.as_ref().to_vec();
        Self { name: "prices.csv", content, says, value: "", nth: 0, n_bars }
    }

    fn value(self, value: &'static str) -> Self {
        Self { value, ..self }
    }

    fn nth(self, nth: usize) -> Self {
        Self { nth, ..self }
    }

    /// Returns the message, and in which folder.
    fn refused(&self) -> (TempDir, String) {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(self.name), &self.content).unwrap();
        let (is_good, told) = bars(folder.path(), self.name, "");
        assert!(!is_good && told.contains(self.says), "{told}\nlacks: {}", self.says);
        (folder, told)
    }

    /// Follows the flags that the message names.
    #[track_caller]
    fn by_flags(self) {
        let (folder, told) = self.refused();
        let quoted: Vec<&str> = told.split('`').skip(1).step_by(2).collect();
        let mut flags = (0..quoted.len()).filter(|&idx| quoted[idx].starts_with("--"));
        let idx = flags.nth(self.nth).unwrap_or_else(|| panic!("no flag in {told}"));
        let mut flag = quoted[idx].replace("NAME", self.value);
        if !flag.contains(' ') {
            let value = if self.value.is_empty() { quoted[idx + 1] } else { self.value };
            flag = format!("{flag} {value}");
        }
        self.check(&folder, self.name, &flag, &told);
    }

    /// Runs the command that the message names, and reads what it wrote.
    #[track_caller]
    fn by_command(self, then_read: &str) {
        let (folder, told) = self.refused();
        let command = told.split('`').skip(1).step_by(2).find(|text| text.contains(self.name));
        let command = command.unwrap_or_else(|| panic!("no command in {told}"));
        let program = command.split(' ').next().unwrap();
        if !shell(folder.path(), &format!("command -v {program}")).0 {
            return;
        }
        let (is_done, error) = shell(folder.path(), command);
        assert!(is_done, "{command}: {error}");
        self.check(&folder, then_read, "", command);
    }

    #[track_caller]
    fn check(&self, folder: &TempDir, name: &str, flags: &str, told: &str) {
        let (is_good, out) = bars(folder.path(), name, flags);
        assert!(is_good, "{told}\nthen {flags}: {out}");
        let says = format!("{name}: {} bar", self.n_bars);
        assert!(out.contains(&says), "{told}\nthen {flags}: {out}");
    }
}

fn shell(folder: &Path, line: &str) -> (bool, String) {
    let output = Command::new("sh").args(["-c", line]).current_dir(folder).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn bars(folder: &Path, name: &str, flags: &str) -> (bool, String) {
    shell(folder, &format!("'{}' bars '{name}' {flags}", env!("CARGO_BIN_EXE_trainer")))
}

const NAMES: &str = "Date,Open,High,Low,Close,Volume";

/// Six rows whose times are `times`.
fn rows(names: &str, times: [&str; 6]) -> String {
    let prices = ["1,3,1,2,5", "2,4,2,3,6", "3,5,2,4,7", "4,5,3,4,8", "4,6,4,5,9", "5,7,4,6,5"];
    let rows = times.iter().zip(prices).map(|(time, row)| format!("{time},{row}\n"));
    format!("{names}\n{}", rows.collect::<String>())
}

fn days() -> String {
    let days = [6, 7, 8, 9, 10, 13].map(|day| format!("2020-01-{day:02}"));
    rows(NAMES, days.each_ref().map(String::as_str))
}

#[test]
fn what_numbers_are_can_be_said() {
    for (times, says, nth) in [
        (["43836", "43837", "43838", "43839", "43840", "43843"], "(Excel)", 0),
        (["18267", "18268", "18269", "18270", "18271", "18274"], "a day number since 1970", 0),
        (["2458855", "2458856", "2458857", "2458858", "2458859", "2458862"], "a Julian day", 0),
        (["58854", "58855", "58856", "58857", "58858", "58861"], "a modified Julian day", 0),
        (["2020006", "2020007", "2020008", "2020009", "2020010", "2020013"], "`YYYYDDD`", 0),
        (["2010", "2011", "2012", "2013", "2014", "2015"], "a year, `YYYY`", 0),
        (["200106", "200107", "200108", "200109", "200110", "200111"], "or a date, `YYMMDD`", 0),
        (
            ["34200000", "34260000", "34320000", "34380000", "34440000", "34500000"],
            "since midnight",
            0,
        ),
    ] {
        Case::new(rows(NAMES, times), says, 6).nth(nth).by_flags();
    }
    let ticks = |epoch: i64, per_day: i64| {
        let ticks = [0, 1, 2, 3, 4, 7].map(|day| (epoch + day * per_day).to_string());
        rows(NAMES, ticks.each_ref().map(String::as_str))
    };
    Case::new(ticks(637_138_656_000_000_000, 864_000_000_000), ".NET ticks", 6).by_flags();
    Case::new(ticks(132_227_424_000_000_000, 864_000_000_000), "FILETIME", 6).by_flags();
    let hours =
        ["2001060900", "2001061000", "2001061100", "2001061200", "2001061300", "2001061400"];
    Case::new(rows(NAMES, hours), "or a date and clock, `YYMMDDHHMM`", 6).by_flags();
}

#[test]
fn days_months_and_clocks_can_be_said() {
    let days = ["03/04/20", "04/04/20", "05/04/20", "06/04/20", "07/04/20", "08/04/20"];
    Case::new(rows(NAMES, days), "no row decides", 6).by_flags();
    let long = days.map(|day| format!("{day}20"));
    Case::new(rows(NAMES, long.each_ref().map(String::as_str)), "no row decides", 6).by_flags();
    let hours = [9, 10, 11, 12, 13, 14].map(|hour| format!("2020-01-06,{hour}"));
    let rows_of = |names| rows(names, hours.each_ref().map(String::as_str));
    Case::new(
        rows_of("Date,Slot,Open,High,Low,Close,Volume"),
        "if another column has the clock",
        6,
    )
    .value("Slot")
    .by_flags();
    let spring = [0, 1, 2, 3, 4, 5].map(|hour| format!("2020-03-08 {hour:02}:00 "));
    let text = rows(NAMES, spring.each_ref().map(String::as_str));
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("prices.csv"), text).unwrap();
    let (_, told) = bars(folder.path(), "prices.csv", "--time-zone America/New_York");
    assert!(
        told.contains("the hour that daylight saving time skips in America/New_York"),
        "{told}"
    );
    let (is_good, told) = bars(folder.path(), "prices.csv", "--time-zone Europe/Berlin");
    assert!(is_good, "{told}");
    let zone = [9, 10, 11, 12, 13, 14].map(|hour| format!("2020-01-06 {hour:02}:00 IST"));
    let text = rows(NAMES, zone.each_ref().map(String::as_str));
    fs::write(folder.path().join("prices.csv"), &text).unwrap();
    let (_, told) = bars(folder.path(), "prices.csv", "");
    assert!(told.contains("write an offset such as `+05:30` in its place"), "{told}");
    fs::write(folder.path().join("prices.csv"), text.replace("IST", "+05:30")).unwrap();
    let (is_good, told) = bars(folder.path(), "prices.csv", "");
    assert!(is_good && told.contains("2020-01-06 03:30:00"), "{told}");
}

#[test]
fn columns_can_be_named() {
    let counted = ["1", "2", "3", "4", "5", "6"].map(|row| format!("{row},2020-01-0{row}"));
    let text = rows("time,when,open,high,low,close,volume", counted.each_ref().map(String::as_str));
    Case::new(text, "only numbers the rows", 6).value("when").by_flags();
    let text = days().replace("Close", "Settled on");
    Case::new(text, "has no column `close`", 6).value("'Settled on'").by_flags();
    let text = days().replace("Volume", "Close");
    Case::new(&text, "has 2 columns for `close`", 6).value("Close").nth(0).by_flags();
    // The open goes on from the close of the day before.
    let prices = ["2,3,1,1", "3,4,2,2", "4,5,2,3", "4,5,3,4", "5,6,4,4", "6,7,4,5"];
    let text: String =
        (6..).zip(prices).map(|(day, row)| format!("2020-01-{day:02},{row},9\n")).collect();
    Case::new(text, "seem to be close, high, low, open", 6).by_flags();
    let json: Vec<String> = (6..)
        .zip(prices)
        .map(|(day, row)| format!("[{},{row}]", 1_578_268_800 + 86_400 * (day - 6)))
        .collect();
    let case = Case::new(format!("[{}]", json.join(",")), "seem to be close, high, low, open", 6);
    case.by_flags();
    let json = json.iter().map(|row| row.replace(']', ",1]").replace(",1,", ",1,9,"));
    let text = format!("[{}]", json.collect::<Vec<_>>().join(","));
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("prices.json"), text).unwrap();
    let (_, told) = bars(folder.path(), "prices.json", "");
    assert!(told.contains("counted from 1, such as by `--column time=1"), "{told}");
}

#[test]
fn numbers_can_be_said() {
    let quoted = |from: &str, to: &str| days().replace(from, to);
    let text = days().replace(",1,3,1,2,", r#","1,000","3,000","1,000","2,000","#);
    let rest = text.lines().take(2).collect::<Vec<_>>().join("\n");
    Case::new(rest, "could be 1000 or 1: set `bars.decimal`", 1).value("point").by_flags();
    let bonds = "date,open,high,low,close\n2020-01-06,110'165,111'000,110'000,110'302\n";
    Case::new(bonds, "a price in 32nds", 1).by_flags();
    Case::new(quoted(",2,4,2,3,", ",,4,2,3,"), "is not a price", 5).by_flags();
    Case::new(quoted(",2,4,2,3,", ",2,4,2,7,"), "is below the close", 6).by_flags();
    Case::new(quoted(",2,4,2,3,", ",2,4,2,7,"), "is below the close", 5).nth(1).by_flags();
    Case::new(days() + "Mean,1,3,1,2,5\n", "a row that is not a bar is left out", 6).by_flags();
    Case::new(days() + "2020-01-14,0.5 Dividend\n", "it is not a bar", 6).by_flags();
    Case::new(quoted("2020-01-08", "2020-01-07"), "is a duplicate", 5).by_flags();
}

#[test]
fn one_of_several_can_be_chosen() {
    let names = "time,bid open,bid high,bid low,bid close,ask open,ask high,ask low,ask close";
    let text = format!("{names}\n2020-01-06,1,2,1,2,2,3,2,3\n2020-01-07,1,2,1,2,2,3,2,3\n");
    Case::new(text, "kinds of prices side by side", 2).by_flags();
    let row = |time: &str, interval: &str| format!("{time},{interval},1,2,1,2\n");
    let text = ["09:00", "10:00"].map(|clock| row(&format!("2020-01-06 {clock}"), "1h")).concat();
    let text = format!("time,interval,open,high,low,close\n{text}{}", row("2020-01-06", "1d"));
    Case::new(text, "several intervals", 2).by_flags();
    let row = |time: &str, flag: &str| format!("{time},{flag},1,2,1,2\n");
    let days = ["2020-01-06", "2020-01-07"].map(|day| row(day, "false") + &row(day, "true"));
    let text = format!("time,adjusted,open,high,low,close\n{}", days.concat());
    Case::new(text, "several kinds of prices", 2).by_flags();
    let labels = ["06,A", "07,A", "08,A", "09,B", "10,B", "13,B"].map(|d| format!("2020-01-{d}"));
    let names = NAMES.replace("Date", "Date,Symbol");
    let text = rows(&names, labels.each_ref().map(String::as_str));
    Case::new(&text, "follow each other in time", 3).value("A").nth(0).by_flags();
    Case::new(&text, "follow each other in time", 6).value("''").nth(1).by_flags();
}

#[test]
fn commands_that_are_advised_work() {
    let blanks = format!("Prices of A\n{}", days().replace(',', "  "));
    Case::new(blanks, "has blanks between its columns", 6).by_command("bars.csv");
    let quoted: String = days().lines().map(|line| format!("\"{line}\"\n")).collect();
    Case::new(quoted, "each of its lines in quotes", 6).by_command("bars.csv");
    let utf_32: Vec<u8> =
        "\u{feff}".chars().chain(days().chars()).flat_map(|l| u32::from(l).to_le_bytes()).collect();
    Case::new(utf_32, "is UTF-32 text", 6).by_command("bars.csv");
    let twice = super::gzip(&super::gzip(days().as_bytes()));
    Case::new(twice, "is packed twice", 6).by_command("bars.gz");
    let row =
        r#"{"time": "2020-01-06", "open": 1, "high": 2, "low": 1, "close": 2, "volume": NaN}"#;
    Case::new(format!("[{row}]"), "a number that is not known", 1).by_command("bars.json");
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), days()).unwrap();
    if shell(folder.path(), "tar cf prices.csv a.csv").0 {
        let tar = fs::read(folder.path().join("prices.csv")).unwrap();
        Case::new(tar, "is a tar archive", 6).by_command("a.csv");
    }
    if shell(folder.path(), "xz --format=lzma -k a.csv").0 {
        let packed = fs::read(folder.path().join("a.csv.lzma")).unwrap();
        Case::new(packed, "is packed with lzma", 6).by_command("bars.csv");
    }
}

#[test]
fn what_other_programs_pack_is_unpacked_by_them() {
    for (make, file, says, then_read) in [
        (
            "sqlite3 prices.db '.mode csv' '.import a.csv prices'",
            "prices.db",
            "is an SQLite",
            "bars.csv",
        ),
        ("7z a prices.7z a.csv", "prices.7z", "is packed with 7-Zip", "a.csv"),
        ("lz4 a.csv prices.lz4", "prices.lz4", "is packed with lz4", "bars.csv"),
        (
            "zip in.zip a.csv; zip prices.zip in.zip",
            "prices.zip",
            "a zip file in a zip",
            "bars/in.zip",
        ),
        ("7z a -mm=LZMA prices.zip a.csv", "prices.zip", "with an unsupported compression", "bars"),
        ("zip -0 -s 64k prices.zip long.csv", "prices.zip", "is one part of a zip file", "bars"),
        ("zip -0 -s 64k prices.zip long.csv", "prices.z01", "is one part of a zip file", "bars"),
    ] {
        let folder = TempDir::new().unwrap();
        let path = folder.path();
        fs::write(path.join("a.csv"), days()).unwrap();
        // Three parts of 64 KiB.
        let minutes = (0..4000).map(|m| format!("{},1,3,1,2,5\n", 1_577_836_800 + 60 * m));
        let long = format!("{NAMES}\n{}", minutes.collect::<String>());
        fs::write(path.join("long.csv"), long + &"# note\n".repeat(10_000)).unwrap();
        if !shell(path, make).0 {
            continue;
        }
        fs::remove_file(path.join("a.csv")).unwrap();
        let (is_good, told) = bars(path, file, "");
        assert!(!is_good && told.contains(says), "{told}\nlacks: {says}");
        let command = told.split('`').skip(1).step_by(2).find(|text| text.contains('\'')).unwrap();
        let program = command.split(' ').next().unwrap();
        if !shell(path, &format!("command -v {program}")).0 {
            continue;
        }
        let (is_done, error) = shell(path, command);
        assert!(is_done, "{told}: {error}");
        let (is_good, told) = bars(path, then_read, "");
        let is_whole = told.contains(": 6 bars") || make.contains("long.csv");
        assert!(is_good && is_whole, "{make}: {told}");
    }
}

#[test]
fn no_command_writes_to_the_file_that_it_reads() {
    let folder = TempDir::new().unwrap();
    let text = format!("Prices of A\n{}", days().replace(',', "  "));
    fs::write(folder.path().join("bars.csv"), text).unwrap();
    let (_, told) = bars(folder.path(), "bars.csv", "");
    assert!(told.contains("'bars.csv' > new_bars.csv"), "{told}");
    let text = "is it 'so'.csv";
    fs::copy(folder.path().join("bars.csv"), folder.path().join(text)).unwrap();
    let (_, told) =
        shell(folder.path(), &format!("'{}' bars \"{text}\"", env!("CARGO_BIN_EXE_trainer")));
    let command = told.split('`').find(|text| text.starts_with("sed")).unwrap();
    assert!(shell(folder.path(), command).0, "{command}");
    assert!(bars(folder.path(), "bars.csv", "").0);
}

#[test]
fn a_stray_quote_is_never_a_reason_to_leave_rows_out() {
    let text = days().replacen("2020-01-08", "\"2020-01-08", 1);
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("prices.csv"), &text).unwrap();
    for flags in ["", "--bad-rows drop"] {
        let (is_good, told) = bars(folder.path(), "prices.csv", flags);
        assert!(!is_good && told.contains("a quote in line 4 that is never closed"), "{told}");
    }
    fs::write(folder.path().join("prices.csv"), text.replace('"', "")).unwrap();
    assert!(bars(folder.path(), "prices.csv", "").0);
}

#[test]
fn what_is_wrong_throughout_is_not_left_out() {
    let folder = TempDir::new().unwrap();
    let write = |text: &str| fs::write(folder.path().join("prices.csv"), text).unwrap();
    for text in [rows(NAMES, ["2020-01-06"; 6]), days().replace("2020-01-", "x")] {
        write(&text);
        let (is_good, told) = bars(folder.path(), "prices.csv", "");
        assert!(!is_good && !told.contains("--bad-rows"), "{told}");
    }
    let (is_good, told) = bars(folder.path(), "prices.csv", "--bad-rows drop");
    assert!(!is_good && told.contains("of 6 rows 6 are invalid"), "{told}");
    // A second header, with other columns below it.
    let other =
        days().replace("Open,High,Low,Close", "Close,High,Low,Open").replace("2020-01", "2020-02");
    write(&(days() + &other));
    for flags in ["", "--bad-rows drop"] {
        let (is_good, told) = bars(folder.path(), "prices.csv", flags);
        assert!(!is_good && told.contains("split the file there"), "{told}");
    }
    write(&(days() + &days().replace("2020-01", "2020-02")));
    let (is_good, told) = bars(folder.path(), "prices.csv", "");
    assert!(is_good && told.contains("12 bars"), "{told}");
    // So they are beside a column of symbols.
    let of_symbol = |text: &str| {
        let cells = text.replace("Date", "Symbol,Date");
        cells.replace("\n2020", "\nA,2020")
    };
    write(&of_symbol(&(days() + &days().replace("2020-01", "2020-02"))));
    let (is_good, told) = bars(folder.path(), "prices.csv", "--symbol A");
    assert!(is_good && told.contains("12 bars"), "{told}");
    // Rows in disorder are good bars.
    let mut lines: Vec<String> = days().lines().map(str::to_owned).collect();
    lines.swap(1, 4);
    write(&(lines.join("\n") + "\n"));
    for flags in ["", "--bad-rows drop"] {
        let (is_good, told) = bars(folder.path(), "prices.csv", flags);
        assert!(!is_good && told.contains("sort the rows by time"), "{told}");
    }
}
