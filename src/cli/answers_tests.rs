use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::cli::sure::Answering;
use crate::likeness::Judgement;

const LABELS: [&str; 3] = ["fire", "score", "smoke"];

fn scored(scores: [f32; 3], is_none_of_these: Option<bool>) -> Result<Scored, String> {
    let judgement = is_none_of_these.map(|is_none_of_these| Judgement {
        less_like_than: if is_none_of_these { 0.996 } else { 0.25 },
        is_none_of_these,
        far_off: 0.0,
    });
    Ok(Scored { scores: scores.to_vec(), judgement, nearest: Value::Null })
}

fn files() -> [(&'static Path, Result<Scored, String>); 3] {
    [
        (Path::new("a, b.jpg"), scored([0.125, 0.5, 0.375], Some(true))),
        (Path::new("c.jpg"), Err("not a photo".to_owned())),
        (Path::new("d.jpg"), scored([0.75, 0.25, 0.0], Some(false))),
    ]
}

/// What is printed of the files that are given to `print`.
fn with_printer<T>(
    answering: &Answering,
    form: Form,
    top: Option<usize>,
    print: impl Fn(&mut Printer) -> T,
) -> T {
    let labels = LABELS.map(str::to_owned);
    print(&mut Printer::new(&labels, answering, form, top, true))
}

fn csv(answering: &Answering, top: Option<usize>) -> String {
    with_printer(answering, Form::Csv, top, |printer| {
        let rows = files().map(|(file, answer)| csv_line(printer.cells(file, &answer)).unwrap());
        csv_line(printer.header()).unwrap() + &rows.concat()
    })
}

#[test]
fn csv_has_a_row_for_each_file_and_a_column_for_each_category() {
    // A category is called like a column.
    let expected = "file,predicted,score,fire,score (score),smoke,verdict,likeness,error\n\
                    \"a, b.jpg\",score,0.5,0.125,0.5,0.375,none of these,0.0040000000000000036,\n\
                    c.jpg,,,,,,,,not a photo\n\
                    d.jpg,fire,0.75,0.75,0.25,0,one of these,0.75,\n";
    assert_eq!(csv(&Answering::plain(), None), expected);
}

#[test]
fn csv_says_what_is_answered_and_keeps_its_columns_with_fewer_scores() {
    let table = csv(&Answering::promising(0.6), Some(2));
    let expected = "file,predicted,score,fire,score (score),smoke,answer,verdict,likeness,error\n\
                    \"a, b.jpg\",score,0.5,,0.5,0.375,,none of these,0.0040000000000000036,\n\
                    c.jpg,,,,,,,,,not a photo\n\
                    d.jpg,fire,0.75,0.75,0.25,,fire,one of these,0.75,\n";
    assert_eq!(table, expected);
}

#[test]
fn text_is_what_label_image_printed_and_what_is_to_be_said_below() {
    let text = |answering: &Answering, top| {
        with_printer(answering, Form::Text, top, |printer| {
            let text = files().map(|(file, answer)| {
                let text =
                    answer.as_ref().map_or(String::new(), |scored| printer.text(file, scored));
                printer.count += 1;
                text
            });
            text.concat()
        })
    };
    let expected = "a, b.jpg\n\
                    score (score = 0.50000)\nsmoke (score = 0.37500)\nfire (score = 0.12500)\n\
                    none of these? less like your photos than 99.6% of them\n\
                    \nd.jpg\n\
                    fire (score = 0.75000)\nscore (score = 0.25000)\nsmoke (score = 0.00000)\n";
    assert_eq!(text(&Answering::plain(), None), expected);
    // A high score does not answer a photo that is none of these.
    let expected = "a, b.jpg\n\
                    score (score = 0.50000)\nnot sure: look at it yourself\n\
                    none of these? less like your photos than 99.6% of them\n\
                    \nd.jpg\n\
                    fire (score = 0.75000)\nsure: fire\n";
    assert_eq!(text(&Answering::promising(0.45), Some(1)), expected);
}

#[test]
fn an_object_is_the_same_in_an_array_and_on_a_line() {
    let objects = with_printer(&Answering::promising(0.45), Form::Json, Some(2), |printer| {
        files().map(|(file, answer)| printer.object(file, &answer))
    });
    assert_eq!(
        objects[0],
        json!({
            "file": "a, b.jpg", "predicted": "score", "scores": {"score": 0.5, "smoke": 0.375},
            "likeness": 1.0 - 0.996, "verdict": "none of these", "nearest": null,
            "answer": null, "promise": 0.95, "threshold": 0.45,
        })
    );
    assert_eq!(objects[1], json!({"file": "c.jpg", "error": "not a photo"}));
    assert_eq!(objects[2]["answer"], "fire");
}

#[test]
fn the_predicted_category_is_among_the_highest_of_equal_scores() {
    let answer = scored([0.5, 0.5, 0.0], None);
    with_printer(&Answering::plain(), Form::Json, Some(1), |printer| {
        let object = printer.object(Path::new("a.jpg"), &answer);
        assert_eq!(
            (&object["predicted"], &object["scores"]),
            (&json!("fire"), &json!({"fire": 0.5}))
        );
        assert_eq!(object["verdict"], Value::Null);
    });
}
