//! What may be shown of restic's words, and of what a repository holds:
//! no password, and nothing that a terminal would obey.

/// The variables whose values are secrets.
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

/// A shorter value stands in too many words to be looked for.
const N_SECRET_CHARS_MIN: usize = 4;

/// Returns `text` without the values of secrets in the environment, the
/// passwords of URLs, and control characters other than line ends.
pub fn shown(text: &str) -> String {
    let secrets = SECRETS.iter().filter_map(|name| std::env::var(name).ok());
    let secrets = secrets.filter(|value| value.len() >= N_SECRET_CHARS_MIN);
    let text = secrets.fold(text.to_owned(), |text, secret| text.replace(&secret, "***"));
    printable(&without_passwords(&text))
}

/// Returns `text` with a sign in place of each control character other
/// than a line end, and of those that change the direction of writing.
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
