//! The command lines of the documents: all are understood, those of README.md run.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use clap::{CommandFactory, Parser};
use makespan::cli::args::Cli;
use tempfile::TempDir;

use super::markdown::{Block, blocks, prose, rows, section, spans};
use super::{DOCUMENTS, document, expect_none, repository};

/// A command of a shell: its words, and whether it reads what another command writes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    words: Vec<String>,
    piped: bool,
}

/// The words of a line of a shell, without its comment and without where its output goes. A pipe is a word.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, '#' | '>') if word.is_none() => break,
            (Some(_) | None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The commands of a block, those of a pipe one by one.
fn lines(block: &str) -> Vec<Line> {
    let whole = block.replace("\\\n", " ");
    let mut found = Vec::new();
    for text in whole.lines() {
        for (i, words) in words(text).split(|word| word == "|").enumerate() {
            if !words.is_empty() {
                found.push(Line {
                    words: words.to_vec(),
                    piped: i > 0,
                });
            }
        }
    }
    found
}

/// The line as a call of makespan, if it is one: `makespan …`, or `cargo run --release --locked -- …`.
fn call(line: &Line) -> Option<Line> {
    let begin = line.words.iter().position(|word| !word.contains('='))?;
    let words = match &line.words[begin..] {
        [name, ..] if name == "makespan" => line.words[begin..].to_vec(),
        [cargo, run, rest @ ..] if cargo == "cargo" && run == "run" => {
            let after = rest.iter().skip_while(|word| *word != "--").skip(1);
            std::iter::once("makespan".to_owned()).chain(after.cloned()).collect()
        }
        _ => return None,
    };
    Some(Line { words, ..line.clone() })
}

/// The calls of makespan in the blocks of commands of a document, and in its code spans.
fn calls(text: &str) -> Vec<Line> {
    let commands = blocks(text).into_iter().filter(|block| block.info.is_empty());
    let spans = spans(&prose(text))
        .into_iter()
        .filter(|span| span.starts_with("makespan ") && !span.contains('…'));
    let texts = commands.map(|block| block.text).chain(spans);
    texts
        .flat_map(|text| lines(&text))
        .filter_map(|line| call(&line))
        .collect()
}

/// Whether the words are no command line, but a command's name in a sentence: `makespan run`.
fn names_a_command(words: &[String]) -> bool {
    words.len() == 2 && Cli::command().find_subcommand(&words[1]).is_some()
}

#[test]
fn every_command_is_understood() {
    let mut findings = Vec::new();
    let mut understood = 0;
    for name in DOCUMENTS {
        for line in calls(&document(name)) {
            match Cli::try_parse_from(&line.words) {
                Ok(_) => understood += 1,
                Err(_) if names_a_command(&line.words) => {}
                Err(error) => findings.push(format!("{name}: {}: {error}", line.words.join(" "))),
            }
        }
    }
    expect_none(&findings);
    assert!(understood > 12, "only {understood} commands were found");
}

#[test]
fn commands_are_taken_apart() {
    let line = |words: &[&str], piped| Line {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        piped,
    };
    let block = "kubectl get jobs | makespan run - \\\n    --runtime 'exponential(mean=5m)' # all\n\nX=1 makespan settings > file\n\
        cargo run --release --locked -- run a.yaml\ncargo test\n";
    let found = lines(block);
    assert_eq!(found.len(), 5);
    assert_eq!(
        found.iter().filter_map(call).collect::<Vec<_>>(),
        [
            line(&["makespan", "run", "-", "--runtime", "exponential(mean=5m)"], true),
            line(&["makespan", "settings"], false),
            line(&["makespan", "run", "a.yaml"], false),
        ]
    );
    assert_eq!(words("a 'b c' \"\" d#e"), ["a", "b c", "", "d#e"]);
    assert!(names_a_command(&words("makespan rerun")) && !names_a_command(&words("makespan retry")));
    let spans = calls("See `makespan run … --format json` or `makespan\nsettings`.\n");
    assert_eq!(spans, [line(&["makespan", "settings"], false)]);
}

/// A folder with the files that README.md shows (blocks of YAML that begin with `# name.yaml`) and the shipped scenarios,
/// and the recordings that it names.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder for the test");
    let named = |block: &Block| {
        let first = block.text.lines().next()?.strip_prefix("# ")?;
        let name = first.split(':').next()?;
        name.ends_with(".yaml").then(|| name.to_owned())
    };
    let readme = document("README.md");
    for block in blocks(&readme).iter().filter(|block| block.info == "yaml") {
        if let Some(name) = named(block) {
            fs::write(folder.path().join(name), &block.text).expect("a file of the test");
        }
    }
    copy(Path::new("scenarios"), folder.path());
    for word in readme
        .split_whitespace()
        .filter(|word| word.starts_with("tests/recordings/"))
    {
        copy(Path::new(word), folder.path());
    }
    folder
}

/// Copies a folder of the repository to the same place in another.
fn copy(name: &Path, to: &Path) {
    let to = to.join(name);
    fs::create_dir_all(&to).expect("a folder of the test");
    for entry in fs::read_dir(repository().join(name)).expect("the folder is there") {
        let path = entry.expect("a readable folder").path();
        fs::copy(&path, to.join(path.file_name().expect("a file"))).expect("a copy");
    }
}

