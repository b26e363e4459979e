//! The help of every command in one snapshot, so that changes of wording are reviewed as text.
//!
//! `INSTA_UPDATE=always` rewrites it.

use std::fmt::Write;

use clap::{Command, CommandFactory};
use rolecall_cli::args::Cli;

#[test]
fn help_of_every_command() {
    let mut text = String::new();
    let mut cli = Cli::command();
    cli.build();
    append("rolecall", &mut cli, &mut text);
    insta::assert_snapshot!(text);
}

/// The help of a command and its subcommands, at 100 columns.
fn append(path: &str, command: &mut Command, text: &mut String) {
    let mut shown = command.clone().bin_name(path).term_width(100);
    let help = shown.render_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(text, "$ {path} --help\n{}\n\n", lines.join("\n")).expect("text");
    for subcommand in command.get_subcommands_mut() {
        if subcommand.get_name() == "help" {
            continue;
        }
        let path = format!("{path} {}", subcommand.get_name());
        append(&path, subcommand, text);
    }
}

/// A help line is a verb phrase without a period.
#[test]
fn every_command_and_option_has_help() {
    check("rolecall", &Cli::command());
}

fn check(path: &str, command: &Command) {
    let about = command.get_about().map(ToString::to_string);
    let about = about.unwrap_or_default();
    assert!(
        !about.is_empty() && !about.ends_with('.'),
        "{path}: {about}"
    );
    for argument in command.get_arguments() {
        let (id, help) = (argument.get_id(), argument.get_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        assert!(
            !help.is_empty() && !help.ends_with('.'),
            "{path} {id}: {help}"
        );
    }
    for subcommand in command.get_subcommands() {
        check(&format!("{path} {}", subcommand.get_name()), subcommand);
    }
}
