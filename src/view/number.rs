//! Numbers as people read them.

use std::time::Duration;

use crate::backend::Usage;

/// With a comma between thousands.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count of things, in the singular or the plural.
pub(super) fn counted(number: usize, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", thousands(number as u64))
}

/// A number of milliseconds with as many decimals as mean something.
pub(super) fn milliseconds(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1e3;
    if milliseconds >= 100.0 {
        format!("{milliseconds:.0}")
    } else if milliseconds >= 1.0 {
        format!("{milliseconds:.1}")
    } else {
        format!("{milliseconds:.2}")
    }
}

/// US dollars, down to the first digits that are not zero.
pub(super) fn dollars(usd: f64) -> String {
    const LEAST: f64 = 0.000_001;
    if usd == 0.0 || usd >= 0.995 {
        return format!("${usd:.2}");
    }
    if usd < LEAST {
        return format!("less than ${LEAST}");
    }
    // Two digits that are not zero, and cents at least.
    let decimals = (2..7).find(|&decimals| usd * 10_f64.powi(decimals) >= 9.95).unwrap_or(7);
    format!("${usd:.*}", usize::try_from(decimals).unwrap_or(2))
}

/// What a run has cost so far.
pub(super) fn usage(usage: Usage) -> String {
    match usage {
        Usage { tokens: 0, .. } => "run: $0.00".into(),
        Usage { tokens, usd: Some(usd) } => format!("run: {} tokens · {}", thousands(tokens), dollars(usd)),
        Usage { tokens, usd: None } => format!("run: {} tokens, price unknown", thousands(tokens)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(12_345_678), "12,345,678");
        assert_eq!(counted(1, "word"), "1 word");
        assert_eq!(counted(1_200, "token"), "1,200 tokens");
    }

    #[test]
    fn durations_keep_three_digits_or_so() {
        assert_eq!(milliseconds(Duration::from_micros(7)), "0.01");
        assert_eq!(milliseconds(Duration::from_micros(2_640)), "2.6");
        assert_eq!(milliseconds(Duration::from_millis(1_234)), "1234");
    }

    #[test]
    fn small_sums_do_not_look_like_nothing() {
        assert_eq!(dollars(0.0), "$0.00");
        assert_eq!(dollars(0.000_023_4), "$0.000023");
        assert_eq!(dollars(0.000_000_1), "less than $0.000001");
        assert_eq!(dollars(0.042), "$0.042");
        assert_eq!(dollars(12.345), "$12.35");
    }
}
