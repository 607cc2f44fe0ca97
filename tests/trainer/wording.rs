//! Numbers and counts in texts.

use proptest::prelude::*;

use trainer::wording::{counted, money, price, significant};

#[test]
fn a_price_of_any_size_shows_its_digits() {
    let shown =
        [2.1e-10, 0.000_002_11, 0.1, 7_523.123_456_789, 1e9, 123_456_789.0, -0.5, 0.0, 3e20];
    assert_eq!(
        shown.map(price).join(" "),
        "2.1e-10 0.00000211 0.1 7523.1235 1000000000 123456789 -0.5 0 3e20"
    );
}

#[test]
fn money_that_is_there_is_never_shown_as_0() {
    let shown = [12.345, 0.004, -0.000_000_21, 0.0, -0.0, -12.0].map(|value| money(value, 2));
    assert_eq!(shown.join(" "), "12.35 0.004 -0.00000021 0.00 0.00 -12.00");
}

#[test]
fn one_of_a_thing_is_singular() {
    assert_eq!([0, 1, 2].map(|n| counted(n, "trade")).join(", "), "0 trades, 1 trade, 2 trades");
}

proptest! {
    #[test]
    fn any_number_is_read_back_to_its_digits(
        value in prop::num::f64::ANY.prop_filter("finite", |value| value.is_finite()),
    ) {
        for n_digits in [1_u32, 3, 8] {
            let text = significant(value, n_digits as usize);
            let back: f64 = text.parse().expect("it is a number");
            let error = if value == 0.0 { back } else { (back - value) / value };
            prop_assert!(back.is_infinite() || error.abs() <= 10_f64.powi(1 - n_digits.cast_signed()));
            prop_assert!(text.len() <= n_digits as usize + 17, "{}", text);
        }
    }
}
