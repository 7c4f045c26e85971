//! A newcomer finds code by names. The table "Where to look" in `CONTRIBUTING.md` has questions, and
//! for each the words to search for and the path that answers it.
//!
//! 1. The words are words of the question, so a search needs no knowledge of the code.
//! 2. The path exists, and its name has all the words.
//! 3. No other path below `src` and `crates` has them, except what is inside that path. So a rename
//!    that makes a question harder to answer breaks this test.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The fewest questions that the table may have.
const AT_LEAST: usize = 15;

struct Question {
    text: String,
    search: Vec<String>,
    answer: PathBuf,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lowercase words of a text or path.
fn words(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The words in the name of a path. A folder and its `mod.rs` have the same name.
fn name(path: &Path) -> BTreeSet<String> {
    let text = path.with_extension("").to_string_lossy().into_owned();
    words(&text)
        .into_iter()
        .filter(|word| !["src", "crates", "mod"].contains(&word.as_str()))
        .collect()
}

/// The table of the page.
fn questions() -> Vec<Question> {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("the page");
    let (_, section) = page.split_once("\n## Where to look\n").expect("the table");
    let rows = section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2);
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let &[text, search, answer] = &cells[..] else {
            panic!("a row of three cells: {row}");
        };
        Question {
            text: text.to_owned(),
            search: words(search),
            answer: PathBuf::from(answer.trim_matches('`')),
        }
    })
    .collect()
}

/// The folders and source files below a folder, relative to the root; tests are left out.
fn paths_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("a readable folder");
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.expect("a readable entry");
        let path = folder.join(entry.file_name());
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if entry.path().is_dir() {
            paths.extend(paths_below(&path));
            paths.push(path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    paths
}

/// The paths that a search for these words finds, without what is inside another one.
fn found<'a>(paths: &'a [PathBuf], search: &[String]) -> Vec<&'a Path> {
    let matching: Vec<_> = paths
        .iter()
        .filter(|path| {
            let name = name(path);
            search.iter().all(|word| name.contains(word))
        })
        .map(PathBuf::as_path)
        .collect();
    let is_inside = |path: &Path| {
        path.ancestors()
            .skip(1)
            .any(|outer| matching.contains(&outer))
    };
    let mut outer: Vec<_> = matching
        .iter()
        .copied()
        .filter(|path| !is_inside(path))
        .collect();
    outer.sort_unstable();
    outer
}

#[test]
fn the_questions_of_a_newcomer_lead_to_one_path_each() {
    let paths = [
        paths_below(Path::new("src")),
        paths_below(Path::new("crates")),
    ]
    .concat();
    let questions = questions();
    assert!(questions.len() >= AT_LEAST, "{} questions", questions.len());
    let mut problems = Vec::new();
    for Question {
        text,
        search,
        answer,
    } in &questions
    {
        let asked = words(text);
        for word in search.iter().filter(|word| !asked.contains(word)) {
            problems.push(format!("{text}: the question has no word \"{word}\""));
        }
        let found = found(&paths, search);
        if found != [answer.as_path()] {
            problems.push(format!(
                "{text}: {answer:?} is the answer, but {found:?} found"
            ));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn no_two_questions_have_one_answer() {
    let questions = questions();
    let answers: BTreeSet<_> = questions.iter().map(|question| &question.answer).collect();
    assert_eq!(answers.len(), questions.len());
}

#[test]
fn a_second_path_with_the_same_words_is_found_and_what_is_inside_the_first_is_not() {
    let paths = [
        "src/db/refresh_tokens.rs",
        "src/web/token/refresh_token.rs",
        "src/web/token",
        "src/web/token/mod.rs",
        "crates/values/src/token.rs",
    ]
    .map(PathBuf::from);
    let search = |text: &str| found(&paths, &words(text));
    assert_eq!(
        search("refresh token"),
        [Path::new("src/web/token/refresh_token.rs")]
    );
    assert_eq!(
        search("token"),
        [
            Path::new("crates/values/src/token.rs"),
            Path::new("src/web/token")
        ]
    );
    assert!(search("rotation").is_empty());
}
