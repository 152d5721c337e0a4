//! Writes small ONNX models: just enough of Protocol Buffers for that.

/// Element types, by their numbers in the format.
pub(crate) const FLOAT: u64 = 1;
pub(crate) const UINT8: u64 = 2;
pub(crate) const INT8: u64 = 3;
pub(crate) const INT32: u64 = 6;
pub(crate) const INT64: u64 = 7;
pub(crate) const BOOL: u64 = 9;
pub(crate) const FLOAT16: u64 = 10;
pub(crate) const DOUBLE: u64 = 11;

/// A dimension of an input or output.
#[derive(Clone, Copy)]
pub(crate) enum Dim {
    Fixed(u64),
    Named(&'static str),
    Unknown,
}

/// An attribute of an operator.
#[derive(Clone, Copy)]
pub(crate) enum Attribute {
    Int(i64),
    Ints(&'static [i64]),
}

/// A message, or a part of one, in its encoded form.
#[derive(Clone, Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(mut self, mut value: u64) -> Self {
        while value >= 0x80 {
            self.0.push(0x80 | u8::try_from(value & 0x7f).expect("seven bits"));
            value >>= 7;
        }
        self.0.push(u8::try_from(value).expect("seven bits"));
        self
    }

    fn int(self, field: u64, value: u64) -> Self {
        self.varint(field << 3).varint(value)
    }

    fn bytes(self, field: u64, value: &[u8]) -> Self {
        let mut message = self.varint(field << 3 | 2).varint(value.len() as u64);
        message.0.extend_from_slice(value);
        message
    }

    fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn message(self, field: u64, value: &Self) -> Self {
        self.bytes(field, &value.0)
    }
}

/// A model under construction.
#[derive(Clone, Default)]
pub(crate) struct Model(Message);

impl Model {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn input(self, name: &str, element: u64, shape: &[Dim]) -> Self {
        Self(self.0.message(11, &value_info(name, element, shape)))
    }

    pub(crate) fn output(self, name: &str, element: u64, shape: &[Dim]) -> Self {
        Self(self.0.message(12, &value_info(name, element, shape)))
    }

    /// Adds an initializer whose elements are given as bytes.
    pub(crate) fn raw(self, name: &str, element: u64, shape: &[u64], data: &[u8]) -> Self {
        let tensor = shape
            .iter()
            .fold(Message::default(), |tensor, &size| tensor.int(1, size))
            .int(2, element)
            .text(8, name)
            .bytes(9, data);
        Self(self.0.message(5, &tensor))
    }

    /// Adds an initializer whose elements are in a file of their own.
    pub(crate) fn external(self, name: &str, element: u64, shape: &[u64], file: &str, length: u64) -> Self {
        let entry = |key: &str, value: &str| Message::default().text(1, key).text(2, value);
        let tensor = shape
            .iter()
            .fold(Message::default(), |tensor, &size| tensor.int(1, size))
            .int(2, element)
            .text(8, name)
            .message(13, &entry("location", file))
            .message(13, &entry("offset", "0"))
            .message(13, &entry("length", &length.to_string()))
            .int(14, 1);
        Self(self.0.message(5, &tensor))
    }

    pub(crate) fn floats(self, name: &str, shape: &[u64], data: &[f32]) -> Self {
        let bytes: Vec<u8> = data.iter().flat_map(|float| float.to_le_bytes()).collect();
        self.raw(name, FLOAT, shape, &bytes)
    }

    pub(crate) fn ints(self, name: &str, shape: &[u64], data: &[i64]) -> Self {
        let bytes: Vec<u8> = data.iter().flat_map(|int| int.to_le_bytes()).collect();
        self.raw(name, INT64, shape, &bytes)
    }

    pub(crate) fn node(self, operator: &str, inputs: &[&str], outputs: &[&str]) -> Self {
        self.node_with(operator, inputs, outputs, &[])
    }

    pub(crate) fn node_with(
        self,
        operator: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: &[(&str, Attribute)],
    ) -> Self {
        let name = format!("{operator} to {}", outputs.join(" "));
        self.named_node(&name, operator, inputs, outputs, attributes)
    }

    pub(crate) fn named_node(
        self,
        name: &str,
        operator: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: &[(&str, Attribute)],
    ) -> Self {
        let mut node = Message::default();
        for input in inputs {
            node = node.text(1, input);
        }
        for output in outputs {
            node = node.text(2, output);
        }
        node = node.text(3, name).text(4, operator);
        for (name, value) in attributes {
            node = node.message(5, &attribute(name, *value));
        }
        Self(self.0.message(1, &node))
    }

    pub(crate) fn build(self) -> Vec<u8> {
        let opset = Message::default().int(2, 17);
        let graph = self.0.text(2, "graph");
        // The graph comes last, so that no proper prefix of a model is one.
        Message::default().int(1, 8).text(2, "test").message(8, &opset).message(7, &graph).0
    }
}

fn attribute(name: &str, value: Attribute) -> Message {
    const INT: u64 = 2;
    const INTS: u64 = 7;
    let attribute = Message::default().text(1, name);
    match value {
        Attribute::Int(int) => attribute.int(3, int.cast_unsigned()).int(20, INT),
        Attribute::Ints(ints) => {
            ints.iter().fold(attribute, |attribute, int| attribute.int(8, int.cast_unsigned())).int(20, INTS)
        }
    }
}

fn value_info(name: &str, element: u64, shape: &[Dim]) -> Message {
    let dimensions = shape.iter().fold(Message::default(), |shape, dim| {
        let dimension = match dim {
            Dim::Fixed(size) => Message::default().int(1, *size),
            Dim::Named(name) => Message::default().text(2, name),
            Dim::Unknown => Message::default(),
        };
        shape.message(1, &dimension)
    });
    let tensor = Message::default().int(1, element).message(2, &dimensions);
    Message::default().text(1, name).message(2, &Message::default().message(1, &tensor))
}
