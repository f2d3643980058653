//! What documents become, and that hostile ones end.

use super::*;

fn told(text: &str) -> Vec<String> {
    let mut told = Vec::new();
    let ended = read(text, &mut |event, tag| {
        let token = match &event.token {
            Token::Key(text) => format!("{}:", text.value),
            Token::String(text) => format!("'{}'", text.value),
            Token::Bool(value) => value.to_string(),
            Token::Null => "null".into(),
            Token::ObjectStart => "{".into(),
            Token::ObjectEnd => "}".into(),
            Token::ArrayStart => "[".into(),
            Token::ArrayEnd => "]".into(),
            Token::Number(_) => unreachable!("numbers are texts"),
        };
        let tag = tag.map_or(String::new(), |tag| format!("<{tag}>"));
        told.push(format!("{}{tag}{token}", event.depth));
        Ok(())
    });
    if let Err(fault) = ended {
        told.push(format!("! {fault}"));
    }
    told
}

#[test]
fn documents_become_the_events_of_json() {
    let text = "a: 1\nb: [x, 'true', yes]\nc:\n  - d: ~\n    e: \"q\"\n---\nf\n";
    let expected = [
        "0{", "1a:", "1'1'", "1b:", "1[", "2'x'", "2'true'", "2true", "1]", "1c:", "1[", "2{",
        "3d:", "3null", "3e:", "3'q'", "2}", "1]", "0}", "0'f'",
    ];
    assert_eq!(told(text), expected);
}

#[test]
fn tags_come_with_their_event_in_every_spelling() {
    let expected = ["0<python/object/apply:os.system>[", "1'id'", "0]"];
    for tag in [
        "!!python/object/apply:os.system",
        "!<tag:yaml.org,2002:python/object/apply:os.system>",
        "!!python/object/apply:os.s%79stem",
    ] {
        assert_eq!(told(&format!("{tag} [id]")), expected, "{tag}");
    }
    let own = "%TAG !p! tag:yaml.org,2002:python/\n---\n!p!object/apply:os.system [id]";
    assert_eq!(told(own), expected);
    assert_eq!(told("!mine x"), ["0<!mine>'x'"]);
}

#[test]
fn aliases_multiply_nothing() {
    let text = "a: &x os.system\nb: *x\nc: &y [1]\nd: *y\n";
    let expected = [
        "0{",
        "1a:",
        "1'os.system'",
        "1b:",
        "1'os.system'",
        "1c:",
        "1[",
        "2'1'",
        "1]",
        "1d:",
        "1null",
        "0}",
    ];
    assert_eq!(told(text), expected);
}

#[test]
fn collections_as_keys_keep_keys_and_values_in_step() {
    let text = "? [1, 2]\n: v\nk: w\n";
    let expected = [
        "0{", "1? 0:", "1[", "2'1'", "2'2'", "1]", "1? 1:", "1'v'", "1k:", "1'w'", "0}",
    ];
    assert_eq!(told(text), expected);
}

#[test]
fn places_are_bytes() {
    let text = "é: 🦙\nb: c\n";
    let mut spans = Vec::new();
    read(text, &mut |event, _| {
        if let Token::Key(_) | Token::String(_) = event.token {
            spans.push(text[event.span.start as usize..event.span.end as usize].to_owned());
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(spans, ["é", "🦙", "b", "c"]);
}

#[test]
fn hostile_documents_end() {
    let deep = "[".repeat(100_000);
    assert!(told(&deep).last().unwrap().starts_with('!'));
    let deep = "- ".repeat(20_000);
    assert!(told(&deep).last().unwrap().starts_with('!'));
    let keys = "? ".repeat(5_000);
    assert!(told(&keys).last().unwrap().starts_with('!'));
    let text = "a: &x !!python/name:os.system ''\nb: {c: [1, *x, \"\\u00e9\"], ? [d] : |\n  e\n}\n";
    for cut in (0..text.len()).filter(|&cut| text.is_char_boundary(cut)) {
        told(&text[..cut]);
    }
    for at in 0..text.len() {
        for other in ["\0", "[", "\n", "\t", "&", "%", "é", "'", ":"] {
            if let (Some(front), Some(back)) = (text.get(..at), text.get(at + 1..)) {
                told(&format!("{front}{other}{back}"));
            }
        }
    }
}
