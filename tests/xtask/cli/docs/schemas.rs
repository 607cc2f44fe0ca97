//! The pages on formats, made from the JSON Schemas that the code has.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use serde_json::{Map, Value};
use xtask::vault::manifest::Manifest;

use super::repository;

/// A schema as Markdown: a table for the object, then one for each
/// object that it names.
struct Tables<'a> {
    root: &'a Value,
    text: String,
    waiting: Vec<String>,
    done: BTreeSet<String>,
}

impl<'a> Tables<'a> {
    fn of(root: &'a Value) -> String {
        let mut tables =
            Self { root, text: String::new(), waiting: Vec::new(), done: BTreeSet::new() };
        tables.object(root);
        while let Some(name) = tables.waiting.pop() {
            if tables.done.insert(name.clone()) {
                let definition = &root["$defs"][&name];
                writeln!(tables.text, "\n### {name}\n\n{}\n", flat(definition)).unwrap();
                tables.object(definition);
            }
        }
        tables.text
    }

    fn object(&mut self, schema: &Value) {
        let nothing = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&nothing);
        self.text.push_str("| key | type | meaning |\n| --- | --- | --- |\n");
        let mut named = Vec::new();
        for (key, value) in properties.iter().filter(|(key, _)| *key != "$schema") {
            let kind = self.kind(value, &mut named).replace('|', "\\|");
            writeln!(self.text, "| `{key}` | {kind} | {} |", flat(value).replace('|', "\\|"))
                .unwrap();
        }
        self.waiting.extend(named.into_iter().rev());
    }

    /// Returns the type in words, and adds the objects that it names.
    fn kind(&self, schema: &Value, named: &mut Vec<String>) -> String {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            let target = &self.root["$defs"][name];
            if target["properties"].is_object() {
                named.push(name.to_owned());
                return format!("[{name}](#{})", name.to_lowercase());
            }
            return self.kind(target, named);
        }
        let any = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
        if let Some(choices) = any {
            let kinds: Vec<String> = choices.iter().map(|one| self.kind(one, named)).collect();
            return kinds.join(" or ");
        }
        if let Some(constant) = schema.get("const") {
            return format!("`{}`", constant.to_string().trim_matches('"'));
        }
        if let Some(choices) = schema["enum"].as_array() {
            let texts = choices.iter().map(|one| format!("`{}`", one.as_str().unwrap_or("null")));
            return texts.collect::<Vec<_>>().join(" or ");
        }
        let one = |kind: &str, named: &mut Vec<String>| match kind {
            "array" => format!("list of {}", self.kind(&schema["items"], named)),
            "object" => match &schema["additionalProperties"] {
                Value::Object(_) => {
                    format!("map to {}", self.kind(&schema["additionalProperties"], named))
                }
                _ => "object".to_owned(),
            },
            "string" => schema["format"].as_str().unwrap_or("text").replace("date-time", "time"),
            other => other.to_owned(),
        };
        match &schema["type"] {
            Value::String(kind) => one(kind, named),
            Value::Array(kinds) => {
                let kinds = kinds.iter().filter_map(Value::as_str);
                kinds.map(|kind| one(kind, named)).collect::<Vec<_>>().join(" or ")
            }
            _ => "any".to_owned(),
        }
    }
}

fn flat(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

fn shipped(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(repository().join(path)).unwrap()).unwrap()
}

fn settings() -> String {
    let mut page = "# Settings\n\nMade from the JSON Schemas in `config/schema/`, which editors use \
                    to complete and check.\nAn unknown key is an error that names the nearest known \
                    one; an absent key has its default.\n"
        .to_owned();
    for name in ["config", "training_config", "logging_config"] {
        let schema = shipped(&format!("config/schema/{name}.schema.json"));
        let tables = Tables::of(&schema);
        write!(page, "\n## `config/{name}.json`\n\n{}\n\n{tables}", flat(&schema)).unwrap();
    }
    page
}

/// Checks that the page holds `made`, from its marker on.
fn check(path: &str, made: &str) {
    let path = repository().join(path);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let marker = "<!-- made from the schemas -->\n";
    let begin = text.find(marker).map_or(0, |place| place + marker.len());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{}{made}", &text[..begin])).unwrap();
    } else {
        assert!(
            text[begin..] == *made,
            "run this with UPDATE_DOCS=1, and read `{}`",
            path.display()
        );
    }
}

#[test]
fn the_page_on_settings_is_in_step_with_the_schemas() {
    check("docs/settings.md", &settings());
}

#[test]
fn the_page_on_formats_is_in_step_with_the_manifest() {
    let schema = serde_json::to_value(schemars::schema_for!(Manifest)).unwrap();
    let head =
        "\n## `MANIFEST.json`, format 1\n\nUnknown keys are refused. Times are RFC 3339 in UTC.\n";
    check("docs/formats.md", &format!("{head}\n{}", Tables::of(&schema)));
}
