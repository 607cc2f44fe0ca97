//! Markup that the panels and tables of a page share.
//!
//! `maud` escapes every text that goes into a page, except `PreEscaped`,
//! which only the style sheets and scripts are.

use maud::{Markup, html};
use serde_json::Value;

/// Stands for a value that is undefined or unknown.
pub(super) const UNDEFINED: &str = "–";

/// A titled box in the section of one session.
pub(super) struct Panel<'a> {
    /// Classes of the style sheet, beside `panel`.
    pub(super) class: &'static str,
    pub(super) title: &'static str,
    /// The session's name where a page shows several, else empty.
    pub(super) session: &'a str,
}

impl Panel<'_> {
    /// Returns the panel with `content`.
    pub(super) fn with(&self, content: &Markup) -> Markup {
        html! {
            section class={ "panel " (self.class) } {
                h3 { (self.title) " " (self.session) }
                (content)
            }
        }
    }

    /// Returns the panel with a table that scrolls sideways where the
    /// window is too narrow, and a `note` below.
    pub(super) fn with_table(&self, table: &Markup, note: Option<&str>) -> Markup {
        self.with(&html! {
            (scroll(self.title, table))
            @if let Some(note) = note { p { (note) } }
        })
    }

    /// Returns the panel with `content`, or with the `reason` why there is
    /// none.
    pub(super) fn with_or(&self, content: Option<Markup>, reason: &str) -> Markup {
        self.with(&content.unwrap_or_else(|| html! { p.empty { (reason) } }))
    }

    /// Returns the same for a table that scrolls, with a `note` below.
    pub(super) fn with_table_or(
        &self,
        table: Option<Markup>,
        note: Option<&str>,
        reason: &str,
    ) -> Markup {
        match table {
            Some(table) => self.with_table(&table, note),
            None => self.with_or(None, reason),
        }
    }
}

/// Returns `table` in a box that scrolls sideways.
pub(super) fn scroll(label: &str, table: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(label) { (table) } }
}

/// Returns the head of a table whose columns all have a name.
pub(super) fn head<T: AsRef<str>>(names: &[T]) -> Markup {
    html! { thead { tr { @for name in names { th scope="col" { (name.as_ref()) } } } } }
}

/// Returns a bar whose length is a `share` of its cell.
pub(super) fn bar(share: f64) -> Markup {
    html! { span.bar style={ "--share:" (share) } {} }
}

/// Returns `text`, or [`UNDEFINED`] for none.
pub(super) fn or_undefined(text: Option<String>) -> String {
    text.unwrap_or_else(|| UNDEFINED.to_owned())
}

/// Returns a value of a record as text.
pub(super) fn plain(value: Option<&Value>) -> String {
    or_undefined(value.filter(|value| !value.is_null()).map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }))
}
