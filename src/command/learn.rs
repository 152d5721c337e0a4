//! `vecscope learn`: the lessons in a list, and which of them are done; and how the explorer begins with one.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;

use super::{Output, Session, escape};
use crate::cli::TableFormat;
use crate::cli::learn::LearnArgs;
use crate::config::Config;
use crate::lesson::{self, Lesson, Progress};
use crate::state::action::LessonAction;
use crate::state::{Action, Screen};
use crate::{phrase, progress, text};

/// One lesson, as `--format json` prints it.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    teaches: &'a str,
    minutes: usize,
    steps: usize,
    done: usize,
}

/// What the explorer begins with.
///
/// # Errors
/// Where there is no such lesson, or where a corpus is named that lessons are not about.
pub fn first_actions(arguments: &LearnArgs, config: &Config) -> anyhow::Result<Vec<Action>> {
    refuse_a_corpus(config)?;
    let lessons = lesson::bundled();
    let lesson = arguments.lesson.as_ref().map(|name| place(&lessons, name)).transpose()?;
    let mut actions = vec![Action::ShowScreen(Screen::Learn)];
    actions.extend(arguments.present.then_some(Action::Lesson(LessonAction::Present)));
    actions.extend(lesson.map(|lesson| Action::Lesson(LessonAction::OpenNumber(lesson))));
    Ok(actions)
}

pub(super) fn run(session: &Session, arguments: &LearnArgs) -> anyhow::Result<ExitCode> {
    refuse_a_corpus(&session.config)?;
    let path = progress::default_path()?;
    let mut stdout = io::stdout().lock();
    if arguments.reset {
        progress::reset(&path)?;
        writeln!(stdout, "no lesson is done any more")?;
        return Ok(ExitCode::SUCCESS);
    }
    let lessons = lesson::bundled();
    let chosen = match &arguments.lesson {
        Some(name) => {
            let place = place(&lessons, name)?;
            &lessons[place..=place]
        }
        None => &lessons[..],
    };
    let kept = progress::read(&path);
    if let Some(trouble) = &kept.trouble {
        writeln!(io::stderr(), "vecscope: {}", text::visible(trouble))?;
    }
    let listed: Vec<Listed<'_>> = chosen.iter().map(|lesson| listed(lesson, &kept.progress)).collect();
    match arguments.format {
        TableFormat::Json => writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&listed)?))?,
        TableFormat::Table => write_table(&mut stdout, &listed, session.output)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn refuse_a_corpus(config: &Config) -> anyhow::Result<()> {
    if config.corpus.is_some() {
        bail!("the lessons are about the bundled corpus: leave --corpus out");
    }
    Ok(())
}

fn place(lessons: &[Lesson], name: &str) -> anyhow::Result<usize> {
    lessons.iter().position(|lesson| lesson.id == name).with_context(|| {
        let names: Vec<&str> = lessons.iter().map(|lesson| lesson.id.as_str()).collect();
        format!("there is no lesson {name}; there are {}", names.join(", "))
    })
}

fn listed<'a>(lesson: &'a Lesson, progress: &Progress) -> Listed<'a> {
    Listed {
        id: &lesson.id,
        title: &lesson.title,
        teaches: &lesson.teaches,
        minutes: lesson.minutes,
        steps: lesson.steps.len(),
        done: (0..lesson.steps.len()).filter(|&step| progress.has(lesson, step)).count(),
    }
}

/// A sign and a number for how far each is; what it teaches in a line of its own, which may be long.
fn write_table(out: &mut impl Write, listed: &[Listed<'_>], output: Output) -> io::Result<()> {
    let (dim, reset) = if output.color { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
    let id_width = listed.iter().map(|it| text::width(it.id)).max().unwrap_or(0);
    let title_width = listed.iter().map(|it| text::width(it.title)).max().unwrap_or(0);
    for Listed { id, title, teaches, minutes, steps, done } in listed {
        let mark = phrase::extent(*done, *steps);
        writeln!(out, "{mark} {done}/{steps}  {id:<id_width$}  {title:<title_width$}  {dim}{minutes} min{reset}")?;
        writeln!(out, "       {dim}{teaches}{reset}")?;
    }
    Ok(())
}
