//! The `vecscope` program: reads its command line and hands over to the explorer or to a command.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;

use anyhow::{Context, bail};
use clap::Parser;
use tracing_subscriber::EnvFilter;
use vecscope::backend::spec;
use vecscope::cli::{Cli, Command};
use vecscope::command::{browse, learn};
use vecscope::config::{self, Config};
use vecscope::state::Action;
use vecscope::{app, command, text};

/// For whatever went wrong.
const ERROR: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            for line in error.render().to_string().lines() {
                drop(writeln!(io::stderr(), "{}", text::visible(line)));
            }
            return ExitCode::from(ERROR);
        }
        Err(help) => help.exit(),
    };
    match run(cli) {
        Ok(code) => code,
        // Whoever reads our output has enough of it.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let mut stderr = io::stderr().lock();
            // Where even this cannot be written there is nobody to tell.
            drop(writeln!(stderr, "vecscope: {}", text::visible(&format!("{error:#}"))));
            ExitCode::from(ERROR)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    if let Some(path) = &cli.options.log_file {
        start_log(path).with_context(|| format!("cannot write the log to {}", path.display()))?;
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "start");
    let is_terminal = io::stdout().is_terminal();
    let color = config::wants_color(cli.options.color, is_terminal);
    if matches!(cli.command, Some(Command::Config { default: true })) {
        command::config::print_default()?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = config::file::read(cli.options.config.as_deref())?;
    let mut config = Config::new(cli.options, file, is_terminal)?;
    let command = match cli.command {
        None => return explore(&config, is_terminal, Vec::new()),
        Some(Command::Browse(arguments)) if browse::opens_the_explorer(&arguments, &config) => {
            require_terminal(is_terminal)?;
            let corpus = browse::read(&arguments, &mut config, spec::runtime()?.handle())?;
            return app::run(&config, corpus, Vec::new());
        }
        Some(Command::Learn(arguments)) if arguments.opens_the_explorer() => {
            let first = learn::first_actions(&arguments, &config)?;
            return explore(&config, is_terminal, first);
        }
        Some(command) => command,
    };
    command::run(command, config, command::Output { color, is_terminal })
}

/// Opens the explorer, and begins with some actions.
fn explore(config: &Config, is_terminal: bool, first: Vec<Action>) -> anyhow::Result<ExitCode> {
    require_terminal(is_terminal)?;
    let corpus = config.read_corpus(spec::runtime()?.handle())?;
    app::run(config, corpus, first)
}

fn require_terminal(is_terminal: bool) -> anyhow::Result<()> {
    if !is_terminal || !has_keyboard() {
        bail!("the explorer needs a terminal; `vecscope search QUERY` does without one (see `vecscope --help`)");
    }
    Ok(())
}

/// Keys come from standard input or, where that is a file or a pipe, from the terminal itself.
fn has_keyboard() -> bool {
    io::stdin().is_terminal() || (cfg!(unix) && File::open("/dev/tty").is_ok())
}

/// Never to the screen: it is in use.
fn start_log(path: &Path) -> io::Result<()> {
    let file = File::options().create(true).append(true).open(path)?;
    let filter = EnvFilter::try_from_env("VECSCOPE_LOG").unwrap_or_else(|_| EnvFilter::new("vecscope=info,warn"));
    tracing_subscriber::fmt().with_ansi(false).with_env_filter(filter).with_writer(Mutex::new(file)).init();
    Ok(())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|e| e.kind() == io::ErrorKind::BrokenPipe)
        || error
            .downcast_ref::<csv::Error>()
            .is_some_and(|e| matches!(e.kind(), csv::ErrorKind::Io(e) if e.kind() == io::ErrorKind::BrokenPipe))
}
