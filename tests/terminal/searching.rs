//! The main job: start, type, watch the ranking.

use crate::terminal::{CTRL_C, DOWN, ENTER, ESCAPE, F1, PAGE_DOWN, QUESTION, explorer, program};

#[test]
fn it_starts_ranks_what_is_typed_and_quits() {
    let mut terminal = explorer(&[]);
    terminal.shows(&["vecscope", " query ", "100 sentences", "SQL is the language for putting questions"]);
    terminal.is_taken();
    terminal.send(QUESTION);
    let screen = terminal.shows(&[QUESTION, "8 words · 10 tokens", "top 10 of 100", "why #1 · s00", "cosine 0."]);
    assert!(screen.contains("RTen") && screen.contains("384 d"), "{screen}");
    terminal.quit();
}

#[test]
fn keys_are_taken_while_the_model_loads() {
    let mut terminal = explorer(&[]);
    terminal.wait("the terminal to be taken", vt100::Screen::alternate_screen);
    // Long before there is a ranking.
    terminal.send(QUESTION);
    terminal.shows(&[QUESTION, "why #1 · s00"]);
    terminal.quit();
}

#[test]
fn every_key_ranks_as_the_command_does() {
    let mut terminal = explorer(&[]);
    let mut typed = String::new();
    for letter in "cat".chars() {
        typed.push(letter);
        terminal.send(letter.encode_utf8(&mut [0; 4]));
        let output = program(&["search", &typed, "--top", "1", "--format", "json"]).output().expect("it runs");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON value");
        let best = &report["results"][0];
        let score = best["score"].as_f64().expect("a score");
        let id = best["id"].as_str().expect("an id");
        terminal.shows(&[&format!("│ {typed} "), &format!("cosine {score:.3} = q·d"), &format!("why #1 · {id} ")]);
    }
    terminal.quit();
}

#[test]
fn rows_are_selected_by_key_and_by_mouse() {
    let mut terminal = explorer(&[]);
    terminal.send(QUESTION);
    let screen = terminal.shows(&["top 10 of 100", "why #1 · "]);
    terminal.send(DOWN);
    terminal.shows(&["why #2 · "]);
    // A click on the fifth row, wherever it is.
    let fifth = screen.lines().position(|line| line.contains("│  5 ")).expect("a fifth row");
    terminal.send(&format!("\x1b[<0;20;{row}M\x1b[<0;20;{row}m", row = fifth + 1));
    terminal.shows(&["why #5 · "]);
    terminal.quit();
}

#[test]
fn a_selected_sentence_becomes_the_query_and_the_query_before_comes_back() {
    let mut terminal = explorer(&[]);
    terminal.send("bread");
    terminal.shows(&["│ bread ", "top 10 of 100", "why #1 · "]);
    terminal.send(ENTER);
    // A sentence is as close to itself as can be.
    terminal.shows(&["cosine 1.000 = q·d"]);
    terminal.send("\x10");
    terminal.shows(&["│ bread ", "1 word"]);
    terminal.send(ESCAPE);
    terminal.shows(&["type a question", "three things to try"]);
    terminal.quit();
}

#[test]
fn help_opens_and_closes() {
    let mut terminal = explorer(&[]);
    terminal.shows(&["type a question"]);
    terminal.send(F1);
    terminal.shows(&["keys (Esc closes", "rank with the other backend", "the next part of the explanation"]);
    terminal.send(PAGE_DOWN);
    terminal.shows(&["keys (Esc closes", "Ctrl+W"]);
    terminal.send(F1);
    terminal.shows_no(&["keys (Esc closes"]);
    terminal.send("?");
    terminal.shows(&["keys (Esc closes"]);
    terminal.send(ESCAPE);
    terminal.shows_no(&["keys (Esc closes"]);
    // Now it is text.
    terminal.send("why?");
    terminal.shows(&["│ why? "]);
    terminal.quit();
}

#[test]
fn help_does_not_keep_anyone_from_leaving() {
    let mut terminal = explorer(&[]);
    terminal.send(F1);
    terminal.shows(&["keys (Esc closes"]);
    terminal.send(CTRL_C);
    assert_eq!(terminal.ended().code(), Some(0));
    terminal.is_given_back();
}

#[test]
fn wide_and_combining_characters_are_edited_as_a_whole() {
    let mut terminal = explorer(&[]);
    terminal.shows(&["type a question"]);
    terminal.send("日本語 cafe\u{301} 👩\u{200d}👩\u{200d}👧");
    terminal.shows(&["日本語 cafe\u{301} "]);
    // The family and the space before it are two characters to a person.
    terminal.send("\x7f\x7f\x7fX");
    terminal.shows(&["日本語 cafX "]);
    terminal.quit();
}

#[test]
fn no_color_means_no_colours_and_nothing_is_lost() {
    for (arguments, no_color, coloured) in
        [([].as_slice(), None, true), (&[], Some("1"), false), (&["--color=never"], None, false)]
    {
        let mut command = program(arguments);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let mut terminal = crate::terminal::Terminal::run(command);
        terminal.send("bread");
        terminal.shows(&["│ bread ", "why #1 · ", "›"]);
        terminal.quit();
        assert_eq!(has_colours(&terminal.written()), coloured, "{arguments:?}, {no_color:?}");
    }
}

/// Whether anything was written that sets a colour: a parameter of SGR from 30 to 49 or from 90 to 107, but for the two
/// that go back to the terminal's own.
fn has_colours(written: &[u8]) -> bool {
    let text = String::from_utf8_lossy(written);
    text.split("\x1b[").skip(1).any(|sequence| {
        let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(0);
        sequence[end..].starts_with('m')
            && sequence[..end]
                .split(';')
                .filter_map(|number| number.parse::<u8>().ok())
                .any(|number| matches!(number, 30..=38 | 40..=48 | 90..=107))
    })
}

/// The processor time that a process has used, in ticks.
#[cfg(target_os = "linux")]
fn ticks(pid: nix::unistd::Pid) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the program runs");
    // The second field is the program's name in brackets; user and system time are the 14th and the 15th.
    let after_name = stat.rsplit_once(')').expect("a name in brackets").1;
    after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

#[cfg(target_os = "linux")]
#[test]
fn an_idle_program_uses_no_processor() {
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    let mut terminal = explorer(&[]);
    terminal.send(QUESTION);
    terminal.shows(&["why #1 · s00"]);
    // What was typed settles after a while; then there is nothing left to do.
    let deadline = Instant::now() + crate::terminal::PATIENCE;
    loop {
        let before = ticks(terminal.pid());
        sleep(Duration::from_millis(1500));
        let used = ticks(terminal.pid()) - before;
        if used <= 2 {
            break;
        }
        assert!(Instant::now() < deadline, "{used} ticks in a second and a half of doing nothing");
    }
    let written = terminal.written().len();
    sleep(Duration::from_millis(500));
    assert_eq!(terminal.written().len(), written, "something is drawn though nothing changes");
    terminal.quit();
}
