//! Numbers and facts as people read them: the same words on the screen and from the commands.

use std::time::Duration;

use crate::backend::hub::Download;
use crate::backend::{Location, Retry, TokenCount, Usage};
use crate::engine::{Estimate, Recall};
use crate::text;

pub mod explanation;
pub mod lab;
pub mod retrieval;

/// Whether an id says no more than where a sentence stands in its file.
#[must_use]
pub fn is_number(id: &str) -> bool {
    id.chars().all(|sign| sign.is_ascii_digit())
}

/// What to call a document by its id, so that a number of a line is not taken for a figure.
#[must_use]
pub fn document(id: &str) -> String {
    let id = text::visible(id);
    if is_number(&id) { format!("sentence {id}") } else { id.into_owned() }
}

/// With a comma between thousands.
#[must_use]
pub fn thousands(number: u64) -> String {
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
#[must_use]
pub fn counted(number: usize, thing: &str) -> String {
    counted_as(number, thing, &format!("{thing}s"))
}

/// A count of things with a plural of their own.
#[must_use]
pub fn counted_as(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number as u64), if number == 1 { one } else { many })
}

/// How much of something is done, as a sign.
#[must_use]
pub fn extent(done: usize, of: usize) -> char {
    match done {
        0 => '○',
        done if done < of => '◐',
        _ => '●',
    }
}

/// A number of milliseconds with as many decimals as mean something.
#[must_use]
pub fn milliseconds(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1e3;
    if milliseconds >= 100.0 {
        format!("{milliseconds:.0}")
    } else if milliseconds >= 1.0 {
        format!("{milliseconds:.1}")
    } else {
        format!("{milliseconds:.2}")
    }
}

/// How long something will still take of which a share from 0 to 1 is done, at the pace so far: `about 40 s left`.
/// Nothing in the first second and the first 2 %, where there is no pace yet.
#[must_use]
pub fn time_left(share: f64, elapsed: Duration) -> Option<String> {
    const TOO_EARLY: Duration = Duration::from_secs(1);
    const TOO_LITTLE: f64 = 0.02;
    if share < TOO_LITTLE || elapsed < TOO_EARLY {
        return None;
    }
    let seconds = elapsed.as_secs_f64() * (1.0 - share.min(1.0)) / share;
    Some(left(Duration::try_from_secs_f64(seconds).ok()?))
}

/// What a way of searching finds and takes, at length, shorter, and as short as can be:
/// `two-pass · recall@10 0.998 of 100 queries · 3.1 ms for 41.0 exact`, `two-pass · recall@10 0.998`, `recall@10 0.998`.
#[must_use]
pub fn recall(recall: &Recall) -> [String; 3] {
    let Recall { method, k, queries, recall, exact, time } = recall;
    // Never rounded up: 1 is all of them.
    let share = (recall * 1_000.0).floor() / 1_000.0;
    let (time, exact) = (milliseconds(*time), milliseconds(*exact));
    let shortest = format!("recall@{k} {share:.3}");
    let short = format!("{method} · {shortest}");
    let queries = counted_as(*queries, "query", "queries");
    [format!("{short} of {queries} · {time} ms for {exact} exact"), short, shortest]
}

/// How fast something goes: `1,200 texts/s`.
#[must_use]
pub fn pace(per_second: f64, thing: &str) -> String {
    if per_second < 9.95 {
        return format!("{per_second:.1} {thing}s/s");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float saturates, and is above 0")]
    let whole = per_second.round() as u64;
    format!("{} {thing}s/s", thousands(whole))
}

/// A time that something will still take: `about 40 s left`.
#[must_use]
pub fn left(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..99.5 => format!("about {seconds:.0} s left"),
        ..5_970.0 => format!("about {:.0} min left", seconds / 60.0),
        _ => format!("about {:.0} h left", seconds / 3_600.0),
    }
}

