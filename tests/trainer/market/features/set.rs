//! What a model stores about its features.

use trainer::market::features::FeatureSet;

use super::small;

#[test]
fn the_standard_set_is_what_stored_models_say_it_is() {
    let set = FeatureSet::standard();
    assert_eq!(set.n_features(), 25);
    let lines: Vec<String> = set.names().chunks(4).map(|names| names.join(" ")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    return_1 return_2 return_4 return_8
    return_16 return_48 volatility_16 volatility_96
    volatility_ratio_16_96 range_96 close_position volume_zscore_96
    rsi_14 macd_12_26 macd_histogram_12_26_9 atr_14
    average_distance_24 average_distance_96 average_distance_336 average_distance_1344
    zscore_336 day_sin day_cos week_sin
    week_cos
    ");
}

#[test]
fn a_set_is_stored_with_its_format_windows_and_names() {
    insta::with_settings!({ snapshot_path => "../../snapshots" }, {
        insta::assert_json_snapshot!(small());
    });
}

#[test]
fn a_set_survives_storing() {
    let set = small();
    let json = serde_json::to_string(&set).unwrap();
    assert_eq!(serde_json::from_str::<FeatureSet>(&json).unwrap(), set);
}

#[track_caller]
fn check_refused(change: impl Fn(&mut serde_json::Value), reason: &str) {
    let mut stored = serde_json::to_value(small()).unwrap();
    change(&mut stored);
    let error = serde_json::from_value::<FeatureSet>(stored).unwrap_err().to_string();
    assert!(error.contains(reason), "`{error}` does not say `{reason}`");
}

#[test]
fn a_set_of_an_unknown_format_is_refused_for_that() {
    check_refused(
        |set| {
            set["format"] = 3.into();
            set["later"] = true.into();
        },
        "invalid value: integer `3`, expected feature format 1 or 2, those that this version of \
         the trainer reads",
    );
}

#[test]
fn a_set_of_an_earlier_version_has_no_long_average() {
    let mut stored = serde_json::to_value(small()).unwrap();
    stored["windows"].as_object_mut().unwrap().remove("long_average");
    stored["names"].as_array_mut().unwrap().retain(|name| name != "average_distance_8");
    let set: FeatureSet = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!((set.n_features(), set.n_warm_up_bars()), (small().n_features() - 1, 4));
    assert_eq!(serde_json::to_value(&set).unwrap(), stored);
}

#[test]
fn an_unknown_field_of_a_set_is_refused() {
    check_refused(|set| set["extra"] = 1.into(), "unknown field `extra`");
    check_refused(|set| set["windows"]["extra"] = 1.into(), "unknown field `extra`");
}

#[test]
fn a_set_whose_names_do_not_fit_is_refused() {
    check_refused(
        |set| set["names"][0] = "return_7".into(),
        "feature 0 is `return_7` where its windows make it `return_1`",
    );
}

#[test]
fn windows_out_of_range_are_refused() {
    check_refused(|set| set["windows"]["rsi"] = 0.into(), "`windows.rsi` is 0; it must be 1 to");
    check_refused(
        |set| set["windows"]["macd_fast"] = 3.into(),
        "`windows.macd_fast` is 3; it must be below `windows.macd_slow`, 3",
    );
    check_refused(
        |set| set["windows"]["returns"] = vec![3, 3].into(),
        "`windows.returns` is [3, 3]; it must be at most 32 increasing numbers of bars",
    );
}

#[test]
fn further_columns_stand_last_and_are_stored_in_a_format_of_their_own() {
    let set = small().with_columns(vec!["sentiment".to_owned()]).unwrap();
    assert_eq!(set.names().last().unwrap(), "sentiment");
    let stored = serde_json::to_value(&set).unwrap();
    assert_eq!((&stored["format"], &stored["columns"]), (&2.into(), &vec!["sentiment"].into()));
    assert_eq!(serde_json::from_value::<FeatureSet>(stored).unwrap(), set);
    let only = FeatureSet::of_columns(vec!["a".to_owned(), "b".to_owned()]).unwrap();
    assert_eq!((only.names(), only.n_warm_up_bars()), (only.columns(), 0));
    let stored = serde_json::to_string(&only).unwrap();
    assert_eq!(stored, r#"{"format":2,"columns":["a","b"],"names":["a","b"]}"#);
    let error = small().with_columns(vec!["rsi_3".to_owned()]).unwrap_err().to_string();
    assert!(error.starts_with("`features.columns` is `rsi_3`; it must be a name"), "{error}");
}
