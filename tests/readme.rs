//! What the README says of fields and keys is what the tables say.

const README: &str = include_str!("../README.md");

fn part(name: &str) -> &'static str {
    let begin = format!("<!-- {name} -->\n");
    let end = format!("<!-- end of {name} -->");
    let (_, rest) = README.split_once(&begin).unwrap_or_else(|| panic!("the README lacks {begin}"));
    rest.split_once(&end).unwrap_or_else(|| panic!("the README lacks {end}")).0
}

#[test]
fn the_keys_in_the_readme_are_those_of_the_key_table() {
    assert_eq!(part("keys").trim(), retrain::tui::keys_markdown().trim());
}

#[test]
fn the_fields_in_the_readme_are_those_of_the_table_of_fields() {
    assert_eq!(part("fields").trim(), retrain::spec::fields_markdown().trim());
}
