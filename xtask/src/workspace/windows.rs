//! What is different on Windows: names that it cannot hold, paths that
//! other programs do not know, files that others hold open.
//!
//! Pure functions, so that they are tested everywhere.

/// Devices, whose names are taken with any extension.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
/// Devices with a digit, also one of the superscript digits.
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];
const DIGITS: [char; 12] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '¹', '²', '³'];
/// Characters that no name may have.
const FORBIDDEN: [char; 7] = ['<', '>', ':', '"', '|', '?', '*'];
/// How long a path may be where long paths are not switched on.
const PATH_UNITS_MAX: usize = 259;
/// Before an absolute path that may be longer.
const VERBATIM: &str = r"\\?\";

/// Says why Windows cannot hold a file at the relative path `path`, with
/// `/` between its names.
pub fn problem_of(path: &str) -> Option<&'static str> {
    path.split('/').find_map(problem_of_name)
}

fn problem_of_name(name: &str) -> Option<&'static str> {
    if is_device(name) {
        return Some("on Windows its name is that of a device");
    }
    if name.ends_with(['.', ' ']) {
        return Some("Windows drops a dot or space at the end of a name");
    }
    if name.contains(FORBIDDEN) || name.chars().any(char::is_control) {
        return Some("its name has a character that Windows does not allow");
    }
    None
}

/// Whether Windows opens a device instead of a file of this name: also
/// `nul.txt`, and `con .log`, whose spaces it drops.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ').to_uppercase();
    let is_numbered = |device: &str| {
        let rest = stem.strip_prefix(device);
        rest.is_some_and(|rest| {
            let mut rest = rest.chars();
            rest.next().is_some_and(|digit| DIGITS.contains(&digit)) && rest.next().is_none()
        })
    };
    DEVICES.contains(&stem.as_str()) || NUMBERED_DEVICES.iter().any(|device| is_numbered(device))
}

/// Returns `path` without the prefix that the system puts before what
/// it resolves, where other programs take the path without: git and
/// cargo do not know that form. One that needs it keeps it.
pub fn plain_path(path: &str) -> &str {
    let Some(plain) = path.strip_prefix(VERBATIM) else { return path };
    let mut chars = plain.chars();
    let has_drive = chars.next().is_some_and(|drive| drive.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && chars.next() == Some('\\');
    let is_short = path.encode_utf16().count() <= PATH_UNITS_MAX;
    let mut names = plain.split('\\').skip(1).filter(|name| !name.is_empty());
    let is_plain = names.all(|name| problem_of_name(name).is_none());
    if has_drive && is_short && is_plain { plain } else { path }
}

/// Whether a rename or removal that failed with this code of the system
/// may work a moment later: access denied, or shared with a program,
/// such as a virus scanner, that looks at each new file.
pub fn is_passing(code: i32) -> bool {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    const LOCK_VIOLATION: i32 = 33;
    [ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION].contains(&code)
}
