//! Loading models.

use std::fs::{self, File};
use std::io::{BufReader, Cursor, ErrorKind};
use std::path::Path;

use ort_sys::OrtErrorCode;
use rten::{LoadError, LoadErrorKind, Model, ModelOptions};
use rten_onnx::onnx::is_onnx_model;
use rten_onnx::protobuf::ValueReader;

use crate::declarations::Declarations;
use crate::options::SessionOptions;
use crate::status::{Error, Result};
use crate::wire;

/// How files of RTen's own format begin.
const RTEN_MAGIC: &[u8] = b"RTEN";

/// Loads a model from memory, of which nothing is kept.
pub(super) fn from_bytes(bytes: &[u8], options: &SessionOptions) -> Result<(Model, Declarations)> {
    wire::check(Cursor::new(bytes), bytes.len() as u64)?;
    let declarations = Declarations::read(ValueReader::from_buf(bytes))?;
    let mut model_options = model_options(options)?;
    for (path, content) in &options.external_data {
        model_options.external_data(path, content.clone());
    }
    // The tests RTen makes to tell its own format, whose bytes it keeps, from
    // ONNX, in the same order.
    if bytes.starts_with(RTEN_MAGIC) || !is_onnx_model(ValueReader::from_buf(bytes)) {
        return Err(Error::invalid_model("not an ONNX model"));
    }
    // SAFETY: the slice is not used after this function returns, so it does
    // not have to live any longer than `bytes`. As tested above, RTen takes
    // the data for ONNX. Then version 0.27.0, the only one this crate builds
    // with, gives it to its loader as a `&'a [u8]` of any lifetime `'a`, and
    // the model that comes out has no lifetime to hold on to it: the loader
    // copies what it needs, as it also must for `ModelOptions::load`, which
    // drops the bytes when it is done. A test overwrites them.
    let unbounded: &'static [u8] = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
    let model = model_options.load_static_slice(unbounded).map_err(|error| load_error(&error))?;
    Ok((model, declarations))
}

/// Loads a model from a file.
///
/// RTen reads it part by part, so that the file as a whole is never in memory.
pub(super) fn from_file(path: &Path, options: &SessionOptions) -> Result<(Model, Declarations)> {
    let is_onnx = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx"));
    if !is_onnx || !options.external_data.is_empty() {
        // RTen goes by the extension, and only takes external data along with
        // bytes.
        let bytes = fs::read(path).map_err(|error| read_error(path, &error))?;
        return from_bytes(&bytes, options);
    }
    let open = || File::open(path).map_err(|error| read_error(path, &error));
    let file = open()?;
    let size = file.metadata().map_err(|error| read_error(path, &error))?.len();
    wire::check(BufReader::new(file), size)?;
    let declarations = Declarations::read(ValueReader::from_file(open()?))?;
    let model = model_options(options)?.load_file(path).map_err(|error| load_error(&error))?;
    Ok((model, declarations))
}

fn model_options(options: &SessionOptions) -> Result<ModelOptions> {
    let mut model_options = ModelOptions::with_all_ops();
    model_options.enable_optimization(options.optimize);
    model_options.prepack_weights(options.prepack_weights()?);
    Ok(model_options)
}

fn read_error(path: &Path, error: &std::io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::NotFound => OrtErrorCode::ORT_NO_SUCHFILE,
        _ => OrtErrorCode::ORT_FAIL,
    };
    Error::new(code, format!("could not read the model {}: {error}", path.display()))
}

fn load_error(error: &LoadError) -> Error {
    let code = match error.kind() {
        LoadErrorKind::ParseError | LoadErrorKind::UnknownFileType => OrtErrorCode::ORT_INVALID_PROTOBUF,
        LoadErrorKind::OperatorInvalid | LoadErrorKind::GraphError => OrtErrorCode::ORT_INVALID_GRAPH,
        _ => OrtErrorCode::ORT_FAIL,
    };
    Error::new(code, format!("RTen could not load the model: {error}"))
}
