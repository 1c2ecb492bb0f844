//! The sheet of thumbnails.

use super::*;

/// The images of the run in the sheet, at a size.
fn sheet(size: (u16, u16)) -> App {
    let mut app = app_with(Ok(fire()));
    testing::text(&mut app, size);
    press(&mut app, "b gg");
    app
}

/// `count` photos that are not there.
fn many(count: usize) -> ScoreTable {
    let mut table = ScoreTable::new(categories(&["fire", "smoke"]), "photos".into());
    for number in 0..count {
        let score = number as f32 / count as f32;
        table.add(format!("{number:05}.jpg"), Some(Set::Test), Some(0), &[score, 1.0 - score]);
    }
    table
}

/// A picture that is 18 by 14 pixels, whatever was asked for.
fn drawn(wanted: Wanted) -> News {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    image::RgbImage::from_pixel(18, 12, image::Rgb([255, 0, 0])).save(&path).unwrap();
    let Picture { content, .. } = Picture::make(Wanted { path, ..wanted.clone() });
    News::Picture(Arc::new(Picture { wanted, content }))
}

#[test]
fn photos_stand_side_by_side_with_what_they_are_taken_for() {
    let mut app = sheet((80, 24));
    looks("images_sheet", &mut app);
    let screen = testing::text(&mut app, (80, 24));
    assert!(screen.contains(">fire/fireplace.jpg") && screen.contains("✗ fire → misc"), "{screen}");
    assert!(testing::text(&mut app, (60, 20)).contains("needs 80 columns"));
}

#[test]
fn the_sheet_has_the_order_the_filter_and_the_cursor_of_the_list() {
    let mut app = sheet((80, 24));
    press(&mut app, "b");
    let order = files(&mut app);
    press(&mut app, "gg b l j");
    let copied = |app: &mut App| match press(app, "y").remove(0) {
        Effect::Copy(path) => path,
        other => panic!("{other:?}"),
    };
    assert!(copied(&mut app).contains(&order[5]), "one to the right, and a row of four down");
    press(&mut app, "b");
    assert!(
        testing::text(&mut app, (80, 24))
            .lines()
            .any(|line| { line.contains("> ") && line.contains(&order[5]) })
    );
    press(&mut app, "b W gg");
    assert!(copied(&mut app).contains(&order[0]));
    let screen = testing::text(&mut app, (80, 24));
    assert!(screen.contains("3 of 9 images") && !screen.contains('✓'), "{screen}");
    press(&mut app, "enter");
    assert!(!testing::text(&mut app, (80, 24)).contains("smoke/fog.jpg"), "one picture is large");
    press(&mut app, "esc");
    assert!(testing::text(&mut app, (80, 24)).contains("smoke/fog.jpg"), "the sheet again");
}

#[test]
fn photos_are_marked_in_both_and_a_yank_copies_all_that_are() {
    let mut app = sheet((80, 24));
    press(&mut app, "space space");
    let screen = testing::text(&mut app, (80, 24));
    assert!(screen.contains("* …e/fireplace.jpg") && screen.contains("2 marked"), "{screen}");
    press(&mut app, "b");
    assert!(testing::text(&mut app, (80, 24)).contains("*fire/fireplace.jpg"));
    let Effect::Copy(paths) = press(&mut app, "y").remove(0) else { panic!() };
    let names: Vec<&str> = paths.lines().map(|line| line.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["fireplace.jpg", "fog.jpg"]);
    press(&mut app, "esc esc");
    assert!(!testing::text(&mut app, (80, 24)).contains("marked"), "the filter first");
}

#[test]
fn pictures_in_sight_are_asked_for_first_in_cells_and_only_when_the_page_is_another() {
    let mut app = app_with(Ok(many(3000)));
    testing::text(&mut app, (80, 24));
    press(&mut app, "gg");
    let asked = wanted(&press(&mut app, "b"));
    assert_eq!(asked.len(), 16, "this page and the next");
    assert!(asked[0].path.ends_with("00000.jpg") && asked[0].graphics.generation == 0);
    assert!(wanted(&press(&mut app, "l l j k")).is_empty(), "still on the page");
    app.on_news(asked.into_iter().map(drawn).collect());
    let next = wanted(&press(&mut app, "pgdn"));
    assert!(next.is_empty(), "no key is called so here");
    let next = wanted(&press(&mut app, "ctrl-d ctrl-d"));
    assert_eq!(next.len(), 8, "the page behind the one that is here already");
}

#[test]
fn of_3000_photos_only_the_pictures_of_three_pages_are_held() {
    let mut app = app_with(Ok(many(3000)));
    testing::text(&mut app, (140, 40));
    press(&mut app, "gg b");
    let mut held = 0;
    for _ in 0..60 {
        let asked = wanted(&press(&mut app, "ctrl-d"));
        app.on_news(asked.into_iter().map(drawn).collect());
        let Screen::Images(images) = app.shown() else { panic!() };
        held = held.max(images.thumbnails_bytes());
    }
    // 84 pictures of some 108 cells.
    assert!((100_000..600_000).contains(&held), "{held} bytes");
}

#[test]
fn what_is_no_picture_says_so_in_its_place_and_others_wait_in_theirs() {
    let mut app = app_with(Ok(fire()));
    testing::text(&mut app, (80, 24));
    let asked = wanted(&press(&mut app, "gg b"));
    let mut news: Vec<News> = vec![News::Picture(Arc::new(Picture::make(asked[0].clone())))];
    news.push(drawn(asked[1].clone()));
    app.on_news(news);
    let screen = testing::text(&mut app, (80, 24));
    assert!(screen.contains("no picture: no") && screen.contains("reading"), "{screen}");
    assert_eq!(screen.matches('▀').count(), 18 * 6, "{screen}");
    app.on_news(vec![News::PicturesForgotten]);
    assert!(testing::text(&mut app, (80, 24)).contains('▀'), "cells are not forgotten");
}
