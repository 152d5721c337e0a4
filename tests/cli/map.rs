//! `vecscope map`: the corpus laid flat, by the real model.

use serde_json::Value;

use crate::lab::{Folder, assert_says, run, vecscope};

fn map(arguments: &[&str]) -> Value {
    let arguments = [&["map"], arguments, &["--format", "json"]].concat();
    run(&mut vecscope(&arguments)).json()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| unreachable!("{value} is a number"))
}

fn points(report: &Value) -> Vec<(String, [f64; 2])> {
    let points = report["points"].as_array().expect("points").iter();
    let point =
        |point: &Value| (point["id"].as_str().expect("an id").to_owned(), [number(&point["x"]), number(&point["y"])]);
    points.map(point).collect()
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[test]
fn places_variance_and_neighbours_are_told_and_fit_together() {
    let report = map(&["--query", "how do I ask a database a question"]);
    let points = points(&report);
    assert_eq!((points.len(), &report["method"], &report["dimensions"]), (100, &"pca".into(), &384.into()));
    // A principal component is the direction of most variance: the first has more, and coordinates have mean 0.
    let variance = |axis: usize| points.iter().map(|(_, place)| place[axis].powi(2)).sum::<f64>();
    for axis in 0..2 {
        assert!(points.iter().map(|(_, place)| place[axis]).sum::<f64>().abs() < 1e-3);
    }
    let explained = [0, 1].map(|axis| number(&report["variance_explained"][axis]));
    assert!(explained[0] >= explained[1] && explained[1] > 0.0);
    assert!((variance(0) / variance(1) - explained[0] / explained[1]).abs() < 1e-6);
    // The mean of what is told of each point.
    let kept: Vec<f64> =
        report["points"].as_array().expect("points").iter().map(|it| number(&it["preserved"])).collect();
    let mean = kept.iter().sum::<f64>() / 100.0;
    assert!((mean - number(&report["neighbours"]["preserved"])).abs() < 1e-9);
    assert!(mean > number(&report["neighbours"]["by_chance"]), "a map is better than none");
    // The true neighbours of the query are those of the ranking, and their ranks on the map follow from the places.
    let search = run(&mut vecscope(&["search", "how do I ask a database a question", "--format", "json"])).json();
    let (near, ranked) = (&report["query"]["neighbours"], &search["results"]);
    let query = [number(&report["query"]["x"]), number(&report["query"]["y"])];
    for (near, ranked) in near.as_array().expect("neighbours").iter().zip(ranked.as_array().expect("results")) {
        assert_eq!((&near["id"], &near["cosine"]), (&ranked["id"], &ranked["score"]));
        let own = points.iter().find(|(id, _)| near["id"] == id.as_str()).expect("it is on the map").1;
        let nearer = points.iter().filter(|(_, place)| distance(*place, query) < distance(own, query)).count();
        assert_eq!(near["rank_on_map"], nearer + 1);
    }
}

#[test]
fn a_map_is_the_same_on_every_run_and_t_sne_keeps_more_neighbours() {
    let (first, second) = (map(&["--method", "tsne"]), map(&["--method", "tsne"]));
    assert_eq!(first, second);
    assert!(first["variance_explained"].is_null());
    let kept = |report: &Value| number(&report["neighbours"]["preserved"]);
    assert!(kept(&first) > kept(&map(&[])), "that is what it is for");
}

#[test]
fn axes_lie_between_phrases() {
    let folder = Folder::new();
    let corpus = folder.file("heat.txt", "a freezing winter night\nthe hot desert sun\na warm bath\nsnow and ice\n");
    let report = map(&["--corpus", &corpus, "--axes", "cold -> hot"]);
    let across: Vec<f64> = points(&report).iter().map(|(_, place)| place[0]).collect();
    assert!(across[1] > across[0] && across[2] > across[3] && across[1] > across[3], "{across:?}");
    assert_eq!(report["axes"]["x"][1], "hot");
    assert_eq!(report["grouped_by"], "cluster", "the corpus has no topics");
    let refused = |axes: &str| run(&mut vecscope(&["map", "--axes", axes])).refused();
    assert_says(&refused("cold"), &["two phrases"]);
    assert_says(&refused("cold -> cold"), &["same vector"]);
    assert_says(&refused("cold -> hot, hot -> cold"), &["same direction"]);
}

#[test]
fn a_picture_is_well_formed_whatever_the_texts_hold() {
    let folder = Folder::new();
    let corpus =
        folder.file("hostile.txt", "a < b & c > d \"quoted\" ]]>\n\u{1b}[2J<script>alert(1)</script>\nthird\n");
    let query = "<b>&\u{1b}";
    let picture = run(&mut vecscope(&["map", "--corpus", &corpus, "--query", query, "--format", "svg"])).succeeded();
    assert!(!picture.contains('\u{1b}') && !picture.contains("<script") && !picture.contains("<b>"), "{picture}");
    assert_says(&picture, &["prefers-color-scheme: dark", "a &lt; b &amp; c", "neighbours preserved"]);
    // Every element is closed, the outermost last.
    let mut open = Vec::new();
    for tag in picture.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name.to_owned()), "{picture}"),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split([' ', '\n']).next().unwrap_or_default().to_owned()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(picture.matches("<title>").count(), 1 + 3 + 1, "the picture's, each point's, the query's");
}

