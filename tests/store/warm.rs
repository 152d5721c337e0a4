//! Fills a cache with made-up vectors under the identity of the model in the program, to measure how long a start takes
//! that embeds nothing:
//!
//! ```text
//! VECSCOPE_TEST_WARM=/tmp/warm VECSCOPE_TEST_WARM_TEXTS=1000000 cargo test --release --test store -- --ignored fill
//! time VECSCOPE_CACHE_DIR=/tmp/warm vecscope search "a query" --corpus /tmp/warm/texts.txt
//! ```

use std::env;
use std::fs;
use std::path::PathBuf;

use vecscope::backend::local::{Adjustments, Engine, EngineChoice, Local, ModelSource};
use vecscope::backend::{Embedder, ModelTable, Role};
use vecscope::store::{Row, SqliteStore, VectorStore};

use crate::contract::{info, vector};

#[test]
#[ignore = "needs VECSCOPE_TEST_WARM, a folder, and VECSCOPE_TEST_WARM_TEXTS, how many texts"]
fn fill() {
    const DIMENSIONS: usize = 384;
    let folder = PathBuf::from(env::var_os("VECSCOPE_TEST_WARM").expect("VECSCOPE_TEST_WARM is a folder"));
    let texts = env::var("VECSCOPE_TEST_WARM_TEXTS").ok().and_then(|number| number.parse::<usize>().ok());
    let texts = texts.expect("VECSCOPE_TEST_WARM_TEXTS is a number");
    let engine = Engine::start(&EngineChoice::Rten).expect("it is part of the program");
    let model = Local::load(&ModelSource::Embedded, &engine, &ModelTable::bundled(), &Adjustments::default())
        .expect("so is it");
    let texts: Vec<String> =
        (0..texts).map(|number| format!("made-up sentence number {number} of a large corpus")).collect();
    fs::create_dir_all(&folder).expect("the folder can be made");
    fs::write(folder.join("texts.txt"), texts.join("\n")).expect("the folder can be written");
    let mut store = SqliteStore::in_folder(folder, u64::MAX);
    for (number, batch) in texts.chunks(1_000).enumerate() {
        let vectors: Vec<Vec<f32>> = (0..batch.len()).map(|place| vector(number * 1_000 + place, DIMENSIONS)).collect();
        let rows = batch.iter().zip(&vectors).zip(0..);
        let rows: Vec<Row<'_>> = rows.map(|((text, vector), place)| Row { text, vector, info: info(place) }).collect();
        store.put(&model.identity(Role::Document), &rows).expect("there is room");
    }
}
