//! What `reproduce` prints.

use super::Report;
use crate::tasks::reproduce::ReproduceReport;

impl Report for ReproduceReport {
    fn text(&self) -> String {
        let mut shown = if self.is_identical {
            format!(
                "identical  {}\nmodel      SHA-256 {}\n",
                self.archive, self.archived_model_sha256
            )
        } else {
            let new = self.new_model_sha256.as_deref().unwrap_or("none");
            format!(
                "different  {}\nmodel      SHA-256 {} in the archive, {new} now\n",
                self.archive, self.archived_model_sha256
            )
        };
        for difference in &self.differences {
            shown.push_str(&format!(
                "differs    {}: {} in the archive, {} now\n",
                difference.what, difference.archived, difference.new
            ));
        }
        if !self.is_identical && self.differences.is_empty() {
            shown.push_str("differs    nothing that is recorded; please report this as a bug\n");
        }
        if let Some(folder) = &self.kept_in {
            shown.push_str(&format!("kept       the new session is in {folder}\n"));
        }
        shown
    }
}
