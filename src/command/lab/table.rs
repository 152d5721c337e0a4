//! What `vecscope lab` prints for people.

use std::io::{self, Write};

use super::report::{
    CaseReport, CutoffsReport, Listed, PairReport, Place, PointReport, RefusedReport, Report, SettlingReport,
    SweepReport, TrialReport,
};
use crate::phrase::thousands;
use crate::text;

/// How wide a line of a ranking is at the most.
const COLUMNS: usize = 100;

pub(super) fn write_list(out: &mut impl Write, listed: &[Listed]) -> io::Result<()> {
    for Listed { name, about, settings } in listed {
        writeln!(out, "{name:<14} {about}\n{:<14} --setting {settings}", "")?;
    }
    Ok(())
}

pub(super) fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let is_alone = report.trials.len() == 1;
    for trial in &report.trials {
        write_trial(out, trial, is_alone)?;
    }
    for RefusedReport { setting, reason } in &report.refused {
        writeln!(out, "{setting}: {}", text::visible(reason))?;
    }
    if let Some(settling) = &report.settling {
        write_settling(out, settling)?;
    }
    if let Some(sweep) = &report.sweep {
        write_sweep(out, sweep)?;
    }
    for cutoffs in &report.cutoffs {
        write_cutoffs(out, cutoffs)?;
    }
    if let Some(last) = report.cutoffs.last() {
        writeln!(out, "{}", last.sentence)?;
    }
    write_cases(out, &report.cases)
}

/// A trial that is alone with its ranking, one of several without.
fn write_trial(out: &mut impl Write, trial: &TrialReport, is_alone: bool) -> io::Result<()> {
    if is_alone {
        writeln!(out, "{} ({})", trial.setting, trial.scale)?;
        for Place { rank, id, shown, other_rank, text, .. } in &trial.switched {
            let from = other_rank.map_or_else(|| "–".into(), |rank| format!("#{rank}"));
            let beginning = text::beginning(text, COLUMNS);
            let line = format!("{rank:>4}  {from:<6} {shown:>8}  {:<8} {beginning}", text::visible(id));
            writeln!(out, "{}", text::fit(&line, COLUMNS))?;
        }
        writeln!(out, "The second column is {}.\n", trial.other_rank)?;
        writeln!(out, "{}", trial.damage.words.join(" · "))?;
        return writeln!(out, "{}", trial.sentence);
    }
    writeln!(out, "{}: {}", trial.setting, trial.damage.words.join(" · "))?;
    writeln!(out, "    {}", trial.sentence)
}

fn write_settling(out: &mut impl Write, settling: &SettlingReport) -> io::Result<()> {
    writeln!(out, "words  first     cosine  overlap  τ-b    query")?;
    for step in &settling.steps {
        let first = step.first.as_deref().map_or("–".into(), text::visible);
        let tau = step.tau_b.map_or_else(|| "–".to_owned(), |tau| format!("{tau:.3}"));
        let shown = text::beginning(&step.text, 60);
        writeln!(
            out,
            "{:>5}  {:<8} {:>7.3} {:>8.2}  {tau:<6} {}",
            step.words,
            text::fit(&first, 8),
            step.score,
            step.overlap,
            text::fit(&shown, 60)
        )?;
    }
    writeln!(out, "{}", text::visible(&settling.sentence))
}

fn write_sweep(out: &mut impl Write, sweep: &SweepReport) -> io::Result<()> {
    writeln!(out, "place  sentences  tokens  score   {} is", text::visible(&sweep.needle))?;
    for point in &sweep.points {
        let PointReport { place, sentences, tokens, score, shown, .. } = point;
        writeln!(out, "{place:>5}  {sentences:>9}  {tokens:>6}  {score:>6.3}  {shown}")?;
    }
    writeln!(out, "{}", sweep.sentence)
}

fn write_cutoffs(out: &mut impl Write, cutoffs: &CutoffsReport) -> io::Result<()> {
    let CutoffsReport { backend, queries, pairs, relevant, .. } = cutoffs;
    writeln!(
        out,
        "{}: {queries} labelled queries, {} pairs, {relevant} relevant",
        text::visible(backend),
        thousands(*pairs as u64)
    )?;
    for at in cutoffs.curve.iter().step_by(2) {
        writeln!(out, "  {}", at.words)?;
    }
    writeln!(out, "  at    {}\n  best  {}", cutoffs.at.words, cutoffs.best.words)
}

fn write_cases(out: &mut impl Write, cases: &[CaseReport]) -> io::Result<()> {
    for case in cases {
        let ranks = |rank: fn(&PairReport) -> Option<usize>| {
            let shown = |pair| rank(pair).map_or_else(|| "–".to_owned(), |rank| format!("#{rank}"));
            format!("{} {}, {} {}", case.right.id, shown(&case.right), case.wrong.id, shown(&case.wrong))
        };
        writeln!(out, "{}: {}", case.kind, case.query)?;
        writeln!(
            out,
            "    {} is right · cosine {} ({}) · BM25 {} ({})",
            case.right.id,
            case.cosine,
            ranks(|pair| pair.cosine_rank),
            case.bm25,
            ranks(|pair| pair.bm25_rank)
        )?;
        writeln!(out, "    {}", case.why)?;
    }
    Ok(())
}
