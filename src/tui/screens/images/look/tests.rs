use std::sync::Arc;

use super::super::tests::{app_with, fire, looks, seen, source, wanted};
use crate::heatmap::{Frame, Grid};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::look::{Answer, CategoryMap, LookNews, Looked, Question, Similar, Verdict};
use crate::tui::news::News;
use crate::tui::testing::{self, press};

/// What is asked, and of whom nothing else is.
fn asked(effects: &[Effect]) -> Option<Question> {
    let mut asked = effects.iter().filter_map(|effect| match effect {
        Effect::Look(run, question) => {
            assert_eq!(run, source().run());
            Some(question.clone())
        }
        _ => None,
    });
    asked.next()
}

fn answered(app: &mut App, question: &Question, answer: Answer) -> Vec<Effect> {
    let (run, question) = (source().run().clone(), question.clone());
    app.on_news(vec![News::Looked(Arc::new(LookNews { run, question, answer }))])
}

/// Of these categories, and three training photos.
fn answer(question: &Question) -> Answer {
    let map = |(n, category): (usize, &String)| CategoryMap {
        category: category.clone(),
        score: 0.25 + 0.5 * n as f32,
        logit: n as f64 - 1.5,
        places: Grid { rows: 1, columns: 2, values: vec![0.125 * n as f64, -0.0625] },
    };
    let similar = |(n, category): (usize, &str)| Similar {
        file: format!("{category}/{n}.jpg"),
        path: format!("/photos/{category}/{n}.jpg"),
        category: category.to_owned(),
        distance: 0.125 + 0.25 * n as f32,
    };
    Ok(Looked {
        frame: Frame::WHOLE,
        maps: Ok(question.categories.iter().enumerate().map(map).collect()),
        nearest: Ok(["misc", "fire", "misc"].into_iter().enumerate().map(similar).collect()),
        verdict: Some(Verdict { less_like_than: 0.996, is_none_of_these: true }),
    })
}

/// With the map or the similar photos of the worst image, as answered.
fn app_looking(keys: &str) -> (App, Question, Vec<Effect>) {
    let mut app = app_with(Ok(fire()));
    app.on_event(crossterm::event::Event::Resize(140, 40));
    let question = asked(&press(&mut app, keys)).unwrap();
    let effects = answered(&mut app, &question, answer(&question));
    (app, question, effects)
}

#[test]
fn the_network_is_asked_about_the_photo_under_the_cursor_only_while_something_of_it_is_shown() {
    let mut app = app_with(Ok(fire()));
    assert_eq!(asked(&press(&mut app, "j k")), None);
    let question = asked(&press(&mut app, "Z")).unwrap();
    assert!(question.photo.ends_with("fire/fireplace.jpg"), "{question:?}");
    assert_eq!(question.categories, ["fire", "misc"], "the true and the predicted");
    assert!(seen(&mut app).contains("the network looks at the photo"));
    assert_eq!(asked(&press(&mut app, "&")), None, "it was asked for both");
    let next = asked(&press(&mut app, "j")).unwrap();
    assert!(next.photo.ends_with("smoke/fog.jpg"), "{next:?}");
    // What comes for a photo that the cursor has left is not shown.
    answered(&mut app, &question, answer(&question));
    assert!(seen(&mut app).contains("the network looks at the photo"));
    press(&mut app, "Z");
    assert_eq!(asked(&press(&mut app, "& j")), None);
    assert!(!seen(&mut app).contains("the network looks"));
}

#[test]
fn the_maps_of_the_true_and_the_predicted_category_stand_side_by_side() {
    let (mut app, _, effects) = app_looking("Z");
    let pictures = wanted(&effects);
    let overlays: Vec<_> = pictures.iter().filter_map(|one| one.overlay.clone()).collect();
    assert_eq!((overlays.len(), pictures[0].path == pictures[1].path), (2, true));
    assert_ne!(overlays[0], overlays[1]);
    let text = seen(&mut app);
    assert!(text.contains("● fire 0.250 logit -1.50"), "{text}");
    assert!(text.contains("of the head that was kept"), "another score: {text}");
    assert!(text.contains("▸ misc 0.750 logit -0.50"), "{text}");
    assert!(text.contains("orange: for it, blue: against it, at most 0.125 a place"), "{text}");
    assert!(text.contains("none of these? less like your photos than 99.6% of them"), "{text}");
    looks("images_map", &mut app);
    // Where there is no room for both it is that of the predicted one.
    let effects = app.on_event(crossterm::event::Event::Resize(80, 24));
    let pictures = wanted(&effects);
    assert_eq!(pictures.iter().filter(|one| one.overlay.is_some()).count(), 1);
    assert_eq!(pictures[0].overlay, Some(overlays[1].clone()));
    let large = wanted(&press(&mut app, "enter"));
    assert_eq!(large.iter().filter(|one| one.overlay.is_some()).count(), 2);
    insta::assert_snapshot!("images_map_large_80x24", testing::text(&mut app, (80, 24)));
}

#[test]
fn the_most_similar_training_photos_are_shown_small_or_named() {
    let (mut app, _, effects) = app_looking("&");
    let pictures = wanted(&effects);
    let similar: Vec<String> =
        pictures[1..4].iter().map(|one| one.path.display().to_string()).collect();
    let expected = ["/photos/misc/0.jpg", "/photos/fire/1.jpg", "/photos/misc/2.jpg"];
    assert_eq!(similar, expected);
    assert!(pictures.iter().all(|one| one.overlay.is_none()));
    looks("images_similar", &mut app);
    let narrow = testing::text(&mut app, (80, 24));
    assert!(narrow.contains("0.125 misc misc/0.jpg"), "{narrow}");
}

#[test]
fn what_cannot_be_had_is_said_and_the_rest_is_shown() {
    let (mut app, question, _) = app_looking("Z &");
    let looked = answer(&question).unwrap();
    let no_map = "no map: its features have no places".to_owned();
    answered(&mut app, &question, Ok(Looked { maps: Err(no_map), ..looked.clone() }));
    let text = seen(&mut app);
    assert!(text.contains("no map: its features have no places"), "{text}");
    assert!(text.contains("0.375 away"), "{text}");
    let gone = "the features are not in the cache any more".to_owned();
    answered(&mut app, &question, Ok(Looked { nearest: Err(gone), ..looked }));
    let text = seen(&mut app);
    assert!(text.contains("are not in the cache any more"), "{text}");
    assert!(text.contains("logit -1.50"), "{text}");
    answered(&mut app, &question, Err("the run has no trained head".into()));
    assert!(seen(&mut app).contains("the run has no trained head"));
}
