//! Photos that go by while features are computed.

use super::*;
use crate::tui::preview::{Picture, Wanted};

fn read(photo: &str) -> News {
    let mut events = extracting();
    if let Some(Event::Features { latest, .. }) = events.last_mut() {
        *latest = Some(photo.to_owned());
    }
    told(ID, events)
}

fn wanted(effects: &[Effect]) -> Vec<Wanted> {
    let mut lists = effects.iter().filter_map(|effect| match effect {
        Effect::Preview(wanted) => Some(wanted.clone()),
        _ => None,
    });
    lists.next_back().unwrap_or_default()
}

#[test]
fn the_photo_that_the_worker_read_is_shown_with_its_name_and_folder() {
    let mut app = app_with(State::Running, extracting());
    testing::text(&mut app, (80, 24));
    let asked = wanted(&app.on_news(vec![read("fire/barn.jpg")]));
    assert_eq!(asked[0].path, Path::new("./data/fire/fire/barn.jpg"));
    app.on_news(vec![News::Picture(Arc::new(Picture::make(asked[0].clone())))]);
    looks("passing", &mut app);
    let screen = testing::text(&mut app, (80, 24));
    assert!(screen.contains("▸ barn.jpg") && screen.contains("no picture: no"), "{screen}");
    app.on_news(vec![told(ID, training(falling))]);
    assert!(!testing::text(&mut app, (140, 40)).contains("barn.jpg"), "training has begun");
}

#[test]
fn photos_go_by_at_most_once_a_second_and_each_takes_the_place_of_the_oldest() {
    let mut app = app_with(State::Running, extracting());
    testing::text(&mut app, (80, 24));
    let mut asked = Vec::new();
    for number in 0..40 {
        // Four times a second, as the worker says it.
        testing::pass(&mut app, i64::from(number % 4 == 0));
        let news = read(&format!("fire/{number}.jpg"));
        asked.extend(wanted(&app.on_news(vec![news])));
    }
    let names: Vec<String> =
        asked.iter().map(|one| one.path.file_stem().unwrap().to_string_lossy().into()).collect();
    let mut new = names.clone();
    new.dedup();
    assert!(
        (9..=11).contains(
            &asked.iter().map(|one| &one.path).collect::<std::collections::HashSet<_>>().len()
        ),
        "{names:?}"
    );
    let screen = testing::text(&mut app, (80, 24));
    let line = screen.lines().find(|line| line.contains(".jpg")).unwrap();
    assert_eq!(line.matches(".jpg").count(), 3, "as many as stand side by side: {line}");
    assert_eq!(screen.matches('▸').count(), 1, "the newest: {screen}");
}
