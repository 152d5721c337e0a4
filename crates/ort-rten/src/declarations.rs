//! The types that a model declares for its inputs and outputs.
//!
//! RTen widens and narrows element types while it loads a model (`int64` and
//! `bool` become `int32`, `float16` becomes `float32`) and does not keep the
//! original ones, which callers need to know. So they are read from the file a
//! second time, skipping everything else.

use std::ffi::CString;

use rten_onnx::onnx::{Dimension, TypeProtoTensor, ValueInfoProto};
use rten_onnx::protobuf::{DecodeMessage, Fields, OwnedValues, ProtobufError, ReadValue};

use crate::element::ElementType;
use crate::status::{Error, Result};
use crate::type_info::TensorInfo;

/// The declared inputs and outputs, in the file's order.
pub(crate) struct Declarations {
    pub(crate) inputs: Vec<Declaration>,
    pub(crate) outputs: Vec<Declaration>,
}

impl Declarations {
    pub(crate) fn read(reader: impl ReadValue<Types = OwnedValues>) -> Result<Self> {
        let model = ModelDeclarations::decode(reader)
            .map_err(|error| Error::invalid_model(format!("could not read the model: {error}")))?;
        let declarations = |values: Vec<ValueInfoProto>| {
            values
                .into_iter()
                .map(|value| Declaration {
                    name: value.name.unwrap_or_default(),
                    tensor: value.r#type.and_then(|kind| kind.tensor_type),
                })
                .collect()
        };
        Ok(Self { inputs: declarations(model.graph.inputs), outputs: declarations(model.graph.outputs) })
    }
}

/// One declared input or output.
pub(crate) struct Declaration {
    pub(crate) name: String,
    /// The declared type, if it is that of a tensor.
    tensor: Option<TypeProtoTensor>,
}

impl Declaration {
    /// The element type, if this backend supports it.
    pub(crate) fn element(&self) -> Result<ElementType> {
        let tensor = self.tensor.as_ref().ok_or_else(|| Error::not_implemented("only tensors are supported"))?;
        let number = tensor.elem_type.map_or(0, |element| element.0);
        ElementType::from_number(number)
    }

    /// A description of the type, with `element` as the type of the elements.
    pub(crate) fn info(&self, element: ElementType) -> TensorInfo {
        let element = element.to_sys();
        let shape = self.tensor.as_ref().and_then(|tensor| tensor.shape.as_ref());
        let Some(shape) = shape else {
            return TensorInfo::without_shape(element);
        };
        let sizes = shape.dim.iter().map(size).collect();
        let symbols = shape.dim.iter().map(symbol).collect();
        TensorInfo::new(element, sizes).with_symbols(symbols)
    }
}

/// The size of a dimension, or -1 if it is not fixed.
fn size(dimension: &Dimension) -> i64 {
    dimension.dim_value.filter(|size| *size >= 0).unwrap_or(-1)
}

/// The name of a dimension, empty if it has none.
fn symbol(dimension: &Dimension) -> CString {
    let mut name = dimension.dim_param.clone().unwrap_or_default();
    name.retain(|c| c != '\0');
    CString::new(name).unwrap_or_default()
}

#[derive(Default)]
struct ModelDeclarations {
    graph: GraphDeclarations,
}

impl DecodeMessage for ModelDeclarations {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = Self::Types>>(
        mut fields: Fields<R>,
    ) -> std::result::Result<Self, ProtobufError> {
        let mut model = Self::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                7 => model.graph = GraphDeclarations::decode_field(&mut field)?,
                _ => field.skip()?,
            }
        }
        Ok(model)
    }
}

#[derive(Default)]
struct GraphDeclarations {
    inputs: Vec<ValueInfoProto>,
    outputs: Vec<ValueInfoProto>,
}

impl DecodeMessage for GraphDeclarations {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = Self::Types>>(
        mut fields: Fields<R>,
    ) -> std::result::Result<Self, ProtobufError> {
        let mut graph = Self::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                11 => graph.inputs.push(ValueInfoProto::decode_field(&mut field)?),
                12 => graph.outputs.push(ValueInfoProto::decode_field(&mut field)?),
                _ => field.skip()?,
            }
        }
        Ok(graph)
    }
}
