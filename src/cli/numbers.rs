//! Numbers on the command line: out of range is an error and is not silently clamped.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// More threads than any machine has.
pub const MAX_THREADS: usize = 1024;

/// Reads a number within `range`; "nan" and "inf" are none.
pub fn within<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Clone,
{
    move |text: &str| {
        let number = text.trim().parse::<T>().ok();
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| format!("it must be a number from {} to {}", range.start(), range.end()))
    }
}

/// A time in a piece, in seconds: no piece is longer than a day.
pub fn secs(text: &str) -> Result<f64, String> {
    within(0.0..=pastiche::music::midi::MAX_SECS)(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_within_the_range_pass() {
        let top_p = within(0.05f32..=1.0);
        assert_eq!(top_p("0.9"), Ok(0.9));
        assert_eq!(top_p("1"), Ok(1.0));
        for wrong in ["nan", "inf", "-inf", "0", "1.01", "", "much", "0,9"] {
            assert_eq!(top_p(wrong), Err("it must be a number from 0.05 to 1".to_owned()), "{wrong}");
        }
        assert!(secs("-1").is_err() && secs("1e9").is_err() && secs("12.5").is_ok());
    }
}
