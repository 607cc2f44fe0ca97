//! `verify`: reads archives back and lets the trainer load their models.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};

use super::{Environment, Outcome, locate, outcome, trainer_source};
use crate::cli::VerifyArgs;
use crate::programs::lack;
use crate::programs::process;
use crate::tasks::cycle::Job;
use crate::tasks::train::trainer_binary;
use crate::terminal::report::{CheckedModel, VerifiedArchive, VerifyReport};
use crate::vault::archive::stop_if;
use crate::vault::catalog::{Catalog, exists, folder_entries};
use crate::vault::restore::{self, Overwrite, Target};
use crate::vault::scan::Selection;
use crate::vault::verify::{self, Checkup, Damage, Disk, Reading};
use crate::workspace::exit::{CodedError, Exit};
use crate::workspace::files;
use crate::workspace::filesystem;
use crate::workspace::progress;

/// The models that `--load` loads.
const MODELS: &str = "models/*.zip";

/// Verifies what `args` names.
pub fn run(job: &mut Job<'_>, args: &VerifyArgs, environment: &Environment<'_>) -> Result<Outcome> {
    let paths: Vec<PathBuf> = if args.all {
        let archives = Catalog::read(job.workspace)?.archives;
        let paths: Vec<PathBuf> = archives.into_iter().rev().map(|archive| archive.path).collect();
        paths.iter().try_for_each(|path| lack::check_archive(path))?;
        paths
    } else {
        vec![locate(job, &args.name, environment)?]
    };
    let source = trainer_source(args.trainer_bin.as_deref(), environment);
    let binary = args.load.then(|| trainer_binary(job, &source)).transpose()?;
    let disks = paths.iter().filter_map(|path| Disk::open(path, None).ok());
    // One read once counts as half as long read twice.
    let n_bytes = disks.map(|disk| disk.size_bytes() * verify::n_passes(&disk) / 2).sum();
    let _running = progress::begin_passes("verifying", n_bytes, 2);
    let mut archives = Vec::new();
    for path in paths {
        stop_if(job.interrupt)?;
        let verified = verify_one(job, (&path, args.all), binary.as_deref());
        if args.all && !exists(&path) {
            tell_of_vanished(job, &path)?;
            continue;
        }
        let archive = verified?;
        for warning in &archive.warnings {
            (job.notes)(&format!("warning: `{}` {warning}", archive.name));
        }
        archives.push(archive);
    }
    let exit = match &archives[..] {
        [] => Exit::NothingToDo,
        archives if archives.iter().all(|archive| archive.is_good) => Exit::Done,
        _ => Exit::Failed,
    };
    Ok(outcome(&VerifyReport { format: 1, archives }, exit))
}

fn verify_one(
    job: &mut Job<'_>,
    (path, is_one_of_many): (&Path, bool),
    binary: Option<&Path>,
) -> Result<VerifiedArchive> {
    let checkup = check(path, is_one_of_many, job.interrupt)?;
    // What a signal cut short is not damaged.
    stop_if(job.interrupt)?;
    let mut archive = VerifiedArchive::of(path, checkup);
    if let Some(binary) = binary {
        archive.models = load_models(job, path, binary)?;
        archive.settle();
    }
    Ok(archive)
}

/// Tells that another process took the archive at `path` away. One that
/// is pruned is in the trash; of another it is worth a warning.
fn tell_of_vanished(job: &mut Job<'_>, path: &Path) -> Result<()> {
    stop_if(job.interrupt)?;
    let name = path.file_name().unwrap_or_default();
    let batches = folder_entries(&job.workspace.archives_trash())?;
    let line = format!("`{}` vanished while archives were verified", name.to_string_lossy());
    if batches.iter().any(|batch| exists(&batch.join(name))) {
        (job.notes)(&format!("{line}; it is in the trash"));
    } else {
        (job.notes)(&format!("warning: {line}, and is not in the trash"));
    }
    Ok(())
}

/// Checks the archive at `path`. One of many that cannot be opened is
/// as damaged as others; it does not end the round.
fn check(path: &Path, is_one_of_many: bool, interrupt: &AtomicBool) -> Result<Checkup> {
    let reading = Reading { interrupt: Some(interrupt), ..Reading::default() };
    match verify::check_as(path, reading) {
        Err(error) if is_one_of_many => {
            let damage = vec![Damage { path: None, problem: format!("{error:#}") }];
            Ok(Checkup { damage, ..Checkup::default() })
        }
        result => result,
    }
}

/// Unpacks the models of the archive at `path` to a scratch folder, and
/// lets `binary` load each.
fn load_models(job: &mut Job<'_>, path: &Path, binary: &Path) -> Result<Vec<CheckedModel>> {
    let scratch = Scratch::take(job)?;
    let mut source = restore::open(path)?;
    let only = Selection::of_flag(&[MODELS.to_owned()], "--only")?;
    let mut target = Target::folder(scratch.folder.clone());
    let plan = restore::survey(&mut source, &mut target, Some(&only), Overwrite::Never)?;
    let written = restore::apply(&mut source, &plan, &mut target, job.interrupt)?;
    plan.write
        .iter()
        .map(|step| {
            stop_if(job.interrupt)?;
            let is_whole = written.restored.contains(&step.path);
            let model = scratch.folder.join(&step.target);
            let loads = is_whole && process::check_model(binary, &model)?;
            Ok(CheckedModel { path: step.path.clone(), loads })
        })
        .collect()
}

/// A folder of one process at a time, removed with all in it.
struct Scratch {
    folder: PathBuf,
    _lock: File,
}

impl Scratch {
    fn take(job: &Job<'_>) -> Result<Self> {
        let state = job.workspace.state();
        files::create_folder(&state)?;
        let path = state.join("scratch.lock");
        let failed = || format!("failed to lock `{}`", path.display());
        let lock = File::create(&path).with_context(failed)?;
        match filesystem::try_lock(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = "another `verify --load` is running in the workspace; wait for it";
                return Err(CodedError::Locked(text.to_owned()).into());
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
        }
        let folder = state.join("scratch");
        clear(&folder)?;
        Ok(Self { folder, _lock: lock })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is removed by the next that takes the folder.
        let _ = clear(&self.folder);
    }
}

fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove `{}`", folder.display()))
        }
        _ => Ok(()),
    }
}
