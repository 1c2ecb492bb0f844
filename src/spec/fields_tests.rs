use super::*;

#[test]
fn keys_are_unique_and_in_a_known_table_in_its_order() {
    let place = |field: &ExperimentField| {
        let known = SECTIONS.iter().position(|section| section.name == field.section());
        assert!(known.is_some() || field.section().is_empty(), "{}", field.key);
        known
    };
    assert!(FIELDS.is_sorted_by_key(place));
    let mut keys: Vec<&str> = FIELDS.iter().map(|field| field.key).collect();
    keys.extend(FIELDS.iter().filter_map(|field| field.former));
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
    assert!(keys.iter().all(|key| field(key).is_some()));
}

#[test]
fn every_default_is_a_value_of_its_kind_and_comes_back_from_the_experiment() {
    let experiment = Experiment::default();
    for field in FIELDS.iter().filter(|field| field.default.is_some()) {
        assert_eq!(field.default_value(), Some(field.get(&experiment)), "{}", field.key);
    }
    assert_eq!(experiment.network, NetworkSettings::default());
}

#[test]
fn an_option_of_a_network_that_is_not_the_backbone_is_left_out_and_has_no_effect() {
    let text = "images = 'p'\n[network.tiny]\ngain = 3\n";
    let checked = crate::spec::parse(text, "x.toml".as_ref()).unwrap();
    let warnings: Vec<&str> = checked.warnings.iter().map(|said| &*said.message).collect();
    let said = "network.tiny.gain has no effect unless network.backbone is \"tiny\"";
    assert_eq!(warnings, [said]);
    let gain = field("network.tiny.gain").unwrap();
    assert!(!gain.belongs_to(&checked.experiment));
    let other = checked.experiment.with(&[("network.backbone", Value::Text("tiny".into()))]);
    let other = other.unwrap();
    assert!(gain.belongs_to(&other) && gain.without_effect(&other).is_none());
    assert_eq!(gain.get(&other), Value::Float(3.0));
}

#[test]
fn meanings_are_one_short_line() {
    for field in FIELDS.iter() {
        assert!(field.meaning.len() <= 80 && !field.meaning.contains('\n'), "{}", field.key);
        assert!(!field.meaning.ends_with('.'), "{}", field.key);
    }
}
