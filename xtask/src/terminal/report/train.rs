//! What `train` prints.

use serde::Serialize;

use super::Report;
use super::documents::describe;
use crate::tasks::cycle::{MovedSession, TaskContext};
use crate::tasks::gate::GateResult;
use crate::tasks::prune::PrunePlan;
use crate::tasks::train::CommandReport;
use crate::vault::manifest::{SessionStatus, SessionSummary};
use crate::vault::retention::RetentionPlan;
use crate::vault::verify::Receipt;
use crate::workspace::exit::Exit;
use crate::workspace::text;

/// What a train did: its JSON document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainReport {
    /// 1.
    pub format: u32,
    /// How the session ended.
    pub status: SessionStatus,
    /// Where the session before went; null when there was none.
    pub previous: Option<MovedSession>,
    /// The folder of the session that this one went on from; null
    /// without `--resume`.
    pub resumed: Option<String>,
    /// The archive of the new session; null after `--no-archive`, or
    /// when the trainer left nothing.
    pub archive: Option<SealedArchive>,
    /// The model, relative to the workspace; null when there is none.
    pub model: Option<String>,
    /// What the session's record tells.
    pub session: Option<SessionSummary>,
    /// How the command ended that trained; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandReport>,
    /// Why its figures are to be treated as a bug; usually empty.
    pub doubts: Vec<String>,
    /// How the session did at each gate, in their order.
    pub gates: Vec<GateResult>,
    /// What retention removed, and why the rest stays.
    pub prune: PrunePlan,
    /// How many archives and backups stay because the settings hold no
    /// policy; null when they do.
    pub keeps_by_default: Option<u32>,
}

impl TrainReport {
    /// Returns the exit that belongs to the session's end.
    pub fn exit(&self) -> Exit {
        match self.status {
            SessionStatus::Completed if self.gates.iter().any(|gate| !gate.is_passed) => {
                Exit::GateMissed
            }
            SessionStatus::Completed if !self.doubts.is_empty() => Exit::Warnings,
            SessionStatus::Completed => Exit::Done,
            SessionStatus::Interrupted => Exit::Interrupted,
            SessionStatus::Failed | SessionStatus::Unknown => Exit::Failed,
        }
    }
}

/// An archive that was just made and read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SealedArchive {
    /// The file's name.
    pub name: String,
    /// The file, relative to the workspace.
    pub path: String,
    /// The number of files in it.
    pub n_files: u64,
    /// Their size in bytes, uncompressed.
    pub content_bytes: u64,
    /// The size of the archive in bytes.
    pub size_bytes: u64,
    /// The run number.
    pub run_number: u64,
}

impl SealedArchive {
    /// Returns what `receipt` proves.
    pub fn of(context: &TaskContext<'_>, receipt: &Receipt) -> Self {
        let manifest = receipt.manifest();
        Self {
            name: manifest.name.clone(),
            path: context.workspace.display(receipt.path()),
            n_files: manifest.totals.n_files,
            content_bytes: manifest.totals.size_bytes,
            size_bytes: receipt.size_bytes(),
            run_number: manifest.run_number,
        }
    }
}

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
        lines.iter().map(|(key, value)| format!("{key:8}  {value}\n")).collect()
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
