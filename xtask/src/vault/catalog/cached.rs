//! Reads the archives of a workspace through the cache.

use std::borrow::Cow;
use std::path::PathBuf;

use anyhow::Result;

use super::archive::{Archive, Content, archive_of, named, read_archive};
use super::cache::{self, Cache, Fingerprint, ManifestFiles};
use crate::vault::name::{NameKind, StampedName};
use crate::workspace::Workspace;
use crate::workspace::threads;

/// Whether an outdated cache is written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUpdate {
    Renew,
    Leave,
}

/// Returns the archives of `workspace`, ordered by name; opens only those
/// that are not in the cache.
pub fn read(
    workspace: &Workspace,
    files: ManifestFiles,
    update: CacheUpdate,
) -> Result<Vec<Archive>> {
    let cache = Cache::load(workspace);
    let read_one = |(name, path): (StampedName, PathBuf)| {
        let fingerprint = Fingerprint::read(&path);
        let record = fingerprint.and_then(|fingerprint| cache.get(&name.to_string(), fingerprint));
        if let Some((record, content)) =
            record.and_then(|record| Some((record, cache::decode(record, files)?)))
        {
            return (archive_of(name, path, content), fingerprint, Some(Cow::Borrowed(record)));
        }
        let mut archive = read_archive(name, path);
        let record = cache::encode(&archive.content);
        if let (Content::Sealed(manifest), ManifestFiles::NotNeeded) = (&mut archive.content, files)
        {
            manifest.files = Vec::new();
        }
        (archive, fingerprint, record.map(Cow::Owned))
    };
    let found = threads::map(named(&workspace.archives(), NameKind::Archive)?, read_one);
    let is_new =
        |(_, _, record): &(Archive, _, Option<Cow<'_, str>>)| matches!(record, Some(Cow::Owned(_)));
    let has_new = found.iter().any(is_new);
    let mut known = Vec::with_capacity(found.len());
    let mut archives = Vec::with_capacity(found.len());
    for (archive, fingerprint, record) in found {
        known.extend(
            fingerprint
                .zip(record)
                .map(|(fingerprint, record)| (archive.name.to_string(), fingerprint, record)),
        );
        archives.push(archive);
    }
    if has_new && update == CacheUpdate::Renew {
        cache::store(workspace, &known);
    }
    Ok(archives)
}
