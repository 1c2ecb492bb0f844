//! The prediction that label_image.py made with these flags.

use super::Answer;
use super::command_line::CommandLine;
use super::flags::Becomes;

/// Where a photo is not named.
const PHOTO: &str = "PHOTO";
/// The newest run that has a head.
const NEWEST: &str = "last";

/// The arguments of `retrain predict`, and what became of each flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// Behind `retrain`.
    pub arguments: Vec<String>,
    /// Of each flag that was given, in their order.
    pub answers: Vec<Answer>,
}

/// What does the same as these flags of label_image.py.
pub fn prediction(line: &CommandLine) -> Prediction {
    let (mut photo, mut top) = (PHOTO.to_owned(), Vec::new());
    let mut answers = Vec::new();
    for given in &line.given {
        let became = match given.flag.becomes {
            Becomes::Photo => {
                photo.clone_from(&given.typed);
                "the photo; several, or a folder of them, may follow".to_owned()
            }
            Becomes::Top => {
                top = vec!["--top".to_owned(), given.typed.clone()];
                format!("--top {}", given.typed)
            }
            Becomes::Nothing(said) => format!("nothing: {said}"),
            Becomes::Elsewhere(said) => format!("elsewhere: {said}"),
            _ => unreachable!("a flag of retrain.py"),
        };
        answers.push(Answer { given: given.in_words(), became });
    }
    let mut arguments = vec!["predict".to_owned(), NEWEST.to_owned(), photo];
    arguments.append(&mut top);
    Prediction { arguments, answers }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrain_py::{FLAGS, Script};

    #[test]
    fn every_flag_of_label_image_has_an_answer() {
        for flag in FLAGS.iter().filter(|flag| flag.script == Script::LabelImage) {
            let words = [format!("--{}", flag.name), "7".to_owned()];
            let found = prediction(&CommandLine::read(&words).unwrap());
            assert!(!found.answers[0].became.is_empty(), "{}", flag.name);
        }
    }

    #[test]
    fn the_command_scores_the_photo_with_the_newest_head() {
        let line = "--graph=g.pb --image=a.jpg --num_top_predictions=2 --input_mean 128";
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let found = prediction(&CommandLine::read(&words).unwrap());
        assert_eq!(found.arguments, ["predict", "last", "a.jpg", "--top", "2"]);
        assert_eq!(found.answers.len(), 4);
    }
}
