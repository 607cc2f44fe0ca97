//! What `train` prints.

use super::Report;
use super::documents::describe;
use super::remote::pushed;
use crate::tasks::prune::PrunePlan;
use crate::tasks::train::TrainReport;
use crate::vault::manifest::SessionStatus;
use crate::vault::retention::RetentionPlan;
use crate::workspace::text;

impl Report for TrainReport {
    fn text(&self) -> String {
        let mut lines = vec![("session", self.status_line())];
        if let Some(previous) = &self.previous {
            let archive = previous.archive.as_deref().unwrap_or("not archived");
            lines.push(("previous", format!("{archive}, moved to {}", previous.backup)));
        }
        lines.extend(self.resumed.clone().map(|resumed| ("resumed", resumed)));
        lines.extend(self.model.clone().map(|model| ("model", model)));
        match &self.archive {
            Some(archive) => lines.push(("archive", describe(archive))),
            None => lines.push(("archive", "none made".to_owned())),
        }
        lines.extend(self.gates.iter().map(|gate| ("gate", gate.to_string())));
        lines.extend(pruned(&self.prune).map(|pruned| ("pruned", pruned)));
        if self.archive.is_some() {
            lines.extend(self.keeps_by_default.map(|n| ("keeps", kept_by_default(n))));
        }
        let lines = lines.iter().map(|(key, value)| format!("{key:8}  {value}\n"));
        lines.chain(self.push.iter().flat_map(|push| push.archives.iter().map(pushed))).collect()
    }
}

impl TrainReport {
    fn status_line(&self) -> String {
        let saved = match (self.status, &self.archive) {
            (SessionStatus::Completed, _) | (_, None) => "",
            (_, Some(_)) => "; what it wrote is archived",
        };
        format!("{}{saved}", self.status)
    }
}

fn kept_by_default(n: u32) -> String {
    format!("the newest {n} archives and backups; `retention` in config/config.json changes that")
}

fn pruned(plan: &PrunePlan) -> Option<String> {
    let count = |plan: &RetentionPlan, noun: &str| text::count(plan.remove.len() as u64, noun);
    let is_idle = plan.archives.remove.is_empty() && plan.backups.remove.is_empty();
    (!is_idle).then(|| {
        format!(
            "{}, {} (in the trash)",
            count(&plan.archives, "archive"),
            count(&plan.backups, "backup")
        )
    })
}
