//! A map as a picture: for a browser or a paper, on a light ground and on a dark one.

use svg::Document;
use svg::node::element::{Circle, Group, Line, Path, Rectangle, Style, Text, Title};

use super::Drawn;
use crate::corpus::DocumentIndex;
use crate::engine::chart::Method;
use crate::math::plane::Place;
use crate::phrase;
use crate::text;

const WIDTH: f64 = 1_080.0;
const HEIGHT: f64 = 720.0;
/// The square of the map, and what stands beside it.
const PLOT: [f64; 4] = [24.0, 76.0, 700.0, 608.0];
const SIDE: f64 = 752.0;
/// The height of a line of text beside the map.
const LINE: f64 = 21.0;

/// Everything takes its colour from here, so that the same picture is good on either ground. `cN` is group N.
const STYLE: &str = "
svg { font: 14px system-ui, sans-serif; background: #fbfbf9; }
.ground { fill: #fbfbf9; } .frame { fill: none; stroke: #c9c8c2; }
text { fill: #33322e; } .title { font-size: 20px; font-weight: 600; } .dim { fill: #6f6e68; }
.join { stroke: #8d8c86; stroke-width: 1; stroke-dasharray: 4 3; }
.rank { font-size: 12px; font-weight: 600; } .halo { stroke: #fbfbf9; stroke-width: 3px; }
.query { fill: none; stroke: #33322e; stroke-width: 2; } .dot { fill: #33322e; }
.mark { stroke-width: 1.6; } .full { stroke: none; } .hollow { fill: none; }
.c0 { color: #0a6ebd; } .c1 { color: #c05a00; } .c2 { color: #2c7d2c; } .c3 { color: #a8298a; }
.c4 { color: #7a6a00; } .c5 { color: #5b4bb8; } .c6 { color: #c4332b; } .c7 { color: #00807c; }
.c8 { color: #55544f; } .c9 { color: #8a5a2b; } .c10 { color: #1f3fa8; } .c11 { color: #5d7d00; }
.c12 { color: #8d8c86; }
.full { fill: currentColor; } .hollow { stroke: currentColor; }
@media (prefers-color-scheme: dark) {
svg { background: #14161a; } .ground { fill: #14161a; } .frame { stroke: #3a3d44; }
text { fill: #e4e3de; } .dim { fill: #9b9a94; } .join { stroke: #7d7c77; } .halo { stroke: #14161a; }
.query { stroke: #f4f3ee; } .dot { fill: #f4f3ee; }
.c0 { color: #5fc3ff; } .c1 { color: #ffae3d; } .c2 { color: #84e07c; } .c3 { color: #f490dd; }
.c4 { color: #efe06a; } .c5 { color: #ab9cff; } .c6 { color: #ff8a7c; } .c7 { color: #4fd6cf; }
.c8 { color: #d0cfc9; } .c9 { color: #d8ab74; } .c10 { color: #8aa8ff; } .c11 { color: #bfe36a; }
.c12 { color: #7d7c77; }
}
";

/// The picture of a map.
pub(super) fn picture(drawn: &Drawn<'_>) -> Document {
    let [x, y, width, height] = PLOT;
    let mut picture = Document::new()
        .set("viewBox", (0, 0, WIDTH, HEIGHT))
        .set("width", WIDTH)
        .set("height", HEIGHT)
        .add(Title::new(shown(&title(drawn))))
        .add(Style::new(STYLE))
        .add(rectangle([0.0, 0.0, WIDTH, HEIGHT]).set("class", "ground"))
        .add(write(x, 36.0, "title", &title(drawn)))
        .add(write(x, 60.0, "dim", &trust(drawn)))
        .add(rectangle([x, y, width, height]).set("class", "frame").set("rx", 8));
    let scale = Scale::new(drawn);
    let query = drawn.ranking.as_ref().and_then(|ranking| drawn.chart.place(ranking)).map(|place| scale.spot(place));
    let nearest = drawn.nearest();
    let spot = |document| drawn.chart.place_of(document).map(|place| scale.spot(place));
    if let Some([from_x, from_y]) = query {
        for [to_x, to_y] in nearest.iter().filter_map(|near| spot(near.document)) {
            let join = Line::new().set("x1", round(from_x)).set("y1", round(from_y)).set("x2", round(to_x));
            picture = picture.add(join.set("y2", round(to_y)).set("class", "join"));
        }
    }
    for (&document, &place) in drawn.chart.vectors.documents.iter().zip(&drawn.chart.places) {
        picture = picture.add(point(drawn, document, scale.spot(place)));
    }
    if let Some([x, y]) = query {
        for (near, [x, y]) in nearest.iter().filter_map(|near| Some((near, spot(near.document)?))) {
            picture = picture.add(name(x + 8.0, y - 6.0, &near.rank.to_string()));
        }
        let circle = |radius: f64| Circle::new().set("cx", round(x)).set("cy", round(y)).set("r", radius);
        let said = Title::new(shown(drawn.arguments.query.as_deref().unwrap_or_default()));
        let mark = Group::new().add(said).add(circle(8.0).set("class", "query")).add(circle(3.0).set("class", "dot"));
        picture = picture.add(mark).add(name(x + 13.0, y + 16.0, "query"));
    }
    for caption in captions(drawn) {
        picture = picture.add(caption);
    }
    legend(picture, drawn)
}

fn title(drawn: &Drawn<'_>) -> String {
    let what = match &drawn.arguments.query {
        Some(query) => format!("“{query}” on the map of {}", drawn.corpus.name),
        None => format!("Map of {}", drawn.corpus.name),
    };
    text::fit(&what, 90).into_owned()
}

/// What the flat picture keeps.
fn trust(drawn: &Drawn<'_>) -> String {
    let chart = &drawn.chart;
    let variance = chart.plane.as_ref().map_or_else(String::new, |plane| {
        format!(" · variance explained {:.1} %", (plane.explained[0] + plane.explained[1]) * 100.0)
    });
    let chance = chart.neighbourhoods.by_chance() * 100.0;
    let kept = drawn.preserved().map_or_else(
        || "no neighbours to keep".into(),
        |kept| format!("neighbours preserved {:.0} % (by chance {chance:.0} %)", kept * 100.0),
    );
    format!(
        "{} of {} vectors in {} dimensions ({}){variance} · {kept}",
        chart.method.name(),
        phrase::thousands(chart.vectors.documents.len() as u64),
        chart.vectors.unit.ncols(),
        text::fit(&text::visible(&drawn.model), 40)
    )
}

/// From places to the picture.
struct Scale {
    centre: Place,
    across: f64,
    up: f64,
}

impl Scale {
    /// A step across is as long as one up, unless the axes have a meaning of their own.
    fn new(drawn: &Drawn<'_>) -> Self {
        const FILLED: f64 = 0.88;
        let extent = drawn.chart.extent();
        let (across, up) = (PLOT[2] * FILLED / extent[0], PLOT[3] * FILLED / extent[1]);
        let (across, up) = match drawn.chart.method {
            Method::Principal | Method::TSne => (across.min(up), across.min(up)),
            Method::Axes => (across, up),
        };
        Self { centre: drawn.chart.centre(), across, up }
    }

    /// Inside the frame, whatever lies outside.
    fn spot(&self, place: Place) -> Place {
        const MARGIN: f64 = 12.0;
        let [x, y, width, height] = PLOT;
        let column = x + width / 2.0 + (place[0] - self.centre[0]) * self.across;
        let row = y + height / 2.0 - (place[1] - self.centre[1]) * self.up;
        [column.clamp(x + MARGIN, x + width - MARGIN), row.clamp(y + MARGIN, y + height - MARGIN)]
    }
}

/// A document's sign, with its text for whoever points at it.
fn point(drawn: &Drawn<'_>, document: DocumentIndex, [x, y]: Place) -> Group {
    const COLUMNS: usize = 300;
    let about = &drawn.corpus[document];
    let said = format!("{}: {}", about.id, text::fit(&text::beginning(&about.text, COLUMNS), COLUMNS));
    sign(drawn.groups.of(document), x, y).add(Title::new(shown(&said)))
}

/// The signs of groups, as on the screen: no two alike, so that the colours are not needed.
fn sign(group: Option<usize>, x: f64, y: f64) -> Group {
    /// Corners around the middle, or none for a circle; full or hollow.
    const SIGNS: [(&str, bool); 12] = [
        ("", true),
        ("M-5-5H5V5H-5Z", true),
        ("M0-6.5L6 5H-6Z", true),
        ("M0-7L6 0L0 7L-6 0Z", true),
        ("", false),
        ("M-5-5H5V5H-5Z", false),
        ("M0-6.5L6 5H-6Z", false),
        ("M0-7L6 0L0 7L-6 0Z", false),
        ("M0-7.5L2.2-2.6L7.1-2.3L3.4 1.1L4.6 6.1L0 3.4L-4.6 6.1L-3.4 1.1L-7.1-2.3L-2.2-2.6Z", true),
        ("M0-7.5L2.2-2.6L7.1-2.3L3.4 1.1L4.6 6.1L0 3.4L-4.6 6.1L-3.4 1.1L-7.1-2.3L-2.2-2.6Z", false),
        ("M0-6V6M-6 0H6", false),
        ("M-5-5L5 5M-5 5L5-5", false),
    ];
    let number = group.unwrap_or(SIGNS.len());
    let (corners, is_full) = SIGNS.get(number).copied().unwrap_or(("", true));
    let class = format!("mark {}", if is_full { "full" } else { "hollow" });
    let group = Group::new()
        .set("class", format!("c{number}"))
        .set("transform", format!("translate({} {})", round(x), round(y)));
    match (corners, SIGNS.get(number)) {
        ("", Some(_)) => group.add(Circle::new().set("r", 5).set("class", class)),
        ("", None) => group.add(Circle::new().set("r", 3).set("class", class)),
        (corners, _) => group.add(Path::new().set("d", corners).set("class", class)),
    }
}

/// What the axes are.
fn captions(drawn: &Drawn<'_>) -> Vec<Text> {
    let [x, y, width, height] = PLOT;
    let bottom = y + height + 22.0;
    let Some(plane) = &drawn.chart.plane else {
        let query = if drawn.ranking.is_some() { "; the query stands between its five nearest" } else { "" };
        return vec![write(x, bottom, "dim", &format!("no axes: only who is near whom means anything{query}"))];
    };
    let [across, up] = plane.explained.map(|share| format!("{:.1} %", share * 100.0));
    let Some(phrases) = &drawn.arguments.axes else {
        let caption = format!("across: first principal component, {across} · up: the second, {up}");
        return vec![write(x, bottom, "dim", &caption)];
    };
    let end = |text: Text| text.set("text-anchor", "end");
    let middle = |text: Text| text.set("text-anchor", "middle");
    let mut captions = vec![
        write(x, bottom, "", &format!("← {}", phrases.x[0])),
        middle(write(x + width / 2.0, bottom, "dim", &format!("across {across} · up {up} of the variance"))),
        end(write(x + width, bottom, "", &format!("{} →", phrases.x[1]))),
    ];
    match &phrases.y {
        Some([low, high]) => {
            captions.push(write(x + 12.0, y + 24.0, "", &format!("↑ {high}")));
            captions.push(write(x + 12.0, y + height - 12.0, "", &format!("↓ {low}")));
        }
        None => captions.push(write(x + 12.0, y + 24.0, "dim", "↑ first principal component of the rest")),
    }
    captions
}

/// What signs mean, and the query's nearest by name.
fn legend(mut picture: Document, drawn: &Drawn<'_>) -> Document {
    const COLUMNS: usize = 42;
    let mut y = PLOT[1] + 14.0;
    for (at, group) in drawn.groups.groups.iter().enumerate() {
        let name = format!("{} {}", group.name, phrase::thousands(group.count as u64));
        picture = picture.add(sign(Some(at), SIDE + 8.0, y - 5.0)).add(write(
            SIDE + 24.0,
            y,
            "",
            &text::fit(&name, COLUMNS - 4),
        ));
        y += LINE;
    }
    let nearest = drawn.nearest();
    if nearest.is_empty() {
        return picture;
    }
    y += LINE;
    picture = picture.add(write(SIDE, y, "dim", "rank · cosine · rank on the map"));
    for near in nearest {
        y += LINE;
        if y > HEIGHT - 10.0 {
            break;
        }
        let on_map = near.rank_on_map.map_or_else(String::new, |rank| format!(" · #{rank}"));
        let said = format!(
            "{} · {:.3}{on_map} · {} {}",
            near.rank,
            near.cosine,
            near.id,
            text::beginning(&drawn.corpus[near.document].text, COLUMNS)
        );
        picture = picture.add(write(SIDE, y, "", &text::fit(&said, COLUMNS)));
    }
    picture
}

fn rectangle([x, y, width, height]: [f64; 4]) -> Rectangle {
    Rectangle::new().set("x", x).set("y", y).set("width", width).set("height", height)
}

fn write(x: f64, y: f64, class: &str, said: &str) -> Text {
    let text = Text::new(shown(said)).set("x", round(x)).set("y", round(y));
    if class.is_empty() { text } else { text.set("class", class) }
}

/// A name over whatever is there, with a little of the ground around it.
fn name(x: f64, y: f64, said: &str) -> Group {
    Group::new().add(write(x, y, "rank halo", said)).add(write(x, y, "rank", said))
}

/// What may stand in XML: what steers a terminal may not, even escaped, and what is no character neither.
fn shown(said: &str) -> String {
    text::visible(said).chars().filter(|character| !matches!(character, '\u{fffe}' | '\u{ffff}')).collect()
}

/// A tenth of a pixel is all that can be seen.
fn round(at: f64) -> f64 {
    (at * 10.0).round() / 10.0
}
