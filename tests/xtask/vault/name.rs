use std::collections::BTreeSet;

use proptest::prelude::*;
use xtask::vault::name::{NameKind, StampedName};

use crate::support::time;

#[test]
fn names_carry_the_utc_time() {
    let now = time("2026-01-02T05:04:05.678+02:00");
    let name = StampedName::first_free(NameKind::Archive, now, |_| false);
    assert_eq!(name.to_string(), "training_backup_20260102_030405.zip");
    assert_eq!(name.short(), "20260102_030405");
    assert_eq!(name.time(), time("2026-01-02T03:04:05Z"));
    let backup = StampedName::first_free(NameKind::Backup, now, |_| false);
    assert_eq!(backup.to_string(), "session_20260102_030405");
}

#[test]
fn only_the_own_spelling_is_a_name() {
    let is_name = |text| StampedName::parse(NameKind::Archive, text).is_some();
    assert!(is_name("training_backup_20260102_030405.zip"));
    assert!(is_name("training_backup_20260102_030405_12.zip"));
    for other in [
        "training_backup_20260102_030405_1.zip",
        "training_backup_20260102_030405_02.zip",
        "training_backup_20260102_030405_.zip",
        "training_backup_20261302_030405.zip",
        "training_backup_20260102_030405.zip.partial",
        ".training_backup_20260102_030405.zip",
        "training_backup_2026010é_030405.zip",
        "session_20260102_030405",
        "training_backup_.zip",
    ] {
        assert!(!is_name(other), "{other}");
    }
}

proptest! {
    #[test]
    fn a_free_name_is_never_a_taken_one(n_taken in 0_usize..20) {
        let now = time("2026-01-02T03:04:05Z");
        let mut taken = BTreeSet::new();
        for _ in 0..=n_taken {
            let name =
                StampedName::first_free(NameKind::Backup, now, |name| taken.contains(name));
            prop_assert_eq!(StampedName::parse(NameKind::Backup, &name.to_string()), Some(name));
            prop_assert!(taken.insert(name.to_string()));
        }
    }
}
