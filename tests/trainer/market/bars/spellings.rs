//! Times and numbers as people and programs spell them.

#![expect(clippy::float_cmp, reason = "prices are read to the last bit")]

use super::read;

/// Days of two rows, whose times are written so.
#[track_caller]
fn check_times(times: [&str; 2], expected: [&str; 2]) {
    let rows = times.map(|time| format!("{time};1;3;1;2\n")).concat();
    let bars = read(format!("date;open;high;low;close\n{rows}"));
    let read: Vec<i64> =
        bars.unwrap_or_else(|error| panic!("{error}")).iter().map(|bar| bar.time_ms).collect();
    let expected = expected.map(|time| trainer::market::bars::parse_time_ms(time).unwrap());
    assert_eq!(read, expected, "{times:?}");
}

#[test]
fn dates_with_words_are_read() {
    let days = ["2020-01-13", "2020-01-14"];
    for times in [
        ["Mon Jan 13 00:00:00 2020", "Tue Jan 14 00:00:00 2020"],
        ["Mon Jan 13 00:00:00 UTC 2020", "Tue Jan 14 00:00:00 UTC 2020"],
        ["13/Jan/2020:00:00:00 +0000", "14/Jan/2020:00:00:00 +0000"],
        ["13Jan2020:00:00:00", "14Jan2020:00:00:00"],
        ["January 13th 2020", "January 14th 2020"],
        ["13 Januar 2020", "14 Januar 2020"],
        ["13. M\u{e4}rz 2020", "14. M\u{e4}rz 2020"],
        ["13 janv. 2020", "14 janv. 2020"],
        ["13 f\u{e9}vr. 2020", "14 f\u{e9}vr. 2020"],
        ["13-ene-2020", "14-ene-2020"],
        ["13 gennaio 2020", "14 gennaio 2020"],
    ] {
        let month = match times[0] {
            text if text.contains("rz") => "03",
            text if text.contains("vr") => "02",
            _ => "01",
        };
        check_times(
            times,
            days.map(|day| day.replace("-01-", &format!("-{month}-")))
                .each_ref()
                .map(String::as_str),
        );
    }
    let js = "00:00:00 GMT+0100 (Central European Standard Time)";
    let times = [format!("Mon Jan 13 2020 {js}"), format!("Tue Jan 14 2020 {js}")];
    check_times(times.each_ref().map(String::as_str), ["2020-01-12 23:00", "2020-01-13 23:00"]);
    // June or July.
    assert!(read("date;open;high;low;close\n13 jui. 2020;1;3;1;2\n").is_err());
}

#[test]
fn clocks_behind_other_signs_are_read() {
    let hours = ["2020-01-06 09:30", "2020-01-06 10:30"];
    for times in [
        ["20200106-093000", "20200106-103000"],
        ["20200106_0930", "20200106_1030"],
        ["2020-01-06_09:30", "2020-01-06_10:30"],
        ["2020-01-06-09-30-00", "2020-01-06-10-30-00"],
        ["2020-01-06 09.30.00", "2020-01-06 10.30.00"],
        ["2020:01:06 09:30:00", "2020:01:06 10:30:00"],
        ["2020-01-06, 09:30", "2020-01-06, 10:30"],
        ["2020-01-06 09:30:00:000", "2020-01-06 10:30:00:000"],
    ] {
        check_times(times, hours);
    }
    check_times(["2020-01-06 23:00", "2020-01-06 24:00"], ["2020-01-06 23:00", "2020-01-07"]);
    check_times(
        ["2020-01-06 12:00 PM", "2020-01-06 13:00 PM"],
        ["2020-01-06 12:00", "2020-01-06 13:00"],
    );
    // A date may end in its offset.
    assert!(read("date;open;high;low;close\n2020-01-06-05:00;1;3;1;2\n").is_err());
}

#[test]
fn periods_begin_on_their_first_day() {
    check_times(["2020-01", "2020-02"], ["2020-01-01", "2020-02-01"]);
    check_times(["2020-Q1", "2020-Q2"], ["2020-01-01", "2020-04-01"]);
    check_times(["Q4 2019", "Q1 2020"], ["2019-10-01", "2020-01-01"]);
    check_times(["4Q2019", "1Q2020"], ["2019-10-01", "2020-01-01"]);
    check_times(["4Q19", "1Q20"], ["2019-10-01", "2020-01-01"]);
    check_times(["Q4'19", "Q1'20"], ["2019-10-01", "2020-01-01"]);
    check_times(["2020-W02", "2020-W03"], ["2020-01-06", "2020-01-13"]);
}

#[test]
fn a_clock_in_a_column_of_its_own_is_found() {
    for (names, clocks) in [
        ("Datum,Uhrzeit", ["09:00", "09:30", "10:00"]),
        ("Date,Time", ["900", "930", "1000"]),
        ("Date,Time", ["0900", "0930", "1000"]),
        ("Session Day,Bar Begin", ["9:00 AM", "9:30 AM", "10:00 AM"]),
    ] {
        let rows = clocks.map(|clock| format!("2020-01-06,{clock},1,3,1,2\n")).concat();
        let bars = read(format!("{names},open,high,low,close\n{rows}")).unwrap();
        let first = trainer::market::bars::parse_time_ms("2020-01-06 09:00").unwrap();
        let minutes: Vec<i64> = bars.iter().map(|bar| (bar.time_ms - first) / 60_000).collect();
        assert_eq!(minutes, [0, 30, 60], "{names}");
    }
    let rows = "2020-01-06,9,1,3,1,2\n2020-01-06,10,1,3,1,2\n2020-01-06,11,1,3,1,2\n";
    let bars = read(format!("Date,Hour,open,high,low,close\n{rows}")).unwrap();
    assert_eq!(bars[1].time_ms - bars[0].time_ms, 3_600_000);
    let rows = "2020,1,6,1,3,1,2\n2020,1,7,1,3,1,2\n";
    let bars = read(format!("year,month,day,open,high,low,close\n{rows}")).unwrap();
    assert_eq!(bars[1].time_ms - bars[0].time_ms, 86_400_000);
    let rows = "2020-01-06,9,0,1,3,1,2\n2020-01-06,9,30,1,3,1,2\n";
    let bars = read(format!("Date,Hour,Minute,open,high,low,close\n{rows}")).unwrap();
    assert_eq!(bars[1].time_ms - bars[0].time_ms, 1_800_000);
}

