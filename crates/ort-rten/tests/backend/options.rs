//! Session options.

use ort::session::builder::GraphOptimizationLevel;
use ort::session::builder::SessionBuilder;
use ort::value::Tensor;

use crate::{builder, linear};

fn compute(mut builder: SessionBuilder) -> Vec<f32> {
    let mut session = builder.commit_from_memory(&linear().build()).unwrap();
    let x = Tensor::from_array(([2, 2], vec![1.0_f32, 1.0, 0.0, 2.0])).unwrap();
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    outputs["y"].try_extract_tensor::<f32>().unwrap().1.to_vec()
}

const EXPECTED: [f32; 6] = [5.5, 6.5, 19.0, 8.5, 9.5, 22.0];

#[test]
fn thread_counts_make_no_difference_to_results() {
    for threads in [0, 1, 2, 3] {
        let builder = builder().with_intra_threads(threads).unwrap();
        assert_eq!(compute(builder), EXPECTED);
    }
}

#[test]
fn optimizations_make_no_difference_to_results() {
    for level in [GraphOptimizationLevel::Disable, GraphOptimizationLevel::Level1, GraphOptimizationLevel::All] {
        let builder = builder().with_optimization_level(level).unwrap();
        assert_eq!(compute(builder), EXPECTED);
    }
}

#[test]
fn prepacking_makes_no_difference_to_results() {
    for value in ["0", "1"] {
        let builder = builder().with_config_entry("ort_rten.prepack_weights", value).unwrap();
        assert_eq!(compute(builder), EXPECTED);
    }
}

#[test]
fn wrong_values_are_errors() {
    let mut builder = builder().with_config_entry("ort_rten.prepack_weights", "yes").unwrap();
    let error = builder.commit_from_memory(&linear().build()).unwrap_err();
    assert!(error.to_string().contains("ort_rten.prepack_weights"));
    assert!(crate::builder().with_intra_threads(usize::MAX).is_err());
}

#[test]
fn unknown_entries_are_ignored() {
    let builder = builder().with_config_entry("session.something", "else").unwrap();
    assert_eq!(compute(builder), EXPECTED);
}

#[test]
fn entries_can_be_read_back() {
    use ort::AsPointer;
    let builder = builder().with_config_entry("key", "value").unwrap();
    let api = ort::api();
    let key = c"key".as_ptr();
    let mut buffer = [0; 6];
    let mut size = 0;
    let mut has = [9, 9];
    // SAFETY: all pointers are to live objects, and `size` is never more than
    // the size of the buffer.
    let statuses = unsafe {
        let options = builder.ptr();
        let asked = (api.GetSessionConfigEntry)(options, key, std::ptr::null_mut(), &raw mut size);
        assert_eq!(size, 6);
        size = 5;
        let short = (api.GetSessionConfigEntry)(options, key, buffer.as_mut_ptr(), &raw mut size);
        assert_eq!(size, 6);
        let fits = (api.GetSessionConfigEntry)(options, key, buffer.as_mut_ptr(), &raw mut size);
        let known = (api.HasSessionConfigEntry)(options, key, &raw mut has[0]);
        let unknown = (api.HasSessionConfigEntry)(options, c"x".as_ptr(), &raw mut has[1]);
        [asked, short, fits, known, unknown].map(|status| ort::Error::result_from_status(status))
    };
    assert_eq!(statuses.map(|status| status.is_ok()), [true, false, true, true, true]);
    assert_eq!(buffer.map(i8::cast_unsigned), *b"value\0");
    assert_eq!(has, [1, 0]);
}
