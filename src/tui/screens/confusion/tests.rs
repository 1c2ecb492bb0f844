use std::sync::Arc;

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::spec::Set;
use crate::store::{RunFolder, State};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::news::News;
use crate::tui::scores::{ScoreTable, ScoresNews, Source};
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

const RUN: &str = "20260102-030000-fire";

/// On the confusion screen of a run with `counts[true][predicted]` images of the test set.
fn app_with(names: &[&str], counts: impl Fn(usize, usize) -> usize) -> App {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let n = names.len();
    let mut table = ScoreTable::new(names, "photos".into());
    for (truth, predicted) in
        (0..n).flat_map(|truth| (0..n).map(move |predicted| (truth, predicted)))
    {
        let mut scores = vec![0.1 / n as f32; n];
        scores[predicted] = 0.9;
        for image in 0..counts(truth, predicted) {
            let file = format!("{truth}-{predicted}-{image}.jpg");
            table.add(&file, Some(Set::Test), Some(truth), &scores);
        }
    }
    let mut scores = vec![0.0; n];
    scores[0] = 1.0;
    table.add("train.jpg", Some(Set::Training), Some(n - 1), &scores);
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(RUN, summary(State::Done, &[]), "", "")]));
    press(&mut app, "4");
    let source = Source::Run(RunFolder::at(std::path::Path::new("runs").join(RUN)));
    app.on_news(vec![News::Scores(ScoresNews { source, table: Ok(Arc::new(table)) })]);
    press(&mut app, "m");
    app
}

fn three() -> App {
    const COUNTS: [[usize; 3]; 3] = [[40, 1, 2], [3, 37, 0], [9, 0, 120]];
    app_with(&["fire", "smoke", "misc"], |truth, predicted| COUNTS[truth][predicted])
}

fn twenty() -> App {
    let names: Vec<String> = (0..20)
        .map(|n| match n {
            3 => "火事と煙と水と空と海".to_owned(),
            7 => "a name that is much longer than any column can be".to_owned(),
            n => format!("category {n}"),
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    app_with(&names, |truth, predicted| match truth == predicted {
        true => 50 + truth,
        false if (truth + 2 * predicted) % 7 == 0 => truth % 5 + 1,
        false => 0,
    })
}

fn looks(name: &str, app: &mut App) {
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), testing::text(app, size));
    }
}

fn seen(app: &mut App) -> String {
    testing::text(app, (140, 40))
}

#[test]
fn the_cursor_begins_at_the_largest_confusion() {
    let mut app = three();
    assert!(seen(&mut app).contains("true misc, predicted fire: 9 of 129 (7.0%) ✗"));
    looks("confusion_3", &mut app);
}

#[test]
fn twenty_categories_scroll_and_the_cursor_stays_in_sight() {
    let mut app = twenty();
    looks("confusion_20", &mut app);
    press(&mut app, "G l l l l l l l l l l l l l l l l l l l l");
    assert!(seen(&mut app).contains("true category 19, predicted category 19: 69 of"));
    insta::assert_snapshot!("confusion_20_end_60x20", testing::text(&mut app, (60, 20)));
    press(&mut app, "gg h");
    assert!(seen(&mut app).contains("true category 0, predicted category 18"));
}

#[test]
fn a_cell_leads_to_exactly_its_images_and_back() {
    let mut app = three();
    press(&mut app, "enter");
    let text = seen(&mut app);
    assert!(
        text.contains("9 of 213 images · 9 wrong · test · true misc · predicted fire"),
        "{text}"
    );
    press(&mut app, "W esc");
    assert!(seen(&mut app).contains("9 of 213 images"), "esc keeps the cell");
    press(&mut app, "esc");
    assert!(seen(&mut app).contains("true misc, predicted fire"));
    press(&mut app, "l enter");
    let text = seen(&mut app);
    assert!(text.contains("no image passes the filters"), "{text}");
}

#[test]
fn the_set_is_switched_in_place() {
    let mut app = three();
    let text = seen(&mut app);
    assert!(text.contains("test · 212 images · 92.9% correct"));
    assert!(text.contains("balanced accuracy 92.8% · top-2 accuracy "), "{text}");
    assert!(text.contains(" · mean highest score 90.0% · calibration error 2.9%"), "{text}");
    press(&mut app, "t");
    assert!(seen(&mut app).contains("validation · 0 images · no image in this set"));
    press(&mut app, "t");
    assert!(seen(&mut app).contains("training · 1 image · 0.0% correct"));
    press(&mut app, "t");
    assert!(seen(&mut app).contains("all sets · 213 images"));
}

#[test]
fn a_click_chooses_a_cell_and_a_second_one_opens_it() {
    let mut app = three();
    let text = testing::text(&mut app, (80, 24));
    let (row, line) = text.lines().enumerate().find(|(_, line)| line.contains("40  93%")).unwrap();
    // The snapshot's lines begin with a quote.
    let column = line.chars().take(line.find("40  93%").unwrap() - 1).count() as u16;
    let kind = MouseEventKind::Down(MouseButton::Left);
    let click = MouseEvent { kind, column, row: row as u16, modifiers: KeyModifiers::NONE };
    app.on_event(Event::Mouse(click));
    assert!(seen(&mut app).contains("true fire, predicted fire: 40 of 43"));
    testing::text(&mut app, (80, 24));
    app.on_event(Event::Mouse(click));
    assert!(seen(&mut app).contains("40 of 213 images"));
}

#[test]
fn the_matrix_is_copied_as_text() {
    let effects = press(&mut three(), "y");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.contains("smoke") && text.contains("120"), "{text}");
}

#[test]
fn any_size_and_any_number_of_categories_is_drawn_without_a_crash() {
    let names: Vec<String> = (0..50).map(|n| format!("c{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for n in [1, 2, 50] {
        let mut app = app_with(&names[..n], |truth, predicted| truth + predicted);
        for size in [(60, 20), (61, 200), (500, 20), (99, 25), (100, 25)] {
            testing::text(&mut app, size);
            press(&mut app, "G l j gg h pgdn ctrl-d");
        }
    }
}
