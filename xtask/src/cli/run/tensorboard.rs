//! `tensorboard`: runs the user's TensorBoard on the curves of sessions.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::show::{LIVE, source};
use super::{CommandContext, TaskOutput};
use crate::cli::TensorboardArgs;
use crate::programs::process;
use crate::tasks::unpacked::Cache;
use crate::vault::scan::PathFilter;
use crate::workspace::exit::Exit;

/// The folder of a session's curves.
const CURVES: &str = "logs/tensorboard";

/// The curves of one session.
struct Run {
    name: String,
    folder: PathBuf,
}

/// Runs TensorBoard until it ends, usually by ctrl-C.
pub(super) fn run(context: &mut CommandContext<'_>, args: &TensorboardArgs) -> Result<TaskOutput> {
    // Locked as long as TensorBoard reads from it.
    let cache = Cache::open(context)?;
    let live = [LIVE.to_owned()];
    let names = if args.names.is_empty() { &live[..] } else { &args.names };
    let mut runs = Vec::new();
    for name in names {
        runs.push(curves(context, &cache, name)?);
    }
    let mut arguments = log_arguments(&runs)?;
    arguments.extend(args.arguments.iter().cloned());
    let program = match &args.tensorboard_bin {
        Some(path) => context.current_folder.join(path),
        None => PathBuf::from("tensorboard"),
    };
    let is_good = process::tensorboard(&program, &arguments, context.interrupt)?;
    let exit = if is_good { Exit::Done } else { Exit::Failed };
    Ok(TaskOutput { text: String::new(), json: "{\"format\":1}\n".to_owned(), exit })
}

fn curves(context: &mut CommandContext<'_>, cache: &Cache, name: &str) -> Result<Run> {
    let source = source(context, name)?;
    let stem = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = if name == LIVE { "live".to_owned() } else { stem };
    if source.is_dir() {
        let folder = source.join(CURVES);
        if !has_events(&folder) {
            (context.on_message)("no curves yet; they appear when a training writes them");
        }
        return Ok(Run { name, folder });
    }
    let only = PathFilter::of_flag(&[format!("{CURVES}/")], "--only")?;
    let folder = cache.unpack(context, &source, Some(&only))?.join(CURVES);
    if !has_events(&folder) {
        bail!("`{name}` holds no curves; train with `enable_tensorboard` to have them");
    }
    Ok(Run { name, folder })
}

fn has_events(folder: &Path) -> bool {
    let is_event_file = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.file_name().to_string_lossy().contains("tfevents"))
    };
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.any(is_event_file))
}

/// Returns the arguments that name the folders of `runs`.
fn log_arguments(runs: &[Run]) -> Result<Vec<OsString>> {
    if let [run] = runs {
        return Ok(vec!["--logdir".into(), run.folder.clone().into()]);
    }
    let mut spec = OsString::new();
    for (idx, run) in runs.iter().enumerate() {
        if run.folder.to_string_lossy().contains(',') {
            bail!(
                "TensorBoard takes no comma in a path, as in `{}`; look at one session at a time",
                run.folder.display()
            );
        }
        spec.push(if idx == 0 { "" } else { "," });
        spec.push(format!("{}:", run.name));
        spec.push(&run.folder);
    }
    Ok(vec!["--logdir_spec".into(), spec])
}
