//! What an evaluation says, in words; and names that fit into a table.

use unicode_width::UnicodeWidthStr;

use super::evaluation::Evaluation;
use super::interval::wilson;
use crate::words::{all_but_one_of, percent, percent_range};

/// With more categories than this, the true one is looked for among the five highest scores rather
/// than the two highest.
const FEW: usize = 10;

/// The last line of a run: retrain.py's to the letter, so that what looks for it finds it, and behind
/// it what that left out:
/// `Final test accuracy = 93.8% (N=48), 95% interval 83.2 to 97.9%`.
pub fn final_test_accuracy(correct: usize, images: usize) -> String {
    let Some((low, high)) = wilson(correct, images) else {
        return "Final test accuracy = unknown (N=0), the test set is empty".to_owned();
    };
    let accuracy = percent(correct as f64 / images as f64);
    let interval = percent_range(low, high);
    format!("Final test accuracy = {accuracy} (N={images}), 95% interval {interval}")
}

/// Of which heads an accuracy over so many folds is, where there are some: not of the one that was
/// kept.
pub fn of_folds(folds: usize) -> Option<String> {
    (folds > 0).then(|| {
        format!(
            "of heads trained on {} of the photos ({folds} folds); the head that was kept is \
             trained on all",
            all_but_one_of(folds)
        )
    })
}

/// How like the training photos one is: whether it may be none of the categories, and the share of one's
/// own photos that are more like them.
pub fn likeness_in_words(less_like_than: f64, is_none_of_these: bool) -> String {
    let verdict = if is_none_of_these { "none of these?" } else { "one of these:" };
    let others = match less_like_than {
        1.0.. => "all".to_owned(),
        share => percent(share),
    };
    format!("{verdict} less like your photos than {others} of them")
}

/// What a run says of photos that are none of its categories, where it was found out.
pub fn would_notice(share: Option<f64>) -> Option<String> {
    Some(format!("would notice {} of an unknown kind", percent(share?)))
}

/// What the accuracy leaves out, one phrase each: accuracy with every category counting the same;
/// with three categories or more, how often the true one is near the top; cross-entropy; how far
/// the scores can be believed. Nothing without images.
pub fn beyond_accuracy(evaluation: &Evaluation) -> Vec<String> {
    if evaluation.images == 0 {
        return Vec::new();
    }
    let categories = evaluation.categories.len();
    let k = if categories > FEW { 5 } else { 2 };
    let top = (categories > 2)
        .then(|| format!("top-{k} accuracy {}", percent(evaluation.top_k_accuracy(k))));
    let calibration = &evaluation.calibration;
    [format!("balanced accuracy {}", percent(evaluation.confusion.balanced_accuracy()))]
        .into_iter()
        .chain(top)
        .chain([
            format!("cross-entropy {:.4}", evaluation.log_loss),
            format!("mean highest score {}", percent(calibration.mean_confidence())),
            format!("calibration error {}", percent(calibration.ece())),
        ])
        .collect()
}

/// The name in at most `width` terminal columns, with `…` for what does not fit. Control characters,
/// which a folder name may hold, would break a table and are replaced.
pub(super) fn shorten(name: &str, width: usize) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if name.width() <= width {
        return name;
    }
    let fits = |end: &usize| name[..*end].width() < width;
    let end = name.char_indices().map(|(start, _)| start).take_while(fits).last().unwrap_or(0);
    format!("{}…", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::super::scored::Scored;
    use super::*;

    #[test]
    fn the_headline_says_how_sure_one_may_be() {
        assert_eq!(
            final_test_accuracy(45, 48),
            "Final test accuracy = 93.8% (N=48), 95% interval 83.2 to 97.9%"
        );
        assert_eq!(
            final_test_accuracy(3, 3),
            "Final test accuracy = 100.0% (N=3), 95% interval 43.9 to 100.0%"
        );
    }

    #[test]
    fn a_photo_unlike_all_others_is_not_said_to_be_so_by_a_percentage() {
        let said = |share| likeness_in_words(share, true);
        assert_eq!(said(0.996), "none of these? less like your photos than 99.6% of them");
        assert_eq!(said(1.0), "none of these? less like your photos than all of them");
        let said = likeness_in_words(0.25, false);
        assert_eq!(said, "one of these: less like your photos than 25.0% of them");
    }

    #[test]
    fn with_folds_it_says_of_which_heads_the_accuracy_is() {
        assert_eq!(of_folds(0), None);
        assert_eq!(
            of_folds(5).unwrap(),
            "of heads trained on four fifths of the photos (5 folds); the head that was kept is \
             trained on all"
        );
        assert!(of_folds(20).unwrap().starts_with("of heads trained on 19 of 20 parts of the"));
    }

    #[test]
    fn an_empty_test_set_has_no_accuracy() {
        assert_eq!(
            final_test_accuracy(0, 0),
            "Final test accuracy = unknown (N=0), the test set is empty"
        );
    }

    #[test]
    fn what_the_accuracy_leaves_out_is_said_in_the_fields_terms() {
        let rows = [(0, [0.8f32, 0.1, 0.1]), (0, [0.6, 0.4, 0.0]), (1, [0.3, 0.2, 0.5])];
        let of = |rows: &[(usize, [f32; 3])]| {
            Evaluation::of(rows.iter().map(|(truth, scores)| Scored { truth: *truth, scores }), 3)
        };
        // Recalls 2/2 and 0/1; the truth of the third image has the lowest score.
        assert_eq!(
            beyond_accuracy(&of(&rows)),
            [
                "balanced accuracy 50.0%",
                "top-2 accuracy 66.7%",
                "cross-entropy 0.7811",
                "mean highest score 63.3%",
                "calibration error 36.7%",
            ]
        );
        assert!(beyond_accuracy(&of(&[])).is_empty());
    }

    #[test]
    fn names_are_cut_by_display_width() {
        assert_eq!(shorten("smoke", 5), "smoke");
        assert_eq!(shorten("chimney smoke", 8), "chimney…");
        // Each of these takes two columns.
        assert_eq!(shorten("火事と煙", 8), "火事と煙");
        assert_eq!(shorten("火事と煙", 7), "火事と…");
        assert_eq!(shorten("火事と煙", 6), "火事…");
        assert_eq!(shorten("a\nb\u{1b}[1m", 9), "a\u{fffd}b\u{fffd}[1m");
    }
}
