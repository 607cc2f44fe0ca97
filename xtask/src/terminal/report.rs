//! The results of tasks, as text for people or as one JSON document.

mod diff;
mod documents;
mod list;
mod remote;
mod restore;
mod show;
mod status;
mod summary;
mod sweep;
mod sweep_results;
mod vault;
mod verify;

use serde::Serialize;

pub use documents::{ArchiveReport, CleanReport};
pub use list::ListReport;
pub use restore::RestoreReport;
pub use show::ShowReport;
pub use status::StatusReport;
pub use sweep::SweepPlanReport;
pub use sweep_results::SweepResultsReport;
pub use vault::{AnnotationReport, DoctorReport, PruneReport, UndeleteReport};
pub use verify::{CheckedModel, VerifiedArchive, VerifyReport};

/// The result of a task.
pub trait Report: Serialize {
    /// Returns the text for people, with a final newline unless it is
    /// empty.
    fn text(&self) -> String;

    /// Returns the JSON document.
    fn json(&self) -> String {
        json(&Document { format: 1, report: self })
    }
}

/// The JSON document of a report.
#[derive(Serialize)]
struct Document<'a, T: ?Sized> {
    format: u32,
    #[serde(flatten)]
    report: &'a T,
}

/// Returns the document of a report that names its own format.
fn json(report: &impl Serialize) -> String {
    serde_json::to_string_pretty(report).expect("a report is plain data") + "\n"
}
