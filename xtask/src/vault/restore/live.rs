//! Makes sure that an archive holds the present before a restore into
//! the workspace replaces any of it.

use anyhow::{Result, bail};

use super::RestorePlan;
use crate::tasks::coverage;
use crate::tasks::cycle::{Label, TaskContext, archive_now};
use crate::vault::manifest::ArchiveKind;
use crate::vault::scan::scan;
use crate::vault::session;

/// Archives what lies in the workspace, unless an archive holds it all
/// already, and checks that it holds each file that `plan` replaces.
/// Returns the archive's name; `None` when the workspace is empty.
///
/// # Errors
/// When the archive cannot be made, or a file to replace is in none.
pub fn archive_present_files(
    context: &mut TaskContext<'_>,
    plan: &RestorePlan,
) -> Result<Option<(String, bool)>> {
    let found = scan(context.workspace)?;
    let root = context.workspace.root();
    for step in plan.write.iter().filter(|step| step.replaces) {
        let path = root.join(&step.target);
        if !found.files.iter().any(|file| file.disk_path == path) {
            bail!(
                "`{}` would be replaced, and `archive.include` in `config/config.json` keeps it \
                 out of archives; move it away and run this again (nothing was written)",
                step.target.display()
            );
        }
    }
    if found.files.is_empty() {
        return Ok(None);
    }
    let files: Vec<_> = found.files.iter().collect();
    if let Some(receipt) = coverage::archive_holding(context, &files)? {
        return Ok(Some((receipt.manifest().name.clone(), false)));
    }
    let session = session::read(context.workspace.root());
    let receipt = archive_now(context, ArchiveKind::Previous, &Label::default(), session)?;
    Ok(Some((receipt.manifest().name.clone(), true)))
}
