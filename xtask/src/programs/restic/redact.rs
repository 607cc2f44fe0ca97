//! Removes passwords and control characters from messages of restic and
//! from texts of a repository.

/// Environment variables whose values are secrets.
const SECRETS: [&str; 14] = [
    "RESTIC_PASSWORD",
    "RESTIC_REST_PASSWORD",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "B2_ACCOUNT_KEY",
    "AZURE_ACCOUNT_KEY",
    "AZURE_ACCOUNT_SAS",
    "OS_PASSWORD",
    "OS_AUTH_TOKEN",
    "OS_APPLICATION_CREDENTIAL_SECRET",
    "ST_KEY",
    "GOOGLE_ACCESS_TOKEN",
    "RCLONE_CONFIG_PASS",
    "SSHPASS",
];

/// A shorter value occurs in too many words to be replaced.
const N_SECRET_CHARS_MIN: usize = 4;

/// Returns `text` without the values of secrets in the environment, the
/// passwords of URLs, and control characters other than line ends.
pub fn redacted(text: &str) -> String {
    let secrets = SECRETS.iter().filter_map(|name| std::env::var(name).ok());
    let secrets = secrets.filter(|value| value.len() >= N_SECRET_CHARS_MIN);
    let text = secrets.fold(text.to_owned(), |text, secret| text.replace(&secret, "***"));
    printable(&without_passwords(&text))
}

/// Returns `text` with `\u{fffd}` in place of control characters other
/// than line ends, and of those that change the writing direction.
pub fn printable(text: &str) -> String {
    let is_odd = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_odd(c) { '\u{fffd}' } else { c }).collect()
}

/// Returns `text` with `***` for each password in `//user:password@`.
pub fn without_passwords(text: &str) -> String {
    let mut parts = text.split("//");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str("//");
        let end = part.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(part.len());
        let (authority, rest) = part.split_at(end);
        match authority.rsplit_once('@').map(|(account, host)| (account.split_once(':'), host)) {
            Some((Some((user, _)), host)) => masked.push_str(&format!("{user}:***@{host}")),
            _ => masked.push_str(authority),
        }
        masked.push_str(rest);
    }
    masked
}
