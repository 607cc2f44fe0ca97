//! `verify`: reads archives back and lets the trainer load their models.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Result;

use super::{CommandContext, TaskOutput, locate};
use crate::cli::VerifyArgs;
use crate::programs::features;
use crate::programs::process;
use crate::tasks::train::trainer_binary;
use crate::terminal::report::{CheckedModel, VerifiedArchive, VerifyReport};
use crate::vault::catalog::Catalog;
use crate::vault::relocate;
use crate::vault::restore::{self, Overwrite, Target};
use crate::vault::scan::PathFilter;
use crate::vault::verify::{self, ArchiveCheck, Damage, ReadOptions};
use crate::workspace::exit::{Exit, check_interrupt};
use crate::workspace::files::{exists, folder_entries};
use crate::workspace::lock::{self, Lock};
use crate::workspace::progress;

/// The models that `--load` loads.
const MODELS: &str = "models/*.zip";

/// Verifies what `args` names.
pub fn run(context: &mut CommandContext<'_>, args: &VerifyArgs) -> Result<TaskOutput> {
    let paths: Vec<PathBuf> = if args.all {
        let archives = Catalog::read(context.workspace)?.archives;
        let paths: Vec<PathBuf> = archives.into_iter().rev().map(|archive| archive.path).collect();
        paths.iter().try_for_each(|path| features::check_archive(path))?;
        paths
    } else {
        vec![locate(context, &args.name)?]
    };
    let source = context.trainer_source(args.trainer_bin.as_deref());
    let binary = args.load.then(|| trainer_binary(context, &source)).transpose()?;
    let n_bytes = verify::n_bytes_of_two_passes(paths.iter().map(PathBuf::as_path));
    let _running = progress::begin_passes("verifying", n_bytes, 2);
    let mut archives = Vec::new();
    for path in paths {
        check_interrupt(context.interrupt)?;
        let verified = verify_one(context, &path, args.all, binary.as_deref());
        if args.all && !exists(&path) {
            warn_of_vanished(context, &path)?;
            continue;
        }
        let archive = verified?;
        context.warn(archive.warnings.iter().map(|it| format!("`{}` {it}", archive.name)));
        archives.push(archive);
    }
    let exit = match &archives[..] {
        [] => Exit::NothingToDo,
        archives if archives.iter().all(|archive| archive.is_good) => Exit::Done,
        _ => Exit::Failed,
    };
    Ok(TaskOutput::of(&VerifyReport { archives }, exit))
}

fn verify_one(
    context: &mut CommandContext<'_>,
    path: &Path,
    is_one_of_many: bool,
    binary: Option<&Path>,
) -> Result<VerifiedArchive> {
    let archive_check = check(path, is_one_of_many, context.interrupt)?;
    // An interrupted check is not damage.
    check_interrupt(context.interrupt)?;
    let mut archive = VerifiedArchive::of(path, archive_check);
    if let Some(binary) = binary {
        archive.models = load_models(context, path, binary)?;
        archive.finish();
    }
    Ok(archive)
}

/// Reports that another process removed the archive at `path`: a warning,
/// unless it was pruned and is in the trash.
fn warn_of_vanished(context: &mut CommandContext<'_>, path: &Path) -> Result<()> {
    check_interrupt(context.interrupt)?;
    let name = path.file_name().unwrap_or_default();
    let batches = folder_entries(&context.workspace.archives_trash())?;
    let line = format!("`{}` vanished while archives were verified", name.to_string_lossy());
    if batches.iter().any(|batch| exists(&batch.join(name))) {
        (context.on_message)(&format!("{line}; it is in the trash"));
    } else {
        (context.on_message)(&format!("warning: {line}, and is not in the trash"));
    }
    Ok(())
}

/// Checks the archive at `path`. If it is one of many and cannot be
/// opened, it counts as damaged, and the others are still checked.
fn check(path: &Path, is_one_of_many: bool, interrupt: &AtomicBool) -> Result<ArchiveCheck> {
    let options = ReadOptions { interrupt: Some(interrupt), ..ReadOptions::default() };
    match verify::check(path, options) {
        Err(error) if is_one_of_many => {
            let damage = vec![Damage { path: None, problem: format!("{error:#}") }];
            Ok(ArchiveCheck { damage, ..ArchiveCheck::default() })
        }
        result => result,
    }
}

/// Unpacks the models of the archive at `path` to a scratch folder, and
/// lets `binary` load each.
fn load_models(
    context: &mut CommandContext<'_>,
    path: &Path,
    binary: &Path,
) -> Result<Vec<CheckedModel>> {
    let scratch = Scratch::create(context)?;
    let mut source = restore::open(path)?;
    let only = PathFilter::of_flag(&[MODELS.to_owned()], "--only")?;
    let mut target = Target::folder(scratch.folder.clone());
    let plan = restore::survey(&mut source, &mut target, Some(&only), Overwrite::Never)?;
    let written = restore::apply(&mut source, &plan, &mut target, context.interrupt)?;
    plan.write
        .iter()
        .map(|step| {
            check_interrupt(context.interrupt)?;
            let is_whole = written.restored.contains(&step.path);
            let model = scratch.folder.join(&step.target);
            let loads = is_whole && process::check_model(binary, &model)?;
            Ok(CheckedModel { path: step.path.clone(), loads })
        })
        .collect()
}

/// A scratch folder of one process at a time, removed on drop.
struct Scratch {
    folder: PathBuf,
    _lock: Lock,
}

impl Scratch {
    fn create(context: &CommandContext<'_>) -> Result<Self> {
        let text = "another `verify --load` is running in the workspace; wait for it";
        let lock = lock::acquire_part(context.workspace, "scratch", text)?;
        let folder = context.workspace.state().join("scratch");
        relocate::remove(&folder)?;
        Ok(Self { folder, _lock: lock })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // If this fails, the next use removes the folder.
        let _ = relocate::remove(&self.folder);
    }
}
