//! The element types of tensors.

use ort_sys::ONNXTensorElementDataType as Sys;

use crate::status::{Error, Result};

/// An element type that tensors of this backend can have.
///
/// ONNX Runtime's numbering of element types is that of the ONNX format, so one
/// pair of conversions serves both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ElementType {
    F32,
    U8,
    I8,
    I32,
    I64,
    Bool,
}

impl ElementType {
    pub(crate) const fn to_sys(self) -> Sys {
        match self {
            Self::F32 => Sys::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
            Self::U8 => Sys::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,
            Self::I8 => Sys::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8,
            Self::I32 => Sys::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,
            Self::I64 => Sys::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,
            Self::Bool => Sys::ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL,
        }
    }

    /// Reads the number of an element type, as ONNX files and ONNX Runtime use
    /// it.
    pub(crate) fn from_number(number: i32) -> Result<Self> {
        [Self::F32, Self::U8, Self::I8, Self::I32, Self::I64, Self::Bool]
            .into_iter()
            .find(|element| element.to_sys() as i32 == number)
            .ok_or_else(|| {
                Error::not_implemented(format!("the element type {} is not supported", unsupported_name(number)))
            })
    }

    /// The bytes one element takes.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::F32 | Self::I32 => 4,
            Self::I64 => 8,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::Bool => "bool",
        }
    }
}

fn unsupported_name(number: i32) -> String {
    let name = match number {
        0 => "\"undefined\"",
        4 => "uint16",
        5 => "int16",
        8 => "string",
        10 => "float16",
        11 => "float64",
        12 => "uint32",
        13 => "uint64",
        14 => "complex64",
        15 => "complex128",
        16 => "bfloat16",
        _ => return format!("number {number}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_onnx_format() {
        let numbers = [(1, "float32"), (2, "uint8"), (3, "int8"), (6, "int32")];
        for (number, name) in numbers.into_iter().chain([(7, "int64"), (9, "bool")]) {
            let element = ElementType::from_number(number).expect("supported");
            assert_eq!(element.name(), name);
            assert_eq!(element.to_sys() as i32, number);
        }
    }

    #[test]
    fn other_types_are_refused_by_name() {
        for (number, name) in [(10, "float16"), (11, "float64"), (8, "string"), (99, "99")] {
            let error = ElementType::from_number(number).expect_err("unsupported");
            assert!(format!("{error:?}").contains(name), "{error:?}");
        }
    }
}
