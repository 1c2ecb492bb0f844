use std::collections::BTreeMap;

use super::*;
use crate::store::Event;

/// A project with two photos in each of two categories, a run of it, and photos beside it.
struct Project {
    folder: tempfile::TempDir,
    config: Config,
    run: RunFolder,
}

fn png(path: &Path, grey: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::RgbImage::from_pixel(4, 4, image::Rgb([grey; 3])).save(path).unwrap();
}

impl Project {
    fn new() -> Project {
        let folder = tempfile::tempdir().unwrap();
        let at = |file: &str| folder.path().join(file);
        for (file, grey) in
            [("fire/a.png", 1), ("fire/b.png", 2), ("smoke/a.png", 3), ("smoke/b.png", 4)]
        {
            png(&at(&format!("photos/{file}")), grey);
        }
        for (file, grey) in [("new.png", 10), ("a.png", 11), ("again.png", 2)] {
            png(&at(&format!("outside/{file}")), grey);
        }
        let config = Config::at(folder.path());
        fs::create_dir_all(&config.runs).unwrap();
        let created = Event::Created {
            experiment: "fire".into(),
            source: "experiments/fire.toml".into(),
            root: "../..".into(),
            program: "0.0.0".into(),
            iterations: 400,
            settings: BTreeMap::new(),
            group: None,
        };
        let text = "images = 'photos'\n";
        let run = RunFolder::create(&config.runs, &[], text, created).unwrap();
        Project { folder, config, run }
    }

