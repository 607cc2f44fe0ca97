//! Rules of Windows: invalid names, verbatim paths, files that other
//! programs have open.
//!
//! Pure functions, so that they can be tested on every system.

/// Names of devices, reserved with any extension.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
/// Devices with a digit, including superscript digits.
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];
const DIGITS: [char; 12] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '¹', '²', '³'];
/// Characters that are not allowed in names.
const FORBIDDEN: [char; 7] = ['<', '>', ':', '"', '|', '?', '*'];
/// The maximal length of a path if long paths are not enabled.
const PATH_UNITS_MAX: usize = 259;
/// The prefix of an absolute path that may be longer.
const VERBATIM: &str = r"\\?\";

/// Returns why the relative path `path`, with `/` as separator, is not
/// valid on Windows.
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

/// Whether Windows opens a device instead of a file of this name, as for
/// `nul.txt` and for `con .log`, of which it ignores the space.
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

/// Returns `path` without the verbatim prefix of canonical paths, which
/// git and cargo do not understand, unless the path needs it.
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

/// Whether a rename or removal that failed with this error code may
/// succeed a moment later: access denied, or the file is open in a
/// program such as a virus scanner.
pub fn is_transient(code: i32) -> bool {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    const LOCK_VIOLATION: i32 = 33;
    [ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION].contains(&code)
}
