//! Unwraps numbers and times that some services write in a form of their
//! own.

use serde_json::Value;

const N_NANOS_PER_UNIT: i64 = 1_000_000_000;

/// Replaces such values in a candle, a list or an object, by plain ones.
pub(super) fn unwrap(value: &mut Value) {
    if let Some(plain) = fixed_point(value).or_else(|| net_date(value)) {
        *value = Value::String(plain);
        return;
    }
    match value {
        Value::Array(cells) => cells.iter_mut().for_each(unwrap),
        Value::Object(object) => object.values_mut().for_each(unwrap),
        _ => {}
    }
}

/// `{"units": "122", "nano": 460000000}`, a number by Google's `Money` and
/// `Decimal` types, as Tinkoff Invest writes it.
fn fixed_point(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    let nanos = object.get("nano").or_else(|| object.get("nanos"))?.as_i64()?;
    let units = match object.get("units")? {
        Value::String(text) => text.parse().ok()?,
        number => number.as_i64()?,
    };
    let is_negative = units < 0 || nanos < 0;
    let sign = if is_negative { "-" } else { "" };
    (nanos.abs() < N_NANOS_PER_UNIT)
        .then(|| format!("{sign}{}.{:09}", units.unsigned_abs(), nanos.abs()))
}

/// `/Date(1700000000000)/`, milliseconds since 1970 by .NET; an offset
/// behind them does not change the time.
fn net_date(value: &Value) -> Option<String> {
    let inner = value.as_str()?.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let end = inner.rfind(['+', '-']).filter(|end| *end > 0).unwrap_or(inner.len());
    inner[..end].parse::<i64>().ok().map(|ms| ms.to_string())
}