#[test]
fn the_table_says_how_far_to_trust_it() {
    let table = run(&mut vecscope(&["map", "--by", "cluster", "--top", "2"])).succeeded();
    assert_says(
        &table,
        &["PCA of 100 documents", "variance explained", "neighbours preserved", "by cluster: ", "worst"],
    );
    let near = run(&mut vecscope(&["map", "--query", "python", "--top", "1"])).succeeded();
    assert_says(&near, &["rank  cosine  on the map", "#"]);
}

#[test]
fn the_smallest_corpora_have_maps_too() {
    let folder = Folder::new();
    // The same text under different topics, or it would be one document.
    let same = |count: usize| {
        let line = |topic| format!("{{\"text\":\"the same line\",\"topic\":{topic}}}\n");
        (0..count).map(line).collect::<Vec<_>>().concat()
    };
    for (name, content, documents) in
        [("one.txt", "alone\n", 1), ("two.txt", "one\ntwo\n", 2), ("same.jsonl", same(3).as_str(), 3)]
    {
        let corpus = folder.file(name, content);
        for method in ["pca", "tsne"] {
            let report = map(&["--corpus", &corpus, "--method", method, "--query", "a"]);
            assert_eq!(points(&report).len(), documents, "{name} by {method}");
            run(&mut vecscope(&["map", "--corpus", &corpus, "--method", method, "--format", "svg"])).succeeded();
        }
    }
    let nothing = folder.file("empty.txt", "\n");
    assert_eq!(run(&mut vecscope(&["map", "--corpus", &nothing])).code, Some(1));
    for blank in [" ", "=", "= -"] {
        assert_says(&run(&mut vecscope(&["map", "--query", blank])).refused(), &["the query is empty"]);
    }
    let alone = folder.file("alone.txt", "alone\n");
    assert_says(&run(&mut vecscope(&["map", "--corpus", &alone])).succeeded(), &["no neighbours to keep"]);
    assert!(map(&["--corpus", &alone])["neighbours"]["preserved"].is_null());
    let equal = folder.file("equal.jsonl", same(60));
    for method in ["pca", "tsne"] {
        let report = map(&["--corpus", &equal, "--method", method]);
        assert_eq!(report["neighbours"]["preserved"], 1.0, "of equal ones none is nearer");
    }
    let corpus = folder.file("plain.txt", "a\nb\n");
    assert_says(&run(&mut vecscope(&["map", "--by", "topic", "--corpus", &corpus])).refused(), &["no topics"]);
}
