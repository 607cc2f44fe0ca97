//! Include and exclude globs, and which folders they can reach.

use std::path::Path;

use anyhow::{Context, Result};
use fast_glob::{glob_match, validate};

/// The globs of `config/config.json`, checked.
#[derive(Debug)]
pub struct Selection {
    include: Vec<Glob>,
    exclude: Vec<Glob>,
    prefixes: Vec<Vec<Part>>,
}

/// A glob as the matcher takes it.
#[derive(Debug)]
struct Glob(String);

/// One component of an include glob.
#[derive(Debug)]
enum Part {
    /// `**`: any number of folders.
    AnyDepth,
    /// A name or a pattern within one folder.
    One(Glob),
}

impl Selection {
    /// Checks the globs. A trailing `/` means everything below.
    ///
    /// # Errors
    /// Names the glob that is not valid.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self> {
        let include: Vec<String> = include.iter().map(|glob| expand(glob)).collect();
        let exclude: Vec<String> = exclude.iter().map(|glob| expand(glob)).collect();
        Ok(Self {
            include: checked(&include, "archive.include")?,
            exclude: checked(&exclude, "archive.exclude")?,
            prefixes: include.iter().map(|glob| parts(glob)).collect(),
        })
    }

    /// Checks globs of a command line: a path also means everything
    /// below it.
    ///
    /// # Errors
    /// Names the glob that is not valid.
    pub fn of_flag(globs: &[String], flag: &str) -> Result<Self> {
        let below = globs.iter().filter(|glob| !glob.ends_with('/')).map(|glob| format!("{glob}/"));
        let include: Vec<String> =
            globs.iter().cloned().chain(below).map(|glob| expand(&glob)).collect();
        Ok(Self {
            include: checked(&include, flag)?,
            exclude: Vec::new(),
            prefixes: include.iter().map(|glob| parts(glob)).collect(),
        })
    }

    /// Whether the file `relative` to the workspace is selected.
    pub fn matches(&self, relative: &Path) -> bool {
        let is_any = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(relative));
        is_any(&self.include) && !is_any(&self.exclude)
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
            glob.matches(folder) && reaches(parts, folders)
        }
    }
}

fn expand(glob: &str) -> String {
    let glob = glob.strip_prefix("./").unwrap_or(glob);
    if glob.ends_with('/') { format!("{glob}**") } else { glob.to_owned() }
}

fn checked(globs: &[String], key: &str) -> Result<Vec<Glob>> {
    let check = |glob: &String| {
        let checked = Glob::new(glob);
        validate(&checked.0).with_context(|| format!("`{key}` holds the invalid glob `{glob}`"))?;
        Ok(checked)
    };
    globs.iter().map(check).collect()
}

impl Glob {
    /// Takes `glob` by the rules of globset, from which the matcher
    /// differs: a `!` at the start is a name's, a backslash makes no
    /// letter special, and `**` beside a name is a `*`.
    fn new(glob: &str) -> Self {
        // There a backslash stands between names.
        let glob = if cfg!(windows) { glob.replace('\\', "/") } else { glob.to_owned() };
        let mut pattern = String::with_capacity(glob.len());
        let mut rest = glob.chars().peekable();
        if glob.starts_with('!') {
            pattern.push('\\');
        }
        while let Some(letter) = rest.next() {
            match letter {
                '\\' if rest.peek().is_some_and(|next| next.is_alphanumeric()) => {}
                '\\' => pattern.extend(std::iter::once(letter).chain(rest.next())),
                '*' => {
                    let n_more = std::iter::from_fn(|| rest.next_if_eq(&'*')).count();
                    let begins = pattern.is_empty() || pattern.ends_with(['/', '{', ',']);
                    let ends = rest.peek().is_none_or(|next| ['/', ',', '}'].contains(next));
                    pattern.push_str(if n_more == 1 && begins && ends { "**" } else { "*" });
                }
                letter => pattern.push(letter),
            }
        }
        Self(pattern)
    }

    fn matches(&self, path: &Path) -> bool {
        glob_match(&self.0, path.as_os_str().as_encoded_bytes())
    }
}

fn parts(glob: &str) -> Vec<Part> {
    // A `/` within braces or brackets would be split in the middle of
    // a pattern: such a glob is taken to reach everywhere.
    if glob.contains(['{', '[']) {
        return vec![Part::AnyDepth];
    }
    let part = |text: &str| match text {
        "**" => Part::AnyDepth,
        text => Part::One(Glob::new(text)),
    };
    glob.split('/').map(part).collect()
}
