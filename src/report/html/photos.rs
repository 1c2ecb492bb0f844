//! Photos with what was made of them.

use super::markup::{base64, text};
use crate::report::facts::{Guess, PhotoCard};

/// `0.865`, as on the screens.
pub fn score(score: f64) -> String {
    format!("{score:.3}")
}

/// The photos beside each other, as many as fit.
pub fn cards(photos: &[PhotoCard]) -> String {
    let cards: String = photos.iter().map(card).collect();
    format!("<div class=\"cards\">\n{cards}</div>\n")
}

fn card(photo: &PhotoCard) -> String {
    let file = text(&photo.file);
    let picture = match &photo.picture {
        Ok(picture) => format!(
            "<img src=\"data:image/jpeg;base64,{}\" width=\"{}\" height=\"{}\" alt=\"{file}\"/>",
            base64(&picture.jpeg),
            picture.width,
            picture.height
        ),
        Err(reason) => format!("<div class=\"gone\">no picture: {}</div>", text(reason)),
    };
    let said: String = match &photo.guesses[..] {
        [only] => said(&photo.truth, only),
        guesses => {
            let row = |guess: &Guess| {
                let class = if guess.is_right { "good" } else { "bad" };
                let (category, score) = (text(&guess.category), score(guess.score));
                format!("<li class=\"{class}\">{category} <span>{score}</span></li>")
            };
            let rows: String = guesses.iter().map(row).collect();
            format!("<b>{}</b><ol>{rows}</ol>", text(&photo.truth))
        }
    };
    format!(
        "<figure>\n<div class=\"photo\">{picture}</div>\n\
         <figcaption>{said}<span class=\"file\">{file}</span></figcaption>\n</figure>\n"
    )
}

fn said(truth: &str, guess: &Guess) -> String {
    let (name, score, true_score) =
        (text(&guess.category), score(guess.score), score(guess.true_score));
    if guess.is_right {
        return format!("<b>{name}</b> <span>{score}</span><br/>right");
    }
    format!(
        "<b>{}</b> <span>{true_score}</span><br/>taken for <b class=\"bad\">{name}</b> \
         <span>{score}</span>",
        text(truth)
    )
}
