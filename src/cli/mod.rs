//! The command line: what the person asked for, and how we talk back.
//!
//! Standard output holds the report and nothing else; notices, progress and
//! errors go to standard error. Errors are for wrong calls and for reports
//! that cannot be written; trouble with a model is part of the report.

mod args;
mod exit;
mod help;
mod inputs;
mod machine;
mod output;
mod progress;
mod settings;
mod stdin;
mod values;

use std::panic;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, bail};

use self::args::{CatalogueFormat, Command, RulesArgs, ScanArgs};
use self::exit::{Exit, tell};
use self::inputs::Named;
use self::output::Output;
use self::progress::Progress;
use self::settings::{Settings, Variables};
use crate::budget::CancelToken;
use crate::engine::{self, Input, Request};
use crate::render::{self, Format, Style, Verbosity};
use crate::report::escape_text;

/// Run the program.
pub fn main() -> ExitCode {
    exit::report_panics();
    // A panic was reported by the hook; it must not read as clean.
    panic::catch_unwind(run).unwrap_or(Exit::Trouble).into()
}

fn run() -> Exit {
    let done = match args::parse(std::env::args_os().collect()) {
        Ok(Command::Scan(args)) => scan(&args),
        Ok(Command::Rules(args)) => rules(&args),
        Err(stop) => return not_a_call(&stop),
    };
    done.unwrap_or_else(|error| {
        tell(&escape_text(&format!("{error:#}")));
        Exit::Trouble
    })
}

/// Show help or the version, or say what is wrong with the call.
fn not_a_call(stop: &clap::Error) -> Exit {
    if !stop.use_stderr() {
        // Whoever asked for help and left has seen enough.
        let _ = stop.print();
        return Exit::Clean;
    }
    let message = stop.to_string();
    let lines: Vec<String> = message.trim_end().lines().map(escape_text).collect();
    let message = lines.join("\n");
    tell(message.strip_prefix("error: ").unwrap_or(&message));
    Exit::Trouble
}

fn scan(args: &ScanArgs) -> Result<Exit> {
    let started = Instant::now();
    let variables = Variables::of_process();
    let settings = Settings::resolve(args, &variables)?;
    let named = inputs::list(&args.input)?;
    let cancel = CancelToken::default();
    exit::watch_interrupts(cancel.clone(), settings.is_quiet());

    let output = Output::open(args.output.output.as_ref())?;
    output.refuse_overwriting(&named)?;
    let style = settings.style(variables.color(args.output.color, output.is_terminal()));
    let inputs = take(named, &settings, &cancel);
    let request = Request {
        memory: Arc::new(machine::OwnMemory),
        own_output: output.identity(),
        ..settings.request(inputs, machine::look(), cancel, started)
    };
    if args.input.dry_run {
        return Ok(survey(&request, output, &settings, style));
    }

    let progress = Progress::start(args.output.progress, settings.is_quiet());
    let report = engine::scan(&request, &progress);
    progress.finish();
    let written = output.write(|out| render::write(&report, settings.format, style, out));
    Ok(deliver(Exit::of(&report), written))
}

/// Get hold of what was named. Standard input is read here, to its end.
fn take(named: Vec<Named>, settings: &Settings, cancel: &CancelToken) -> Vec<Input> {
    let one = |named| match named {
        Named::Path(path) => Input::Path(path),
        Named::Stdin(name) => {
            let terms = stdin::Terms {
                timeout: settings.timeout,
                cancel: cancel.clone(),
                max_bytes: settings.max_file_size,
                skip_holes: settings.reading.skip_holes,
            };
            stdin::read(name, terms)
        }
    };
    named.into_iter().map(one).collect()
}

fn survey(request: &Request, output: Output, settings: &Settings, style: Style) -> Exit {
    let survey = engine::survey(request);
    let written = output.write(|out| match settings.format {
        Format::Json => render::write_survey_json(&survey, out),
        Format::Text | Format::Sarif => render::write_survey(&survey, style, out),
    });
    deliver(
        Exit::of_survey(&survey, request.policy.allow_partial),
        written,
    )
}

fn deliver(exit: Exit, written: Result<()>) -> Exit {
    match written {
        Ok(()) => exit,
        Err(error) => {
            tell(&escape_text(&format!("{error:#}")));
            exit.undelivered()
        }
    }
}

fn rules(args: &RulesArgs) -> Result<Exit> {
    let output = Output::Stdout;
    let style = Style {
        color: Variables::of_process().color(args.color, output.is_terminal()),
        verbosity: Verbosity::Normal,
    };
    if let (CatalogueFormat::Markdown, Some(rule)) = (args.format, args.rule) {
        bail!(
            "--format markdown writes the whole catalogue; leave out {} or use --format text",
            rule.id
        );
    }
    let written = output.write(|out| match (args.format, args.rule) {
        (CatalogueFormat::Text, Some(rule)) => render::write_rule(rule, style, out),
        (CatalogueFormat::Text, None) => render::list_rules(style, out),
        (CatalogueFormat::Json, Some(rule)) => out.write_all(render::rule_json(rule).as_bytes()),
        (CatalogueFormat::Json, None) => out.write_all(render::catalogue_json().as_bytes()),
        (CatalogueFormat::Markdown, _) => out.write_all(render::catalogue().as_bytes()),
    });
    Ok(deliver(Exit::Clean, written))
}
