use crate::store::State;
use crate::tui::effect::Effect;
use crate::tui::news::{News, Toast};
use crate::tui::testing::{self, all, press, run, summary};
use crate::tui::theme::ThemeName;

#[test]
fn a_message_gives_the_footer_back_to_the_keys_after_a_while() {
    let mut app = testing::app(ThemeName::NoColour);
    assert_eq!(app.wakes_in(), None, "nothing wakes an idle screen");
    app.on_news(vec![News::Said(Toast::good("started it"))]);
    let footer =
        |app: &mut super::App| testing::text(app, (80, 24)).lines().last().map(str::to_owned);
    assert!(footer(&mut app).unwrap().contains("started it"));
    testing::pass(&mut app, 9);
    assert!(footer(&mut app).unwrap().contains("started it"));
    testing::pass(&mut app, 1);
    let shown = footer(&mut app).unwrap();
    assert!(!shown.contains("started it") && shown.contains("? help"), "{shown}");
    assert_eq!(app.wakes_in(), None);
    press(&mut app, "@");
    assert!(testing::text(&mut app, (80, 24)).contains("started it"), "the log keeps it");
}

#[test]
fn a_letter_of_another_alphabet_says_which_letters_are_keys() {
    let mut app = testing::app(ThemeName::NoColour);
    press(&mut app, "й");
    assert!(testing::text(&mut app, (80, 24)).contains("й is no key here: keys are a to z"));
    press(&mut app, "/й");
    let shown = testing::text(&mut app, (80, 24));
    assert!(shown.contains("/й") && !shown.contains("no key"), "it can be typed: {shown}");
}

#[test]
fn a_theme_is_seen_while_it_is_chosen_and_kept_only_by_enter() {
    let mut app = testing::app(ThemeName::NoColour);
    let has_colours = |app: &mut super::App| {
        let cells = testing::cells(app, (80, 24));
        cells.content.iter().any(|cell| cell.fg != ratatui::style::Color::Reset)
    };
    press(&mut app, "C");
    insta::assert_snapshot!("themes_80x24", testing::text(&mut app, (80, 24)));
    assert!(!has_colours(&mut app));
    // The themes with colours stand above the one without.
    press(&mut app, "k k");
    assert!(has_colours(&mut app), "before anything is kept");
    assert!(press(&mut app, "esc").is_empty());
    assert!(!has_colours(&mut app), "as before");
    let effects = press(&mut app, "C up up enter");
    let kept = |effect: &Effect| matches!(effect, Effect::KeepTheme(ThemeName::ColourBlind));
    assert!(effects.iter().any(kept), "{effects:?}");
    assert!(has_colours(&mut app));
    press(&mut app, "C");
    assert!(press(&mut app, "enter").iter().any(kept), "the cursor stands on what was kept");
}

#[test]
fn the_first_line_tells_the_way_to_the_screen_and_lights_the_tab_it_began_at() {
    let mut app = testing::app(ThemeName::NoColour);
    let ids = ["20260102-030000-fire", "20260102-040000-fire"];
    let of = |id: &str| run(id, summary(State::Done, &[]), "", "");
    app.on_news(all(ids.map(of).into()));
    let first = |app: &mut super::App| {
        testing::text(app, (100, 24)).lines().next().unwrap_or_default().to_owned()
    };
    assert!(!first(&mut app).contains('›'), "the tab says all");
    press(&mut app, "enter i");
    let line = first(&mut app);
    assert!(line.contains("[3 Runs]"), "{line}");
    assert!(line.ends_with("Runs › fire 01-02 03:00 › Images \""), "{line}");
    press(&mut app, "@");
    assert!(first(&mut app).contains("Images › Messages"));
    press(&mut app, "2");
    let line = first(&mut app);
    assert!(line.contains("[2 Live]") && line.contains("Live › fire 01-02 03:00"), "{line}");
}
