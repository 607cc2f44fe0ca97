//! The plan of a prune, which `--dry-run` shows.

use serde::Serialize;

use crate::vault::retention::RetentionPlan;

/// The plans for the archives and the backups of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PrunePlan {
    /// The plan for the archives.
    pub archives: RetentionPlan,
    /// The plan for the backups.
    pub backups: RetentionPlan,
    /// Expired trash, to be deleted.
    pub empty_trash: Vec<String>,
    /// Expired trash that must be kept, and why.
    pub kept_trash: Vec<String>,
    /// Damaged archives, which are kept and do not count.
    pub damaged: Vec<Damaged>,
}

/// An archive that is damaged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damaged {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
}

impl PrunePlan {
    /// Whether nothing is to be removed.
    pub fn is_empty(&self) -> bool {
        self.archives.remove.is_empty()
            && self.backups.remove.is_empty()
            && self.empty_trash.is_empty()
    }

    /// Returns the warnings for the user.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let damaged = self.damaged.iter().map(|Damaged { name, problem }| {
            format!(
                "`{name}` is damaged ({problem}): it is kept and takes no other's place; \
                 `cargo xtask restore` brings back what is good, then delete it by hand"
            )
        });
        let others = self.archives.warnings.iter().chain(&self.backups.warnings);
        others.chain(&self.kept_trash).cloned().chain(damaged)
    }
}
