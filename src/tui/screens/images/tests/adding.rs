//! Photos that no run saw are added to a category.

use super::*;
use crate::tui::additions::{Added, AdditionEffect, AdditionNews, PhotoCopy, Plan, Wish};

/// Three photos from outside, the last without scores.
fn unseen() -> App {
    let mut app = app_with(Ok(fire()));
    press(&mut app, "U/new enter");
    let mut table = ScoreTable::new(categories(&["fire", "smoke"]), PathBuf::new());
    table.add("/new/sure.jpg", None, None, &[0.99, 0.01]);
    table.add("/new/unsure.jpg", None, None, &[0.49, 0.51]);
    table.add_problem("/new/broken.jpg", "truncated");
    let source = Source::Unseen(source().run().clone(), "/new".into());
    app.on_news(vec![scores(source, Ok(table))]);
    press(&mut app, "gg");
    app
}

fn asked(effects: Vec<Effect>) -> Wish {
    effects
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Addition(AdditionEffect::Plan(wish)) => Some(wish),
            _ => None,
        })
        .expect("it is planned first")
}

fn planned(wish: &Wish) -> Plan {
    let copy = |from: &PathBuf| PhotoCopy {
        from: from.clone(),
        to: PathBuf::from("/p/photos").join(&wish.category).join(from.file_name().unwrap()),
        hash: blake3::hash(b"a"),
    };
    Plan {
        experiment: "fire".into(),
        category: wish.category.clone(),
        folder: format!("photos/{}", wish.category),
        copies: wish.files.iter().map(copy).collect(),
        refused: Vec::new(),
    }
}

fn tell(app: &mut App, news: AdditionNews) -> Vec<Effect> {
    app.on_news(vec![News::Addition(news)])
}

#[test]
fn a_number_adds_a_photo_only_after_a_question_with_source_and_target() {
    let mut app = unseen();
    let wish = asked(press(&mut app, "2"));
    assert_eq!(
        (wish.category.as_str(), &wish.files[..]),
        ("smoke", &["/new/unsure.jpg".into()][..])
    );
    let mut plan = planned(&wish);
    plan.copies[0].to = "/p/photos/smoke/unsure-2.jpg".into();
    tell(&mut app, AdditionNews::Planned(Ok(plan.clone())));
    looks("images_adding", &mut app);
    let screen = testing::text(&mut app, (80, 24));
    for said in ["add unsure.jpg to smoke?", "/new/unsure.jpg", "photos/smoke/unsure-2.jpg"] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    assert!(press(&mut app, "n").is_empty(), "any other key is a no");
    tell(&mut app, AdditionNews::Planned(Ok(plan.clone())));
    let effects = press(&mut app, "y");
    assert!(
        matches!(&effects[..], [Effect::Addition(AdditionEffect::Add(to_add))] if *to_add == plan),
        "{effects:?}"
    );
}

#[test]
fn marked_photos_are_added_with_one_question_and_what_has_no_scores_is_not() {
    let mut app = unseen();
    press(&mut app, "*");
    let wish = asked(press(&mut app, "=fi tab enter"));
    assert!(testing::text(&mut app, (80, 24)).contains("1 file without scores: not added"));
    assert_eq!(wish.category, "fire");
    assert_eq!(wish.files, ["/new/unsure.jpg", "/new/sure.jpg"].map(PathBuf::from));
    let mut plan = planned(&wish);
    plan.refused.push("old.jpg: it is there already, as fire/b.jpg".into());
    tell(&mut app, AdditionNews::Planned(Ok(plan.clone())));
    let screen = testing::text(&mut app, (80, 24));
    for said in ["add 2 photos to fire?", "/new/sure.jpg", "not old.jpg: it is there already"] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    press(&mut app, "y");
    let Plan { experiment, category, folder, copies, .. } = plan;
    let added = Added { experiment, category, folder, copies };
    tell(&mut app, AdditionNews::Added(added.clone(), Vec::new()));
    looks("images_added", &mut app);
    let screen = testing::text(&mut app, (140, 40));
    assert!(!screen.contains("marked") && screen.contains("✓ fire"), "{screen}");
    assert!(screen.contains("trains fire with it"), "the next step: {screen}");
    press(&mut app, "b");
    assert!(testing::text(&mut app, (140, 40)).contains("✓ added to fire"));
    let effects = press(&mut app, "z");
    assert!(effects.iter().any(|effect| {
        matches!(effect, Effect::Addition(AdditionEffect::TakeBack(last)) if *last == added)
    }));
    tell(&mut app, AdditionNews::TakenBack(added, Vec::new()));
    assert!(!testing::text(&mut app, (140, 40)).contains("added to"));
    press(&mut app, "z");
    assert!(testing::text(&mut app, (140, 40)).contains("no photo was added yet"));
}

#[test]
fn what_cannot_be_added_is_said_and_asks_nothing() {
    let mut app = unseen();
    press(&mut app, "9");
    assert!(testing::text(&mut app, (80, 24)).contains("there are only 2 categories"));
    press(&mut app, "=fog enter");
    assert!(testing::text(&mut app, (80, 24)).contains("there is no category 'fog'"));
    assert!(press(&mut app, "G 1").iter().all(|effect| !matches!(effect, Effect::Addition(_))));
    assert!(testing::text(&mut app, (80, 24)).contains("what cannot be scored"));
    let wish = asked(press(&mut app, "gg 1"));
    let plan = Plan { copies: Vec::new(), refused: vec!["it is there".into()], ..planned(&wish) };
    tell(&mut app, AdditionNews::Planned(Ok(plan)));
    let screen = testing::text(&mut app, (80, 24));
    assert!(screen.contains("nothing is added: it is there") && !screen.contains("please confirm"));
}

#[test]
fn on_images_of_a_run_numbers_are_those_of_screens() {
    let mut app = app_with(Ok(fire()));
    press(&mut app, "1");
    assert!(testing::text(&mut app, (80, 24)).contains("[1 Experiments]"));
}