/// Runs makespan in `folder` with `input` on standard input.
fn run(folder: &Path, arguments: &[String], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_makespan"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // Who does not read its input may end before it was written.
    let _ = child
        .stdin
        .take()
        .expect("it was asked for")
        .write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

/// The words behind the program's name, made quick: two replications are enough here, and no charts.
fn quick(line: &Line) -> Vec<String> {
    let mut arguments = line.words[1..].to_vec();
    if let Some(at) = arguments.iter().position(|word| word == "--replications") {
        arguments[at + 1] = "2".to_owned();
    }
    arguments.push("--no-charts".to_owned());
    arguments
}

#[test]
fn the_commands_of_the_readme_run() {
    let folder = folder();
    let readme = document("README.md");
    let job = fs::read_to_string(folder.path().join("job.yaml")).expect("README.md shows job.yaml");
    let mut findings = Vec::new();
    let mut ran = 0;
    for block in blocks(&readme).iter().filter(|block| block.info.is_empty()) {
        for line in lines(&block.text).iter().filter(|line| line.words[0] == "makespan") {
            let output = run(folder.path(), &quick(line), if line.piped { &job } else { "" });
            ran += 1;
            if !output.status.success() || output.stdout.is_empty() {
                findings.push(format!(
                    "{}: {}\n{}",
                    line.words.join(" "),
                    output.status,
                    String::from_utf8_lossy(&output.stderr)
                ));
            }
        }
    }
    expect_none(&findings);
    assert!(ran > 8, "only {ran} commands were found");
}

#[test]
fn the_annotations_of_the_readme_are_read() {
    let folder = folder();
    let readme = document("README.md");
    let annotations = rows(section(&readme, "## What Kubernetes does not know"))
        .into_iter()
        .filter(|row| row[0].contains("makespan.dev/"));
    // The value is the last code span of the row.
    let entries: Vec<String> = annotations
        .map(|row| {
            format!(
                "        {}: \"{}\"\n",
                spans(&row[0]).concat(),
                spans(&row[1]).pop().unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(entries.len(), 5, "{entries:?}");
    let manifest = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: train}}\nspec:\n  template:\n    metadata:\n      annotations:\n{}\
         \x20   spec:\n      restartPolicy: Never\n      containers:\n      - {{name: main, image: x}}\n",
        entries.concat()
    );
    fs::write(folder.path().join("annotated.yaml"), manifest).expect("a file of the test");
    let arguments = [
        "run",
        "annotated.yaml",
        "--nodes",
        "1",
        "--no-charts",
        "--format",
        "json",
    ];
    let output = run(folder.path(), &arguments.map(str::to_owned), "");
    let result: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(result["warnings"], serde_json::json!([]));
    // `fail,fail,ok`, each after the start latency of 10 s.
    assert_eq!(result["jobs"][0]["attempts"], 3);
    assert!(result["jobs"][0]["wait_s"].as_f64() > Some(10.0), "{result}");
}

/// The table that README.md shows is what the built-in experiment prints.
#[test]
fn the_output_in_the_readme_is_real() {
    let folder = folder();
    let readme = document("README.md");
    let shown = blocks(section(&readme, "## What the table says")).remove(0);
    let output = run(folder.path(), &["--no-charts".to_owned()], "");
    let output = String::from_utf8(output.stdout).expect("text");
    let printed: Vec<&str> = output.lines().collect();
    let missing = shown
        .text
        .lines()
        .filter(|line| *line != "…" && !printed.contains(line));
    expect_none(
        &missing
            .map(|line| format!("README.md shows, but nothing prints: {line}"))
            .collect::<Vec<_>>(),
    );
}

/// The life of one Job in docs/model.md has the times of that run.
#[test]
fn the_life_of_a_job_in_the_model_is_real() {
    let folder = folder();
    let model = document("docs/model.md");
    let life = section(&model, "## One Job from submission to completion");
    let mut arguments = lines(&blocks(life)[0].text).remove(0).words.split_off(1);
    arguments.extend(["--no-charts", "--format", "json"].map(str::to_owned));
    let output = run(folder.path(), &arguments, "");
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let told: Vec<String> = rows(life).into_iter().map(|row| row[0].clone()).collect();
    for (object, times) in [
        (
            &result["pods"][0],
            ["created_s", "scheduled_s", "started_s", "finished_s"].as_slice(),
        ),
        (&result["jobs"][0], &["submitted_s", "started_s", "finished_s"]),
    ] {
        for time in times {
            let text = format!("{:.4}", object[*time].as_f64().expect("it happened"));
            assert!(told.contains(&text), "{time}: {text} is not among {told:?}");
        }
    }
}

/// What README.md promises under *Determinism* and *Output*.
#[test]
fn threads_do_not_matter_and_a_rerun_gives_the_same_bytes() {
    let folder = folder();
    let play = |arguments: &str| {
        let words: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        let output = run(folder.path(), &words, "");
        assert!(
            output.status.success(),
            "{arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    play("compare grid.yaml job.yaml --output one --threads 1");
    play("compare grid.yaml job.yaml --output many --threads 7");
    for gone in ["grid.yaml", "job.yaml"] {
        fs::remove_file(folder.path().join(gone)).expect("the file was there");
    }
    play("rerun one/manifest.json --output again");
    let files = |name: &str| {
        let mut files = Vec::new();
        for part in ["", "charts"] {
            for entry in fs::read_dir(folder.path().join(name).join(part)).expect("a result folder") {
                let path = entry.expect("a readable folder").path();
                if path.is_file() {
                    let bytes = fs::read(&path).expect("a result");
                    files.push((path.file_name().expect("a file").to_owned(), bytes));
                }
            }
        }
        files.sort();
        files
    };
    let one = files("one");
    assert!(one.len() > 6, "rows, charts and manifest: {}", one.len());
    for other in ["many", "again"] {
        for ((name, bytes), (other_name, other_bytes)) in one.iter().zip(&files(other)) {
            assert_eq!(name, other_name, "{other}");
            assert!(bytes == other_bytes, "{other}/{} differs", name.display());
        }
    }
}
