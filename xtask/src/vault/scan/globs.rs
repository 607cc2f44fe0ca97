//! Include and exclude globs, and which folders they can reach.

use std::path::Path;

use anyhow::{Context, Result};
use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};

/// The globs of `config/config.json`, compiled.
#[derive(Debug)]
pub struct PathFilter {
    include: GlobSet,
    exclude: GlobSet,
    prefixes: Vec<Vec<Part>>,
}

/// One component of an include glob.
#[derive(Debug)]
enum Part {
    /// `**`: any number of folders.
    AnyDepth,
    /// A name or a pattern within one folder.
    One(Box<GlobMatcher>),
}

impl PathFilter {
    /// Compiles the globs. A trailing `/` means everything below.
    ///
    /// # Errors
    /// When a glob is not valid; names it.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self> {
        let include: Vec<String> = include.iter().map(|glob| expand(glob)).collect();
        let exclude: Vec<String> = exclude.iter().map(|glob| expand(glob)).collect();
        Ok(Self {
            include: compile(&include, "archive.include")?,
            exclude: compile(&exclude, "archive.exclude")?,
            prefixes: include.iter().map(|glob| parts(glob)).collect::<Result<_>>()?,
        })
    }

    /// Compiles globs of the flag `flag`: a path also means everything below
    /// it.
    ///
    /// # Errors
    /// When a glob is not valid; names it.
    pub fn of_flag(globs: &[String], flag: &str) -> Result<Self> {
        let below = globs.iter().filter(|glob| !glob.ends_with('/')).map(|glob| format!("{glob}/"));
        let include: Vec<String> =
            globs.iter().cloned().chain(below).map(|glob| expand(&glob)).collect();
        Ok(Self {
            include: compile(&include, flag)?,
            exclude: GlobSet::empty(),
            prefixes: include.iter().map(|glob| parts(glob)).collect::<Result<_>>()?,
        })
    }

    /// Whether the file `relative` to the workspace is selected.
    pub fn matches(&self, relative: &Path) -> bool {
        self.include.is_match(relative) && !self.exclude.is_match(relative)
    }

    /// Whether the file `relative` to the workspace is to be left out.
    pub fn excludes(&self, relative: &Path) -> bool {
        self.exclude.is_match(relative)
    }

    /// Whether any file in the folder `relative` would be selected.
    pub fn matches_below(&self, relative: &Path) -> bool {
        self.matches(&relative.join("any"))
    }

    /// Whether some glob can match below the folder `relative`.
    pub fn reaches_into(&self, relative: &Path) -> bool {
        let folders: Vec<&Path> = relative.iter().map(Path::new).collect();
        self.prefixes.iter().any(|parts| reaches(parts, &folders))
    }
}

fn reaches(parts: &[Part], folders: &[&Path]) -> bool {
    match (parts, folders) {
        ([], _) => false,
        (_, []) | ([Part::AnyDepth, ..], _) => true,
        ([Part::One(glob), parts @ ..], [folder, folders @ ..]) => {
            glob.is_match(folder) && reaches(parts, folders)
        }
    }
}

fn expand(glob: &str) -> String {
    let glob = glob.strip_prefix("./").unwrap_or(glob);
    if glob.ends_with('/') { format!("{glob}**") } else { glob.to_owned() }
}

fn compile(globs: &[String], key: &str) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(one(glob).with_context(|| format!("`{key}` holds the invalid glob `{glob}`"))?);
    }
    set.build().with_context(|| format!("`{key}` cannot be compiled"))
}

fn one(glob: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(glob).literal_separator(true).build()
}

fn parts(glob: &str) -> Result<Vec<Part>> {
    // A `/` within braces or brackets would split a pattern, so such a glob
    // is assumed to reach everywhere.
    if glob.contains(['{', '[']) {
        return Ok(vec![Part::AnyDepth]);
    }
    let part = |text: &str| match text {
        "**" => Ok(Part::AnyDepth),
        text => Ok(Part::One(Box::new(one(text)?.compile_matcher()))),
    };
    glob.split('/').map(part).collect()
}
