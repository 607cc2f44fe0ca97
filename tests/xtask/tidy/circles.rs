//! Files that import each other in a circle can only be read together.

use std::collections::{BTreeMap, BTreeSet};

use super::sources;

const TREES: [&str; 2] = ["xtask/src", "trainer/src"];

/// The files of a tree by module, as `vault/archive`, without comments.
struct Tree(BTreeMap<String, String>);

impl Tree {
    fn read(folder: &str) -> Self {
        Self::of(sources(folder).iter().map(|(name, text)| {
            let module = name.trim_start_matches(folder).trim_matches('/').trim_end_matches(".rs");
            (module.trim_end_matches("/mod"), text.as_str())
        }))
    }

    fn of<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let code = |text: &str| super::code(text).map(|line| format!("{line}\n")).collect();
        Self(files.map(|(module, text)| (module.to_owned(), code(text))).collect())
    }

    /// Returns which modules each module takes something from.
    fn imports(&self) -> BTreeMap<&str, BTreeSet<String>> {
        let of = |(module, text): (&'_ String, &'_ String)| {
            let from = paths(text).into_iter().filter(|path| !path.is_handed_on(text));
            from.filter_map(|path| self.source(module, &path.segments, 0))
                .filter(|source| source != module)
                .collect()
        };
        self.0.iter().map(|entry| (entry.0.as_str(), of(entry))).collect()
    }

    /// Returns the module that defines what `path`, in `module`, names:
    /// imports and re-exports on the way are followed.
    fn source(&self, module: &str, path: &[String], depth: usize) -> Option<String> {
        let mut place: Vec<&str> = module.split('/').collect();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => (place, rest) = (Vec::new(), &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    place.pop();
                    rest = &rest[1..];
                }
            }
            child if self.0.contains_key(&format!("{module}/{child}")) => {}
            _ => return None,
        }
        let mut found = self.0.contains_key(&place.join("/")).then(|| place.join("/"));
        let mut name = None;
        for part in rest.iter().filter(|part| *part != "self") {
            place.push(part);
            if self.0.contains_key(&place.join("/")) {
                found = Some(place.join("/"));
            } else {
                name = Some(part);
                break;
            }
        }
        let found = found?;
        let text = &self.0[&found];
        let import = name.filter(|_| depth < 8).and_then(|name| {
            paths(text)
                .into_iter()
                .find(|path| path.is_import && path.segments.last() == Some(name))
        });
        let further = import.and_then(|path| self.source(&found, &path.segments, depth + 1));
        further.or(Some(found))
    }

    /// Returns one circle, as the modules along it.
    fn circle(&self) -> Option<Vec<String>> {
        let mut imports = self.imports();
        // What imports nothing that is left lies in no circle.
        loop {
            let left: BTreeSet<String> = imports.keys().map(|&module| module.to_owned()).collect();
            let n_before = imports.len();
            imports.retain(|_, from| from.iter().any(|module| left.contains(module)));
            if imports.len() == n_before {
                break;
            }
        }
        let mut walk = vec![(*imports.keys().next()?).to_owned()];
        loop {
            let last = walk.last().expect("a walk has a start");
            let next =
                imports[last.as_str()].iter().find(|module| imports.contains_key(module.as_str()));
            let next = next.expect("each module that is left imports another").clone();
            if let Some(start) = walk.iter().position(|module| *module == next) {
                return Some(walk.split_off(start));
            }
            walk.push(next);
        }
    }
}

/// A path that a file names: in a `use`, or in its code.
struct Named {
    segments: Vec<String>,
    is_import: bool,
    is_public: bool,
}

impl Named {
    /// Whether the file only hands the name on.
    fn is_handed_on(&self, text: &str) -> bool {
        let Some(name) = self.segments.last().filter(|_| self.is_public) else { return false };
        let body = without_imports(text);
        !words(&body).any(|word| word == name)
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Returns the statements `use …;` with whether they are public.
fn import_statements(text: &str) -> Vec<(bool, &str)> {
    let starts = text.match_indices("use ").filter(|(at, _)| {
        let line = text[..*at].rsplit('\n').next().unwrap_or_default().trim_start();
        line.is_empty() || line.starts_with("pub")
    });
    let statement = |(at, _): (usize, &str)| {
        let line = text[..at].rsplit('\n').next().unwrap_or_default();
        let end = at + text[at..].find(';').unwrap_or(0);
        (line.contains("pub"), &text[at + 4..end])
    };
    starts.map(statement).collect()
}

fn without_imports(text: &str) -> String {
    let mut body = text.to_owned();
    for (_, statement) in import_statements(text) {
        body = body.replace(statement, "");
    }
    let is_module = |line: &&str| !line.trim_end().ends_with(';') || !line.contains("mod ");
    body.lines().filter(is_module).map(|line| format!("{line}\n")).collect()
}

fn paths(text: &str) -> Vec<Named> {
    let mut paths = Vec::new();
    for (is_public, statement) in import_statements(text) {
        let leaves = leaves(&statement.split_whitespace().collect::<Vec<_>>().join(" "));
        paths.extend(leaves.into_iter().map(|segments| Named {
            segments,
            is_import: true,
            is_public,
        }));
    }
    let body = without_imports(text);
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for word in body.split(|c: char| !is_path(c)).filter(|word| word.contains("::")) {
        let segments = word.split("::").map(str::to_owned).collect();
        paths.push(Named { segments, is_import: false, is_public: false });
    }
    paths
}

/// Splits `a::{b, c::d}` into `a::b` and `a::c::d`; `as` is dropped.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some((head, inner)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|part| part.trim().to_owned()).collect()];
    };
    let head = head.split("::").filter(|part| !part.is_empty()).map(str::to_owned);
    let head: Vec<String> = head.collect();
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in inner.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match parts.last_mut() {
            Some(part) if c != ',' || depth > 0 => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    let below = parts.iter().filter(|part| !part.trim().is_empty()).flat_map(|part| leaves(part));
    below.map(|leaf| [head.clone(), leaf].concat()).collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for folder in TREES {
        assert_eq!(Tree::read(folder).circle(), None, "{folder}: move what ties these files down");
    }
}

#[test]
fn a_circle_is_seen_through_re_exports() {
    let check = |files: &[(&str, &str)], circle: Option<&[&str]>| {
        let found = Tree::of(files.iter().copied()).circle();
        assert_eq!(
            found.as_deref(),
            circle.map(|c| c.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>()).as_deref()
        );
    };
    let face = ("a", "mod b;\npub use b::{\n    Bird, Cat,\n};\n");
    check(
        &[face, ("a/b", "use crate::c;\nstruct Bird;"), ("c", "fn f() { crate::a::Bird }")],
        Some(&["a/b", "c"]),
    );
    check(&[face, ("a/b", "struct Bird;"), ("c", "use crate::a::Bird;")], None);
    check(&[("a", "mod b;\nuse b::f;\nfn g() {}"), ("a/b", "use super::g;")], Some(&["a", "a/b"]));
    check(&[("a", "mod b;\nfn g() { b::f() }"), ("a/b", "// use super::g;\nfn f() {}")], None);
}
