//! Steps that are like splits, of all ratios.

use super::summarize;

/// Bars whose fourth opens at `factor` of the close before.
fn told(factor: f64) -> Option<String> {
    let row =
        |day: usize, price: f64| format!("2020-01-{day:02},{price},{price},{price},{price}\n");
    let rows =
        (6..=8).map(|day| row(day, 100.0)).chain((9..=10).map(|day| row(day, 100.0 * factor)));
    let text = format!("date,open,high,low,close\n{}", rows.collect::<String>());
    let warnings = summarize(text).read_report.unwrap().warnings;
    let ratio = warnings.first()?.split_once(" 00:00:00 (")?.1.split_once(')')?.0.to_owned();
    Some(ratio)
}

#[test]
fn every_ratio_is_told_both_ways() {
    for n in [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 500] {
        assert_eq!(told(1.0 / f64::from(n)), Some(format!("{n}:1")));
        assert_eq!(told(f64::from(n)), Some(format!("1:{n}")));
    }
    for (new, old) in [(3, 2), (4, 3), (5, 4), (2, 3), (5, 2), (7, 2)] {
        assert_eq!(told(f64::from(old) / f64::from(new)), Some(format!("{new}:{old}")));
    }
    for factor in [1.0, 0.9, 1.1, 0.84, 1.19] {
        assert_eq!(told(factor), None, "{factor}");
    }
}

/// Half the price may be one tick.
#[test]
fn a_tick_is_no_split() {
    for (price, next) in [("0.02", "0.01"), ("0.0002", "0.0003"), ("2", "1")] {
        let text = format!(
            "date,open,high,low,close\n2020-01-06,{price},{price},{price},{price}\n\
             2020-01-07,{next},{next},{next},{next}\n"
        );
        assert_eq!(summarize(text).read_report.unwrap().warnings, [""; 0]);
    }
}

#[test]
fn a_column_of_splits_or_adjusted_closes_is_told() {
    let read = |column: &str, last: f64| {
        let rows = format!(
            "date,open,high,low,close,{column}\n2020-01-06,400,404,396,400,{last}\n\
             2020-01-07,100,101,99,100,{last}\n"
        );
        summarize(rows).read_report.unwrap()
    };
    for column in ["Stock Splits", "splitFactor", "Split Ratio", "ajexdi", "adjFactor"] {
        let found = read(column, 4.0);
        assert!(found.lines.contains(&format!("splits: not used; `{column}`")));
        assert!(found.warnings[0].contains(&format!("`{column}` has ratios of splits")));
    }
    let found = read("Adj Close", 100.0);
    assert!(found.warnings[0].contains("`--adjusted`"), "{found:?}");
    assert!(found.lines.iter().any(|line| line.contains("`Adj Close` has adjusted closes")));
}

#[test]
fn prices_below_0_have_no_ratio() {
    let rows = "date,open,high,low,close\n2020-04-17,20,20,10,10\n2020-04-20,10,10,-40,-40\n\
                2020-04-21,-20,-10,-20,-10\n2020-04-22,10,12,9,10\n";
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("oil.csv"), rows).unwrap();
    let config = trainer::market::bars::BarsConfig {
        negative_prices: true,
        ..trainer::market::bars::BarsConfig::default()
    };
    let source = trainer::market::bars::BarSource::open("oil.csv", folder.path()).unwrap();
    let summary = source.with_config(&config).summarize().unwrap();
    assert_eq!(summary.read_report.unwrap().warnings, [""; 0]);
}
