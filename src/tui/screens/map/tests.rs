use std::sync::Arc;

use crate::store::{RunFolder, State};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::kinds::{Kinds, KindsNews, Placed};
use crate::tui::news::News;
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

const ID: &str = "20260102-030000-fire";

fn folder() -> RunFolder {
    RunFolder::at(std::path::Path::new("runs").join(ID))
}

/// Two clouds, fire to the left and smoke to the right, with one fire among the smoke that is wrong.
fn kinds() -> Kinds {
    let photo = |n: usize| {
        let category = usize::from(n >= 15);
        let centre = if category == 1 || n == 0 { 3.0 } else { -3.0 };
        Placed {
            file: format!("{}/{n:02}.jpg", ["fire", "smoke"][category]).into(),
            category,
            predicted: match n {
                0 => Some(1),
                n if n % 3 == 0 => Some(category),
                _ => None,
            },
            x: centre + (n * 7 % 11) as f64 / 5.0,
            y: (n * 5 % 13) as f64 / 4.0,
        }
    };
    Kinds {
        images: "photos".into(),
        categories: ["fire", "smoke"].map(str::to_owned).to_vec(),
        tested: 10,
        photos: (0..30).map(photo).collect(),
        groups: Vec::new(),
        explained: [0.2, 0.125],
    }
}

fn app() -> App {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(ID, summary(State::Done, &[]), "", "")]));
    let effects = press(&mut app, "gm");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::FindKinds(_))), "{effects:?}");
    app.on_news(vec![News::Kinds(KindsNews { run: folder(), kinds: Ok(Arc::new(kinds())) })]);
    app
}

#[test]
fn photos_are_letters_and_the_cursor_begins_at_a_wrong_one() {
    let mut app = app();
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("map_{columns}x{rows}"), testing::text(&mut app, size));
    }
    assert!(testing::text(&mut app, (80, 24)).contains("✗ ● fire  ▸ smoke"));
}

#[test]
fn the_cursor_walks_and_filters_leave_only_what_they_say() {
    let mut app = app();
    testing::text(&mut app, (80, 24));
    press(&mut app, "h h h");
    let shown = testing::text(&mut app, (80, 24));
    assert!(!shown.contains("fire/00.jpg"), "{shown}");
    press(&mut app, "W");
    let shown = testing::text(&mut app, (80, 24));
    assert!(shown.contains("1 photo ") && shown.contains("fire/00.jpg"), "{shown}");
    press(&mut app, "esc gt gt");
    let shown = testing::text(&mut app, (80, 24));
    assert!(shown.contains("15 photos") && shown.contains("only smoke"), "{shown}");
}

#[test]
fn a_rectangle_leads_to_the_images_in_it_and_esc_lets_it_go() {
    let mut app = app();
    testing::text(&mut app, (80, 24));
    press(&mut app, "v l j");
    let shown = testing::text(&mut app, (80, 24));
    assert!(shown.contains("in the rectangle"), "{shown}");
    press(&mut app, "esc");
    assert!(testing::text(&mut app, (80, 24)).contains("begins a rectangle"));
    press(&mut app, "v enter");
    let shown = testing::text(&mut app, (80, 24));
    assert!(shown.contains("Images › 1 image of the map"), "{shown}");
}