#[test]
fn a_time_under_a_strange_name_is_known_by_its_cells() {
    for name in ["when", "snapshot", "Bar", "Time (America/New_York)", "Datetime [UTC]"] {
        let rows = "2020-01-06 09:00,1,3,1,2\n2020-01-06 10:00,1,3,1,2\n";
        let bars = read(format!("{name},open,high,low,close\n{rows}")).unwrap();
        let ahead_ms = if name.contains("York") { 5 * 3_600_000 } else { 0 };
        let first = trainer::market::bars::parse_time_ms("2020-01-06 09:00").unwrap();
        assert_eq!(bars[0].time_ms, first + ahead_ms, "{name}");
    }
    // Two could be it, or the end of the bar is told.
    let rows = "2020-01-06,2020-01-07,1,3,1,2\n";
    assert!(read(format!("one,other,open,high,low,close\n{rows}")).is_err());
    assert!(read("close time,open,high,low,close\n2020-01-06,1,3,1,2\n").is_err());
}

#[test]
fn numbers_are_read_as_people_write_them() {
    let row =
        |text: &str| format!("date;open;high;low;close\n2020-01-06;{text};{text};{text};{text}\n");
    for (text, number) in [
        ("1'234.50", 1234.5),
        ("1\u{2019}234.50", 1234.5),
        ("1\u{2009}234,50", 1234.5),
        ("USD 1,234.50", 1234.5),
        ("1.234,50 EUR", 1234.5),
        ("A$1,234.50", 1234.5),
        ("R$ 1.234,50", 1234.5),
        ("\u{20a9}1234.5", 1234.5),
        ("\u{20bf}1234.5", 1234.5),
        ("1234,50 z\u{142}", 1234.5),
        ("=\"1234.5\"", 1234.5),
        ("1.5 Mio", 1_500_000.0),
        ("2.25bn", 2_250_000_000.0),
        ("1.5k", 1500.0),
    ] {
        let bars = read(row(text)).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(bars[0].open, number, "{text}");
    }
    for (text, says) in [
        ("(1234.5)", "is not above 0"),
        ("-$1234.5", "is not above 0"),
        ("1234.5-", "is not above 0"),
        ("\u{2212}5", "is not above 0"),
        ("100p", "is not a number"),
        ("110-16", "is not a number"),
        ("1,23,4", "is not a number"),
    ] {
        let error = read(row(text)).unwrap_err();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn texts_of_other_programs_are_read() {
    let plain = "date,open,high,low,close\n2020-01-06,1,3,1,2\n2020-01-07,1,3,1,2\n";
    let bars = read(plain).unwrap();
    let little: Vec<u8> =
        "\u{feff}".encode_utf16().chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> =
        "\u{feff}".encode_utf16().chain(plain.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for (name, content) in [
        ("UTF-16", little.clone()),
        ("UTF-16, the other way round", big),
        ("UTF-16 without a mark", little[2..].to_vec()),
        (
            "single quotes",
            plain
                .replace("2020-01-06", "'2020-01-06'")
                .replace("2020-01-07", "'2020-01-07'")
                .replace("date", "'date'")
                .into(),
        ),
        ("a line of delimiters", plain.replace("2020-01-07", ",,,,\n2020-01-07").into()),
        ("a rule", plain.replace("2020-01-06", "----,----,----,----,----\n2020-01-06").into()),
        ("units", plain.replace("2020-01-06", "[UTC],USD,USD,USD,USD\n2020-01-06").into()),
        (
            "the names once more",
            plain.replace("2020-01-07", "date,open,high,low,close\n2020-01-07").into(),
        ),
    ] {
        assert_eq!(read(content), Ok(bars.clone()), "{name}");
    }
    assert!(read(&little[..little.len() - 1]).unwrap_err().contains("cut short"));
}

#[test]
fn names_of_other_languages_are_known() {
    for names in [
        "Datum,Er\u{f6}ffnung,Hoch,Tief,Schlusskurs,Volumen",
        "Fecha,Apertura,M\u{e1}ximo,M\u{ed}nimo,Cierre,Volumen",
        "Date,Ouv.,+Haut,+Bas,Cl\u{f4}t.,Vol.",
        "Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen",
        "\u{65e5}\u{671f},\u{5f00}\u{76d8},\u{6700}\u{9ad8},\u{6700}\u{4f4e},\u{6536}\u{76d8},\u{6210}\u{4ea4}\u{91cf}",
        "DATE1,OPEN_PRICE,HIGH_PRICE,LOW_PRICE,CLOSE_PRICE,TTL_TRD_QNTY",
    ] {
        let bars = read(format!("{names}\n2020-01-06,2,4,1,3,5\n")).unwrap();
        let bar = bars[0];
        assert_eq!([bar.open, bar.high, bar.low, bar.close, bar.volume], [2.0, 4.0, 1.0, 3.0, 5.0]);
    }
}