/// US dollars, down to the first digits that are not zero.
#[must_use]
pub fn dollars(usd: f64) -> String {
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
#[must_use]
pub fn usage(usage: Usage) -> String {
    match usage {
        Usage { tokens: 0, .. } => "run: $0.00".into(),
        Usage { tokens, usd: Some(usd) } => format!("run: {} tokens · {}", thousands(tokens), dollars(usd)),
        Usage { tokens, usd: None } => format!("run: {} tokens, price unknown", thousands(tokens)),
    }
}

/// A text's length in tokens, e.g. `10 tokens` or `about 1,200 tokens`.
#[must_use]
pub fn tokens(count: TokenCount) -> String {
    format!("{}{}", about(count.estimated), counted(count.total, "token"))
}

/// What would be sent where a corpus leaves the machine: `140 texts, about 3,100 tokens, $0.000062`.
#[must_use]
pub fn estimate(estimate: &Estimate) -> String {
    let Estimate { texts, tokens, estimated, usd } = *estimate;
    let price = usd.map_or_else(|| "price unknown".into(), dollars);
    format!("{}, {}{}, {price}", counted(texts, "text"), about(estimated), counted(tokens, "token"))
}

/// What would be sent where texts are embedded here, and kept elsewhere.
#[must_use]
pub fn kept_elsewhere(texts: usize) -> String {
    format!("{} and {} vectors", counted(texts, "text"), if texts == 1 { "its" } else { "their" })
}

/// Where texts go, one place or two.
#[must_use]
pub fn places(places: &[Location]) -> String {
    let names: Vec<String> = places.iter().map(ToString::to_string).collect();
    names.join(" and ")
}

/// A wait before another try, and why. Safe for a terminal.
#[must_use]
pub fn retrying(retry: &Retry) -> String {
    let Retry { reason, wait, attempt, attempts } = retry;
    let seconds = wait.as_secs_f64();
    format!("try {attempt} of {attempts} in {seconds:.1} s: {}", text::visible(reason))
}

/// How much of a download is there: `model.onnx: 12.3 of 90.4 MB (13 %)`.
#[must_use]
pub fn download(download: &Download) -> String {
    let Download { file, done, total } = download;
    let percent = if *total == 0 { 100 } else { done * 100 / total };
    format!("{file}: {} of {} ({percent} %)", megabytes(*done), megabytes(*total))
}

/// Bytes in units of a million, as download pages count.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn about(estimated: bool) -> &'static str {
    if estimated { "about " } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_a_line_is_not_taken_for_a_figure() {
        assert_eq!(document("1513"), "sentence 1513");
        assert_eq!(document("s059"), "s059");
        assert_eq!(document("4\u{1b}"), "4␛");
    }

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
    fn the_time_left_follows_from_the_pace() {
        let left = |share, seconds| time_left(share, Duration::from_secs(seconds));
        assert_eq!([left(0.0, 5), left(0.5, 0), left(0.01, 5)], [None, None, None]);
        assert_eq!(left(0.2, 10).as_deref(), Some("about 40 s left"));
        assert_eq!(left(0.1, 60).as_deref(), Some("about 9 min left"));
        assert_eq!(left(0.05, 1_895).as_deref(), Some("about 10 h left"));
        assert_eq!((left(1.0, 60), left(1.1, 60)), (Some("about 0 s left".into()), Some("about 0 s left".into())));
    }

    #[test]
    fn small_sums_do_not_look_like_nothing() {
        assert_eq!(dollars(0.0), "$0.00");
        assert_eq!(dollars(0.000_023_4), "$0.000023");
        assert_eq!(dollars(0.000_000_1), "less than $0.000001");
        assert_eq!(dollars(0.042), "$0.042");
        assert_eq!(dollars(12.345), "$12.35");
    }

    #[test]
    fn an_estimate_says_what_is_not_certain() {
        let exact = Estimate { texts: 1, tokens: 1, estimated: false, usd: None };
        assert_eq!(estimate(&exact), "1 text, 1 token, price unknown");
        let rough = Estimate { texts: 1_400, tokens: 250_000, estimated: true, usd: Some(0.005) };
        assert_eq!(estimate(&rough), "1,400 texts, about 250,000 tokens, $0.0050");
    }

    #[test]
    fn a_download_is_counted_in_megabytes() {
        let part = Download { file: "model.onnx".into(), done: 12_345_678, total: 90_400_000 };
        assert_eq!(download(&part), "model.onnx: 12.3 MB of 90.4 MB (13 %)");
        let nothing = Download { file: "empty".into(), done: 0, total: 0 };
        assert_eq!(download(&nothing), "empty: 0.0 MB of 0.0 MB (100 %)");
    }

    #[test]
    fn a_server_cannot_steer_the_terminal_with_its_reason() {
        let wait = Duration::from_millis(1_500);
        let retry = Retry { reason: "\u{1b}[2Jbusy".into(), wait, attempt: 2, attempts: 5 };
        assert_eq!(retrying(&retry), "try 2 of 5 in 1.5 s: ␛[2Jbusy");
    }
}