    fn at(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn plan(&self, category: &str, files: &[&str]) -> Plan {
        let files = files.iter().map(|file| self.at(&format!("outside/{file}"))).collect();
        let wish = Wish { run: self.run.clone(), category: category.to_owned(), files };
        match perform(&self.config, AdditionEffect::Plan(wish)) {
            AdditionNews::Planned(plan) => plan.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn add(&self, plan: Plan) -> (Added, Vec<String>) {
        match perform(&self.config, AdditionEffect::Add(plan)) {
            AdditionNews::Added(added, problems) => (added, problems),
            other => panic!("{other:?}"),
        }
    }

    fn take_back(&self, added: &Added) -> Vec<String> {
        match perform(&self.config, AdditionEffect::TakeBack(added.clone())) {
            AdditionNews::TakenBack(_, problems) => problems,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn photos_are_copied_into_their_category_under_a_free_name_and_stay_where_they_are() {
    let project = Project::new();
    let plan = project.plan("fire", &["new.png", "a.png"]);
    assert_eq!((plan.folder.as_str(), plan.refused.len()), ("photos/fire", 0));
    assert!(!project.at("photos/fire/new.png").exists(), "nothing is done before it is asked");
    let before = fs::read(project.at("photos/fire/a.png")).unwrap();
    let (added, problems) = project.add(plan);
    assert!(problems.is_empty(), "{problems:?}");
    let names: Vec<String> = added.copies.iter().map(|copy| name(&copy.to)).collect();
    assert_eq!(names, ["new.png", "a-2.png"]);
    assert_eq!(fs::read(project.at("photos/fire/a.png")).unwrap(), before, "never over another");
    for (copy, original) in [("new.png", "new.png"), ("a-2.png", "a.png")] {
        let [copy, original] = [format!("photos/fire/{copy}"), format!("outside/{original}")]
            .map(|file| project.at(&file));
        assert_eq!(fs::read(copy).unwrap(), fs::read(original).unwrap());
    }
    let said = AdditionNews::Added(added, Vec::new()).words().unwrap().text;
    let expected =
        "added 2 photos to photos/fire (as a-2.png); r on Experiments trains fire with it";
    assert_eq!(said, expected);
}

#[test]
fn a_name_that_is_taken_between_question_and_answer_is_not_written_over() {
    let project = Project::new();
    let plan = project.plan("smoke", &["new.png"]);
    fs::write(project.at("photos/smoke/new.png"), "another's").unwrap();
    let (added, _) = project.add(plan);
    assert_eq!(added.copies[0].to, project.at("photos/smoke/new-2.png"));
    assert_eq!(fs::read(project.at("photos/smoke/new.png")).unwrap(), b"another's");
    png(&project.at("outside/more.png"), 12);
    let [plan, twice] = [0; 2].map(|_| project.plan("fire", &["more.png"]));
    project.add(plan);
    let (added, problems) = project.add(twice);
    assert!(added.copies.is_empty() && problems[0].contains("there already"), "{problems:?}");
    let plan = project.plan("smoke", &["a.png"]);
    png(&project.at("outside/a.png"), 99);
    let (added, problems) = project.add(plan);
    assert!(added.copies.is_empty() && problems[0].contains("changed since you were asked"));
}

#[test]
fn bytes_that_are_there_already_are_refused_with_their_place() {
    let project = Project::new();
    let plan = project.plan("smoke", &["again.png"]);
    assert_eq!(plan.refused, ["again.png: it is there already, as fire/b.png"]);
    let said = AdditionNews::Planned(Ok(plan)).words().unwrap();
    assert!(said.is_error && said.text.starts_with("nothing is added: again.png"), "{said:?}");
    fs::copy(project.at("outside/new.png"), project.at("outside/twin.png")).unwrap();
    let plan = project.plan("smoke", &["new.png", "twin.png", "gone.png"]);
    assert_eq!(plan.copies.len(), 1);
    assert_eq!(plan.refused[0], "twin.png: it is there already, as photos/smoke/new.png");
    assert!(plan.refused[1].starts_with("gone.png: "));
}

#[test]
fn what_was_decided_about_single_photos_is_not_disturbed() {
    let project = Project::new();
    let file = project.at("experiments/fire.labels.csv");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let hash = |file: &str| blake3::hash(&fs::read(project.at(file)).unwrap());
    let mut corrections = Corrections::read(&file).unwrap();
    let smoke = || Some(Verdict::Category("smoke".into()));
    corrections.decide(hash("outside/new.png"), Path::new("old/new.png"), smoke());
    corrections.decide(hash("photos/fire/b.png"), Path::new("fire/b.png"), Some(Verdict::LeaveOut));
    corrections.write().unwrap();
    // A row of another program, about a name and not about bytes.
    let text = fs::read_to_string(&file).unwrap() + "smoke/a-2.png,fire,,\n";
    fs::write(&file, &text).unwrap();
    let refused = project.plan("fire", &["new.png", "again.png"]).refused;
    assert!(refused[0].contains("fire.labels.csv says of its content: smoke"), "{refused:?}");
    assert!(refused[1].contains("there already, as fire/b.png"), "also one that is left out");
    let plan = project.plan("smoke", &["new.png", "a.png"]);
    assert_eq!(plan.copies[1].to, project.at("photos/smoke/a-3.png"), "a-2 is spoken for");
    project.add(plan);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn an_undo_removes_only_copies_that_are_what_they_were() {
    let project = Project::new();
    let (added, _) = project.add(project.plan("fire", &["new.png", "a.png"]));
    png(&project.at("photos/fire/a-2.png"), 77);
    let problems = project.take_back(&added);
    assert!(!project.at("photos/fire/new.png").exists() && project.at("outside/new.png").exists());
    assert!(project.at("photos/fire/a-2.png").exists());
    assert_eq!(problems, ["a-2.png: it was changed since it was added, so it stays"]);
    let said = AdditionNews::TakenBack(added.clone(), problems).words().unwrap();
    assert!(said.text.starts_with("removed 1 copy from photos/fire; ") && said.is_error);
    assert_eq!(project.take_back(&added)[0], "new.png: it is not there any more");
    // The copy may be the last one there is.
    let (added, _) = project.add(project.plan("fire", &["new.png"]));
    fs::remove_file(project.at("outside/new.png")).unwrap();
    let problems = project.take_back(&added);
    assert!(problems[0].contains("so the copy stays"), "{problems:?}");
    assert!(project.at("photos/fire/new.png").exists());
}

#[test]
fn with_sets_in_folders_a_new_photo_belongs_to_the_training_photos() {
    let project = Project::new();
    for (file, grey) in [("train/fire/a.png", 21), ("train/smoke/a.png", 22)] {
        png(&project.at(&format!("sets/{file}")), grey);
    }
    for (file, grey) in [("test/fire/a.png", 23), ("test/smoke/a.png", 24)] {
        png(&project.at(&format!("sets/{file}")), grey);
    }
    let text = "images = 'sets'\n[split]\nby = 'folders'\n";
    fs::write(project.run.experiment(), text).unwrap();
    assert_eq!(project.plan("smoke", &["new.png"]).folder, "sets/train/smoke");
}
