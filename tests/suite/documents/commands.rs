//! Every command of the program in every document exists, with its flags. The tests of single
//! pages also run theirs; the others start servers or need an account.

use backlog_mcp_hub::cli;
use clap::Command;
use regex::Regex;

use super::page::{documents, read};

const PROGRAM: &str = "backlog-mcp-hub";

/// The words behind the program's name, once for each time that a block of a shell names it.
fn commands(page: &str) -> Vec<Vec<String>> {
    let block = Regex::new(r"(?ms)^ *```sh(?: \w+)?\n(.*?)^ *```$").unwrap();
    let mut commands = Vec::new();
    for found in block.captures_iter(page) {
        for line in found[1].replace("\\\n", " ").lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let at = (0..words.len()).find(|&at| is_program(&words, at));
            let Some(at) = at else { continue };
            let own = words[at + 1..]
                .iter()
                .take_while(|word| !word.starts_with(['>', '<', '|', '&', ';', '#']));
            let own = own.map(|word| word.trim_end_matches([')', ';', '"']).to_owned());
            commands.push(own.collect());
        }
    }
    commands
}

/// Whether a word is the program, and not a file or an argument of another one.
fn is_program(words: &[&str], at: usize) -> bool {
    let begins = at == 0
        || words[at - 1].contains('=')
        || [";", "&&", "|", "--"]
            .iter()
            .any(|end| words[at - 1].ends_with(end));
    begins && words[at].ends_with(PROGRAM)
}

/// What is wrong with a command, if anything.
fn fault(root: &Command, words: &[String]) -> Option<String> {
    let mut command = root;
    let mut words = words.iter().peekable();
    while let Some(word) = words.next_if(|word| !word.starts_with('-')) {
        if !command.has_subcommands() {
            break;
        }
        let Some(found) = command.find_subcommand(word) else {
            return Some(format!("no command {word}"));
        };
        command = found;
    }
    for word in words {
        let Some(flag) = word.strip_prefix("--").filter(|flag| !flag.is_empty()) else {
            continue;
        };
        let flag = flag.split('=').next().unwrap_or_default();
        let is_known = command
            .get_arguments()
            .any(|argument| argument.get_long() == Some(flag));
        if !is_known {
            return Some(format!("{} has no --{flag}", command.get_name()));
        }
    }
    None
}

#[test]
fn the_commands_of_the_documents_exist() {
    let root = cli::command();
    let mut faults = Vec::new();
    let mut seen = 0;
    for document in documents() {
        for words in commands(&read(&document)) {
            seen += 1;
            if let Some(fault) = fault(&root, &words) {
                faults.push(format!("{document}: {}: {fault}", words.join(" ")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(seen > 50, "{seen} commands");
}

#[test]
fn a_command_that_does_not_exist_is_found() {
    let root = cli::command();
    let page = "```sh\nbacklog-mcp-hub spaces list\nbacklog-mcp-hub serve --prot 1 > log\n```\n";
    let faults = commands(page)
        .iter()
        .map(|words| fault(&root, words))
        .collect::<Vec<_>>();
    let expected = ["no command spaces", "serve has no --prot"];
    assert_eq!(faults, expected.map(|fault| Some(fault.to_owned())));
}
