use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::api::value::{Value, ValueKind};

fn read(text: &str) -> (Vec<Document>, Problems) {
    let source = Arc::new(Source {
        name: "job.yaml".into(),
        text: text.into(),
    });
    let mut problems = Problems::new();
    let documents = load(source, &mut problems);
    (documents, problems)
}

/// One line of flow notation with places, as `12:3`, before every value of interest.
fn show(value: &Value, out: &mut String) {
    match &value.kind {
        ValueKind::Null => out.push_str("null"),
        ValueKind::Bool(b) => write!(out, "{b}").unwrap(),
        ValueKind::Number(n) => out.push_str(n),
        ValueKind::String(s) => write!(out, "{s:?}").unwrap(),
        ValueKind::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                show(item, out);
            }
            out.push(']');
        }
        ValueKind::Map(entries) => {
            out.push('{');
            for (i, (key, item)) in entries.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                write!(out, "{}: ", key.name).unwrap();
                show(item, out);
            }
            out.push('}');
        }
    }
}

fn outcome(text: &str) -> String {
    let (documents, problems) = read(text);
    let mut out = String::new();
    for document in &documents {
        show(&document.root, &mut out);
        out.push('\n');
    }
    for p in problems.list() {
        let hint = p.hint.as_deref().unwrap_or("-");
        let Place { line, column } = p.place;
        writeln!(
            out,
            "{:?} {line}:{column} {}: {} ({hint})",
            p.severity, p.path, p.message
        )
        .unwrap();
    }
    out
}

#[test]
fn reads_a_manifest_with_places() {
    let (documents, problems) =
        read("# a job\napiVersion: batch/v1\nspec:\n  parallelism: 4\n  args: [a, 'b']\n  none:\n");
    assert!(problems.list().is_empty());
    let root = &documents[0].root;
    let spec = root.get("spec").unwrap();
    let at = |line, column| Place { line, column };
    assert_eq!(root.place, at(2, 1));
    assert_eq!(root.entries()[1].0.place, at(3, 1));
    assert_eq!(spec.place, at(4, 3));
    assert_eq!(spec.get("parallelism").unwrap().place, at(4, 16));
    assert_eq!(spec.get("args").unwrap().items()[1].place, at(5, 13));
    assert!(spec.get("none").unwrap().is_null());
    assert_eq!(spec.get("none").unwrap().place.line, 6);
}

