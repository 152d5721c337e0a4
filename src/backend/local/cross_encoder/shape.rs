//! The shape that a model declares for an output, read from its ONNX file without reading the rest.
//!
//! fastembed does not say what shape scores have, and slices them as if it were right. An ONNX file is a message of
//! Protocol Buffers: fields with a number, most of them with a length before their content, so that what is of no
//! interest, such as the weights, is stepped over.

/// The declared size of each dimension, `None` for one that is not fixed. `None` where nothing is declared, or the file
/// is no model: whoever loads it says so.
pub(super) fn of_output(onnx: &[u8], name: &str) -> Option<Vec<Option<u64>>> {
    // ModelProto.graph, GraphProto.output, ValueInfoProto.name and .type, TypeProto.tensor_type, Tensor.shape,
    // TensorShapeProto.dim, Dimension.dim_value
    let graph = Fields(onnx).message(7)?;
    let output = Fields(graph).messages(12).find(|&output| Fields(output).message(1) == Some(name.as_bytes()))?;
    let shape = Fields(output).message(2).and_then(|kind| Fields(kind).message(1))?;
    let dimensions = Fields(Fields(shape).message(2)?).messages(1);
    Some(dimensions.map(|dimension| Fields(dimension).number(1)).collect())
}

/// The names of a model's outputs. Empty where the file is no model: whoever loads it says so.
pub(super) fn outputs(onnx: &[u8]) -> Vec<String> {
    let Some(graph) = Fields(onnx).message(7) else { return Vec::new() };
    let names = Fields(graph).messages(12).filter_map(|output| Fields(output).message(1));
    names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

/// The fields of a message, from here to its end.
struct Fields<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    fn messages(self, wanted: u64) -> impl Iterator<Item = &'a [u8]> {
        self.filter_map(move |(number, value)| match value {
            Value::Bytes(bytes) if number == wanted => Some(bytes),
            Value::Bytes(_) | Value::Number(_) => None,
        })
    }

    fn message(self, wanted: u64) -> Option<&'a [u8]> {
        self.messages(wanted).next()
    }

    fn number(mut self, wanted: u64) -> Option<u64> {
        self.find_map(|(number, value)| match value {
            Value::Number(value) if number == wanted => Some(value),
            Value::Bytes(_) | Value::Number(_) => None,
        })
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for place in 0..10 {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    /// Ends at the end, and where the rest cannot be read.
    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => Value::Bytes(self.take(8)?),
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Bytes(self.take(4)?),
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field with a length.
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).expect("short");
        assert!(length < 0x80);
        [&[number << 3 | 2, length], content].concat()
    }

    fn output(name: &str, dimensions: &[&[u8]]) -> Vec<u8> {
        let shape: Vec<u8> = dimensions.iter().flat_map(|dimension| field(1, dimension)).collect();
        let tensor = [vec![1 << 3, 1], field(2, &shape)].concat();
        field(12, &[field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat())
    }

    #[test]
    fn the_shape_of_the_output_asked_for_is_read() {
        let batch = field(2, b"batch");
        let graph = [output("hidden", &[&batch]), output("logits", &[&batch, &[1 << 3, 0xac, 2]])].concat();
        // The format's version before it, and some weights that look like nothing.
        let model = [vec![1 << 3, 8], field(7, &[field(5, &[0xff; 9]), graph].concat())].concat();
        // 0x2c + 2 × 128
        assert_eq!(of_output(&model, "logits"), Some(vec![None, Some(300)]));
        assert_eq!(of_output(&model, "hidden"), Some(vec![None]));
        assert_eq!(of_output(&model, "other"), None);
        assert_eq!(outputs(&model), ["hidden", "logits"]);
        assert!(outputs(b"no model").is_empty());
        assert!((0..model.len()).all(|end| of_output(&model[..end], "logits").is_none()));
    }
}
