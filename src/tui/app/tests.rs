use crate::tui::news::{News, Toast};
use crate::tui::testing::{self, press};
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