#[test]
fn documents_are_cut_at_separators() {
    insta::assert_snapshot!(outcome("---\n# nothing\n---\na: 1\n--- # comment\nnull\n---\nb: [\n---\nc: |\n  x\n  ---y\n---   \n...\n---\nd: 4"), @r#"
    {a: 1}
    {c: "x\n---y\n"}
    {d: 4}
    Error 8:4 : error converting YAML to JSON: yaml: unclosed bracket '[' (check the brackets and the commas between their entries)
    "#);
    insta::assert_snapshot!(outcome("%YAML 1.1\n---\na: 1\n--- b: 2\nc: 3\r\n---\r\nd: 4\r\n"), @r"
    {a: 1}
    {c: 3}
    {d: 4}
    Error 4:4 : invalid Yaml document separator: b: 2 (nothing but a comment may follow --- on its line)
    ");
}

#[test]
fn syntax_errors_have_hints() {
    insta::assert_snapshot!(outcome("spec:\n\tparallelism: 4\n"), @"Error 2:2 : error converting YAML to JSON: yaml: tabs disallowed within this context (block indentation) (YAML does not allow tabs in indentation: use spaces)");
    insta::assert_snapshot!(outcome("spec:\n  a: b: c\n"), @r#"Error 2:7 : error converting YAML to JSON: yaml: mapping values are not allowed in this context (a text that contains ": " must be in quotes; else check that the line is indented like its neighbours)"#);
    insta::assert_snapshot!(outcome("metadata:\n  name: {{ .Values.name }}\n"), @"
    {metadata: {name: {}}}
    Error 2:10 metadata.name: error converting YAML to JSON: unsupported map key of type object (this looks like a template: render it first, for instance with `helm template`)
    ");
    insta::assert_snapshot!(outcome("a:\n  b: 1\n c: 2\n"), @r#"Error 3:2 : error converting YAML to JSON: yaml: while parsing a block mapping, did not find expected key (check the indentation, and that every key of the map is followed by ": ")"#);
    insta::assert_snapshot!(outcome("a: \"open\n"), @"Error 1:4 : error converting YAML to JSON: yaml: unclosed quote (a closing quote is missing)");
    insta::assert_snapshot!(outcome("a: @home\n"), @"Error 1:4 : error converting YAML to JSON: yaml: unexpected character: `@' (a text that begins with this character must be in quotes)");
    insta::assert_snapshot!(outcome("a: *b\nc: 1\n"), @"
    {a: null, c: 1}
    Error 1:4 a: yaml: unknown anchor 'b' referenced (-)
    ");
    insta::assert_snapshot!(outcome("[a]: 1\n~: 2\n"), @"
    {}
    Error 1:1 : error converting YAML to JSON: unsupported map key of type array (a key is a text, a number or a boolean)
    Error 2:1 : error converting YAML to JSON: unsupported map key of type null (a key is a text, a number or a boolean)
    ");
    insta::assert_snapshot!(outcome("a: .inf\nb: !!int x\n"), @r#"
    {a: ".inf", b: "x"}
    Error 1:4 a: error converting YAML to JSON: json: unsupported value: +Inf (-)
    Error 2:10 b: cannot decode !!str `x` as a !!int (-)
    "#);
}

#[test]
fn duplicate_keys_are_told_at_the_second() {
    insta::assert_snapshot!(outcome("spec:\n  c:\n  - k: 1\n    m: 2\n    k: 3\n  c: 5\n"), @r#"
    {spec: {c: [{k: 1, m: 2}]}}
    Error 5:5 spec.c[0].k: strict decoding error: yaml: unmarshal errors:
      line 5: key "k" already set in map (remove one of the two)
    Error 6:3 spec.c: strict decoding error: yaml: unmarshal errors:
      line 6: key "c" already set in map (remove one of the two)
    "#);
    let many: String = (0..40).map(|i| format!("k{i}: {i}\n")).collect();
    assert!(
        outcome(&format!("{many}k30: x\n"))
            .ends_with("line 41: key \"k30\" already set in map (remove one of the two)\n")
    );
}

#[test]
fn keys_and_words_follow_yaml_1_1() {
    insta::assert_snapshot!(outcome("on: [yes, 'yes', !!str no]\n1: y\n0x10: ~\n\"null\": 2024-01-31\n"), @r#"{true: [true, "yes", "no"], 1: true, 16: null, null: "2024-01-31"}"#);
}

#[test]
fn anchors_and_merges_follow_go_yaml() {
    insta::assert_snapshot!(outcome("base: &b {x: 1, z: 2}\nc: &d\n  <<: *b\n  z: 3\ne: [*d, *b]\n"), @"{base: {x: 1, z: 2}, c: {x: 1, z: 3}, e: [{x: 1, z: 3}, {x: 1, z: 2}]}");
    insta::assert_snapshot!(outcome("a: &a {x: 1}\nb: &b {x: 2, z: 2}\nc: {x: 0, <<: [*a, *b]}\nd: {<<: 5}\n"), @r#"
    {a: {x: 1}, b: {x: 2, z: 2}, c: {x: 1, z: 2}, d: {}}
    Warning 3:11 c.x: the merge key "<<" replaces "x", which stands above it (kubectl lets the later one win: put "<<" first to keep the map's own value)
    Error 4:5 d: yaml: map merge requires map or sequence of maps as the value (-)
    "#);
    insta::assert_snapshot!(outcome("a: &a [1, *a]\n"), @"Error 1:11 a[1]: yaml: anchor 'a' value contains itself (-)");
}

#[test]
fn json_is_read_with_places_and_go_errors() {
    insta::assert_snapshot!(outcome("{\"a\": [1, -2.50, 1e3, true, null, \"\\u00e9\\ud83d\\ude00\\/\\n\"]} {\"b\": {}}"), @r#"
    {a: [1, -2.5, 1000, true, null, "é😀/\n"]}
    {b: {}}
    "#);
    let (documents, _) = read("\n{\n  \"é\": {\"a\": 1},\n\t\"b\": 2}");
    assert_eq!(documents[0].root.entries()[0].1.place, Place { line: 3, column: 8 });
    assert_eq!(documents[0].root.entries()[1].0.place, Place { line: 4, column: 2 });
    insta::assert_snapshot!(outcome("{\"a\": 1, \"b\": {\"c\": [{\"d\": 1, \"d\": 2}]}, \"a\": 3}"), @r#"
    {a: 1, b: {c: [{d: 1}]}}
    Error 1:31 b.c[0].d: strict decoding error: duplicate field "b.c[0].d" (remove one of the two)
    Error 1:42 a: strict decoding error: duplicate field "a" (remove one of the two)
    "#);
    insta::assert_snapshot!(outcome("{\"a\": tru}"), @r#"{a: "tru"}"#);
    insta::assert_snapshot!(outcome("{\"a\": 1 \"b\": 2}"), @r#"Error 1:9 : invalid character '"' after object key:value pair (-)"#);
    insta::assert_snapshot!(outcome("{\"a\": [1, 2"), @"Error 1:12 : unexpected end of JSON input (-)");
    // YAML in flow notation that is no JSON, with a trailing comma and plain words.
    insta::assert_snapshot!(outcome("{a: b, \"c\": [d,],}"), @r#"{a: "b", c: ["d"]}"#);
}

#[test]
fn bombs_end_at_once() {
    let mut billion_laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for i in 1..10 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        writeln!(billion_laughs, "a{i}: &a{i} [{aliases}]").unwrap();
    }
    let mut merges = "a0: &a0 {k0: 1, k1: 1, k2: 1}\n".to_owned();
    for i in 1..40 {
        writeln!(merges, "a{i}: &a{i} {{x: *a{}, y: *a{}}}", i - 1, i - 1).unwrap();
    }
    let big_text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), vec!["*a"; 1000].join(","));
    let deep = "[".repeat(100_000);
    let deep_json = format!("{{\"a\": {}", "[".repeat(100_000));
    let mut climbing = "a0: &a0 [x]\n".to_owned();
    for i in 1..200 {
        writeln!(climbing, "a{i}: &a{i} [*a{}]", i - 1).unwrap();
    }
    for (text, expected) in [
        (&billion_laughs, "excessive aliasing"),
        (&merges, "excessive aliasing"),
        (&big_text, "excessive aliasing"),
        (&deep, "recursion limit exceeded"),
        (&deep_json, "exceeded max depth of 100"),
        (&climbing, "exceeded max depth of 100"),
    ] {
        let (documents, problems) = read(text);
        assert!(documents.is_empty(), "{expected}");
        let first = &problems.list()[0].message;
        assert!(first.contains(expected), "{first}");
        assert_eq!(problems.list().len(), 1);
    }
}

/// A value that JSON and YAML can both hold.
fn json_values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "\\PC{0,20}".prop_map(serde_json::Value::from),
        "[a-z:#&*!|>'\"%@`,{}\\[\\] \\n\\t-]{0,12}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            prop::collection::vec(("[a-zA-Z0-9/._-]{1,10}", inner), 0..5)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn same(value: &Value, json: &serde_json::Value) -> bool {
    match (&value.kind, json) {
        (ValueKind::Null, serde_json::Value::Null) => true,
        (ValueKind::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (ValueKind::Number(a), serde_json::Value::Number(b)) => *a == b.to_string(),
        (ValueKind::String(a), serde_json::Value::String(b)) => a == b,
        (ValueKind::List(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (ValueKind::Map(a), serde_json::Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((ka, a), (kb, b))| ka.name == *kb && same(a, b))
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn json_reads_as_serde_json_does(value in json_values(), pretty: bool) {
        let root = serde_json::json!({ "root": value });
        let text = if pretty { serde_json::to_string_pretty(&root).unwrap() } else { root.to_string() };
        let (documents, problems) = read(&text);
        prop_assert!(problems.list().is_empty(), "{:?}", problems);
        prop_assert!(same(&documents[0].root, &root), "{}", text);
    }

    #[test]
    fn json_as_yaml_reads_the_same(value in json_values()) {
        let root = serde_json::json!({ "root": value });
        // The key in front keeps the text from being tried as JSON.
        let (documents, problems) = read(&format!("x: {root}\n"));
        prop_assert!(problems.list().is_empty(), "{:?}", problems);
        prop_assert!(same(documents[0].root.get("x").unwrap(), &root));
    }

    #[test]
    fn takes_any_text(text in "\\PC*") {
        let _ = read(&text);
    }

    #[test]
    fn takes_any_text_of_yaml_signs(text in "[a-b0\\-:#&*!|>'\"%@`,{}\\[\\]<?. \\n\\t\\r\\\\u]{0,60}") {
        let _ = read(&text);
        let _ = read(&format!("{{\"a\": {text}"));
    }

    #[test]
    fn places_lie_in_the_text(value in json_values()) {
        let root = serde_json::json!({ "root": value });
        let text = serde_json::to_string_pretty(&root).unwrap();
        let (documents, _) = read(&text);
        fn check(value: &Value, lines: &[Vec<char>]) {
            let first = lines[value.place.line as usize - 1][value.place.column as usize - 1];
            let fits = match &value.kind {
                ValueKind::Map(_) => first == '{',
                ValueKind::List(_) => first == '[',
                ValueKind::String(_) => first == '"',
                ValueKind::Number(_) => first == '-' || first.is_ascii_digit(),
                ValueKind::Bool(_) => first == 't' || first == 'f',
                ValueKind::Null => first == 'n',
            };
            assert!(fits, "{first} {value:?}");
            value.items().iter().for_each(|v| check(v, lines));
            value.entries().iter().for_each(|(_, v)| check(v, lines));
        }
        let lines: Vec<Vec<char>> = text.split('\n').map(|l| l.chars().collect()).collect();
        check(&documents[0].root, &lines);
    }
}
