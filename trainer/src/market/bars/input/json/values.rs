//! Unwraps numbers that some services write in a form of their own.

use serde_json::Value;

const N_NANOS_PER_UNIT: i64 = 1_000_000_000;

/// Replaces such values in a candle, a list or an object, by plain ones.
pub(super) fn unwrap(value: &mut Value) {
    if let Some(plain) = fixed_point(value) {
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
/// `Decimal` types, as Tinkoff Invest writes it; a part that is 0 may be
/// missing.
fn fixed_point(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    let mut parts = [0, 0];
    for (key, value) in object {
        let part = match key.as_str() {
            "units" => &mut parts[0],
            "nano" | "nanos" => &mut parts[1],
            "currency" | "currencyCode" => continue,
            _ => return None,
        };
        *part = value.as_str().map_or_else(|| value.as_i64(), |text| text.parse().ok())?;
    }
    let [units, nanos] = parts;
    let is_negative = units < 0 || nanos < 0;
    let is_valid = nanos.abs() < N_NANOS_PER_UNIT && !(is_negative && (units > 0 || nanos > 0));
    let has_number = object.keys().any(|key| !key.starts_with("currency"));
    let sign = if is_negative { "-" } else { "" };
    (is_valid && has_number)
        .then(|| format!("{sign}{}.{:09}", units.unsigned_abs(), nanos.unsigned_abs()))
}
