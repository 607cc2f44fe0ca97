use std::collections::BTreeMap;

use proptest::prelude::*;
use xtask::vault::diff::{Change, ComparedArchive, diff};

use crate::support::{CommandOutput, Sandbox, json_of, stdout};

const SESSION: &str = r#"{"format": 1, "id": "s", "status": "completed", "seed": SEED,
    "data": {"source": "bars.csv", "sha256": "abcdef", "n_bars": 1000, "first": null, "last": null},
    "metrics": {"agent": {"net_return": RETURN, "sharpe": null, "n_trades": 12},
                "never_trade": {"net_return": 0.0}}}"#;

/// Two sessions: other settings, figures and files.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_session();
    let settings = |text: &str| sandbox.write("config/training_config.json", text);
    let session = |seed: &str, net_return: &str| {
        let text = SESSION.replace("SEED", seed).replace("RETURN", net_return);
        sandbox.write("logs/session.json", &text);
    };
    settings(r#"{"steps_per_batch": 1000, "agent": {"trees": 20, "leaf": 200}, "gone": [1]}"#);
    session("42", "0.05");
    sandbox.archive("2026-01-02T03:04:05Z");
    settings(r#"{"steps_per_batch": 500, "agent": {"trees": 20, "leaf": 500}, "new": null}"#);
    session("43", "0.0625");
    std::fs::remove_file(sandbox.path("policy.pth")).unwrap();
    sandbox.write("logs/extra.log", "more\n");
    sandbox.archive("2026-01-03T03:04:05Z");
    sandbox
}

#[test]
fn a_diff_fits_on_a_screen() {
    let sandbox = sandbox();
    insta::assert_snapshot!(stdout(&mut sandbox.xtask(&["diff", "20260102_030405", "latest"])));
}

#[test]
fn a_diff_is_one_document() {
    let sandbox = sandbox();
    let diff = ["diff", "20260102_030405", "latest", "--format", "json"];
    insta::assert_json_snapshot!(sandbox.xtask(&diff).assert().code(0).stdout_json());
}

#[test]
fn an_archive_does_not_differ_from_itself() {
    let sandbox = sandbox();
    let text = stdout(&mut sandbox.xtask(&["diff", "latest", "latest"]));
    assert!(text.contains("settings\n  the same\n"), "{text}");
    assert!(text.contains("files: 0 added, 0 removed, 0 changed, 6 the same\n"), "{text}");
}

#[test]
fn a_zip_without_a_manifest_is_compared_by_its_content() {
    use crate::rawzip::{Raw, zip};
    let sandbox = sandbox();
    let raws = [
        Raw::file("logs/extra.log", b"more\n"),
        Raw::file("config/training_config.json", br#"{"steps_per_batch": 7}"#),
    ];
    std::fs::write(sandbox.path("archives/training_backup_20250101_000000.zip"), zip(&raws))
        .unwrap();
    let mut command = sandbox.xtask(&["diff", "20250101_000000", "latest", "--format", "json"]);
    let document = json_of(&mut command);
    assert_eq!(document["files"]["n_same"], 1);
    assert_eq!(document["files"]["changed"][0], "config/training_config.json");
    assert!(document["config"].to_string().contains(r#""new":500,"old":7"#));
    assert_eq!(document["data"]["a"], serde_json::Value::Null);
}

fn side() -> impl Strategy<Value = ComparedArchive> {
    proptest::collection::btree_map("[a-e]", "[0-2]", 0..5).prop_map(|files| {
        let value = files.iter().map(|(name, digest)| (name.clone(), digest.clone().into()));
        let config = BTreeMap::from([(
            "config/c.json".to_owned(),
            serde_json::Value::Object(value.collect()),
        )]);
        ComparedArchive { files, config, ..ComparedArchive::default() }
    })
}

proptest! {
    #[test]
    fn the_other_way_round_added_is_removed(a in side(), b in side()) {
        let (there, back) = (diff(&a, &b), diff(&b, &a));
        prop_assert_eq!(&there.files.added, &back.files.removed);
        prop_assert_eq!(&there.files.changed, &back.files.changed);
        let both = there.files.n_same + there.files.changed.len();
        prop_assert_eq!(both + there.files.removed.len(), a.files.len());
        prop_assert_eq!(both + there.files.added.len(), b.files.len());
        prop_assert_eq!(there.config.len(), back.config.len());
        for (change, reverse) in there.config.iter().zip(&back.config) {
            prop_assert_eq!((&change.old, &change.new), (&reverse.new, &reverse.old));
            prop_assert_eq!(change.change == Change::Added, reverse.change == Change::Removed);
        }
    }
}
