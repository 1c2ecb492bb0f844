//! Scores as label_image.py, the companion of retrain.py, printed them.

/// One line for each category, highest score first, as label_image.py of 2016 printed them:
/// `fire (score = 0.86540)`. Of equal scores the later label comes first, because the script
/// reversed an ascending sort.
pub fn label_lines<L: AsRef<str>>(labels: &[L], scores: &[f32]) -> Vec<String> {
    let mut lines: Vec<(&str, f32)> =
        labels.iter().map(AsRef::as_ref).zip(scores.iter().copied()).collect();
    // Adding zero makes -0 equal to 0.
    lines.sort_by(|a, b| (a.1 + 0.0).total_cmp(&(b.1 + 0.0)));
    lines.iter().rev().map(|(label, score)| format!("{label} (score = {score:.5})")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<'a>(block: &'a str, name: &str) -> Vec<&'a str> {
        let line = block.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches('\t').split('\t').collect()
    }

    #[test]
    fn lines_and_their_order_are_those_of_label_image() {
        let golden =
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/label_image.txt"));
        let mut blocks = 0;
        for block in golden.split("## ").skip(1) {
            let scores: Vec<f32> = fields(block, "bits")
                .iter()
                .map(|bits| f32::from_bits(u32::from_str_radix(bits, 16).unwrap()))
                .collect();
            let first_listing =
                block.lines().skip_while(|line| !line.starts_with("# 2016")).skip(1);
            let expected: Vec<&str> =
                first_listing.take_while(|line| !line.starts_with("# ")).collect();
            assert_eq!(label_lines(&fields(block, "labels"), &scores), expected, "{block}");
            blocks += 1;
        }
        assert_eq!(blocks, 5);
    }

    #[test]
    fn a_score_that_is_not_a_number_is_shown_as_such() {
        let lines = label_lines(&["a", "b"], &[0.5, f32::NAN]);
        assert_eq!(lines, ["b (score = NaN)", "a (score = 0.50000)"]);
    }
}
