//! Series of one thing in one file that are no symbols: its intervals,
//! its kinds of prices, and prices beside the plain ones.

use trainer::market::bars::BarsConfig;

use super::symbols::{TENS, file, only, panel};

#[test]
fn intervals_and_kinds_of_prices_are_no_symbols() {
    for (name, texts, what) in [
        ("interval", ["1h", "1d"], "intervals"),
        ("timeframe", ["M15", "H4"], "intervals"),
        ("Period", ["daily", "weekly"], "intervals"),
        ("resolution", ["60", "1440"], "intervals"),
        ("bar_size", ["5 mins", "1 hour"], "intervals"),
        ("what", ["PT5M", "P1D"], "intervals"),
        ("price_type", ["bid", "ask"], "kinds of prices"),
        ("what", ["TRADES", "MIDPOINT"], "kinds of prices"),
    ] {
        let content = panel(name, texts);
        // Times that no two of them share, as of other hours.
        let apart = content.replace(&format!(",{},", texts[1]), &format!(" 12:00,{},", texts[1]));
        for (content, first) in [
            (content.clone(), texts[0].to_owned()),
            (apart, texts[0].to_owned()),
            (
                content
                    .replace("date,", "date,symbol,")
                    .replace(&format!(",{}", texts[0]), &format!(",A,{}", texts[0]))
                    .replace(&format!(",{}", texts[1]), &format!(",A,{}", texts[1])),
                format!("A {}", texts[0]),
            ),
        ] {
            let error = file(&content, &BarsConfig::default()).error();
            assert_eq!(
                error,
                format!(
                    "`bars.csv` holds several {what} in the column `{name}`: `{}`, `{}`; choose \
                     one by `bars.symbol`, such as by `--symbol '{first}'`, or say by \
                     `--column symbol=` that all are one series",
                    texts[0], texts[1]
                )
            );
            assert!(file(&content, &BarsConfig::default()).symbols().is_err(), "{content}");
            assert_eq!(file(&content, &only(&first)).closes(), Ok(TENS.to_vec()), "{content}");
        }
    }
    // Whoever knows better says so.
    let content = "date,tf,open,high,low,close\n2020-01-01,1h,1,2,1,1.5\n2020-01-02,1d,2,3,2,2.5\n";
    assert!(file(content, &BarsConfig::default()).closes().unwrap_err().contains("symbol="));
    let mut config = BarsConfig::default();
    config.columns.insert("symbol".to_owned(), String::new());
    assert_eq!(file(content, &config).closes(), Ok(vec![1.5, 2.5]));
    // One of them alone says nothing, and other words stay symbols.
    for texts in [["1d", "1d"], ["W1", "NIGHT"]] {
        let content = panel("interval", texts);
        let error = file(&content, &BarsConfig::default()).closes().unwrap_err();
        assert!(!error.contains("intervals"), "{error}");
    }
}

#[test]
fn plain_prices_beside_others_are_taken_and_that_is_told() {
    for name in ["open_eth", "eth.open", "Open.1"] {
        let other = |role: &str| match name {
            "Open.1" => format!("{role}.1"),
            "eth.open" => format!("eth.{role}"),
            _ => format!("{role}_eth"),
        };
        let roles = ["open", "high", "low", "close", "volume"];
        let others = roles.map(other).join(",");
        let content = format!(
            "date,{},{others}\n2020-01-01,1,2,1,1.5,7,10,20,10,15,70\n\
             2020-01-02,2,3,2,2.5,8,20,30,20,25,80\n",
            roles.join(",")
        );
        let read = file(&content, &BarsConfig::default());
        assert_eq!(read.closes(), Ok(vec![1.5, 2.5]), "{name}");
        let warnings = read.source.summarize().unwrap().read_report.unwrap().warnings;
        let told = warnings.iter().find(|told| told.contains("there are also prices")).unwrap();
        // The remedy as it is told.
        let options: Vec<&str> = told.split('\'').skip(1).step_by(2).collect();
        let columns = options.iter().map(|option| option.split_once('=').unwrap());
        let columns = columns.map(|(role, name)| (role.to_owned(), name.to_owned())).collect();
        let config = BarsConfig { columns, ..BarsConfig::default() };
        let chosen = file(&content, &config);
        assert_eq!(chosen.closes(), Ok(vec![15.0, 25.0]), "{name}: {told}");
        assert_eq!(chosen.source.summarize().unwrap().read_report.unwrap().warnings, [""; 0]);
    }
}
