//! Vectors that come with the texts: a numpy array, one row for each.

use std::fs::File;
use std::io::{BufReader, Seek};

use ndarray::Array2;
use ndarray_npy::{ReadNpyError, ReadNpyExt};

use super::CorpusError;
use crate::corpus::source::VectorsFile;
use crate::corpus::{Corpus, GivenVectors};
use crate::math::space::Space;

/// Reads the vectors of a corpus.
///
/// # Errors
/// [`CorpusError`], naming the file: if it is no array of texts × dimensions, if there is not one row for each text, or
/// if a number in it is none.
pub(super) fn read(given: &VectorsFile, corpus: &Corpus) -> Result<GivenVectors, CorpusError> {
    let name = given.path.display().to_string();
    let unreadable = |source| CorpusError::Unreadable { name: name.clone(), source };
    let mut file = BufReader::new(File::open(&given.path).map_err(unreadable)?);
    // 32-bit floats, or 64-bit floats as numpy makes them where nobody says otherwise.
    let vectors = match Array2::<f32>::read_npy(&mut file) {
        Err(ReadNpyError::WrongDescriptor(_)) => {
            file.rewind().map_err(unreadable)?;
            Array2::<f64>::read_npy(&mut file).map(|array| array.mapv(narrow))
        }
        read => read,
    };
    let vectors = vectors.map_err(|error| match error {
        ReadNpyError::Io(source) => unreadable(source),
        ReadNpyError::WrongDescriptor(found) => {
            CorpusError::unusable(&name, format!("float32 or float64 are wanted, not {found}"))
        }
        error => CorpusError::unusable(&name, format!("no array of texts × dimensions (.npy): {error}")),
    })?;
    let (rows, texts) = (vectors.nrows(), corpus.documents.len());
    if rows != texts {
        let reason = format!("{rows} vectors, but {texts} texts in {}; there has to be one for each", corpus.name);
        return Err(CorpusError::unusable(&name, reason));
    }
    if vectors.ncols() == 0 {
        return Err(CorpusError::unusable(&name, "its vectors have no dimensions"));
    }
    if let Some(row) = vectors.rows().into_iter().position(|row| row.iter().any(|number| !number.is_finite())) {
        let reason = format!("row {row} (counted from 0) holds a number that is not finite");
        return Err(CorpusError::unusable(&name, reason));
    }
    let vectors = if vectors.is_standard_layout() { vectors } else { vectors.as_standard_layout().into_owned() };
    Ok(GivenVectors { backend: given.backend.clone(), vectors, space: Space::Cosine })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "models compute with 32 bits or fewer; too large a number is infinite"
)]
fn narrow(number: f64) -> f32 {
    number as f32
}
