//! Descriptions of tensor types: element type, dimensions and their names.

use std::ffi::{CStr, CString, c_char};

use ort_sys::{ONNXTensorElementDataType, ONNXType, OrtStatusPtr, OrtTensorTypeAndShapeInfo, OrtTypeInfo};

use crate::handle::{Handle, slice, write, write_handle};
use crate::status::{Error, Result, guard};

/// The type of a tensor, or of a session's input or output.
#[derive(Clone)]
pub(crate) struct TensorInfo {
    element: ONNXTensorElementDataType,
    /// The sizes of the dimensions; -1 where a size is not fixed.
    dimensions: Vec<i64>,
    /// A name for each dimension, empty where it has none.
    symbols: Vec<CString>,
    /// Whether the number of dimensions is known at all.
    has_shape: bool,
}

impl TensorInfo {
    pub(crate) fn new(element: ONNXTensorElementDataType, dimensions: Vec<i64>) -> Self {
        let symbols = vec![CString::default(); dimensions.len()];
        Self { element, dimensions, symbols, has_shape: true }
    }

    /// A type of which only the element type is known.
    pub(crate) fn without_shape(element: ONNXTensorElementDataType) -> Self {
        Self { has_shape: false, ..Self::new(element, Vec::new()) }
    }

    pub(crate) fn with_symbols(self, symbols: Vec<CString>) -> Self {
        debug_assert_eq!(symbols.len(), self.dimensions.len());
        Self { symbols, ..self }
    }
}

impl Handle for TensorInfo {
    type Opaque = OrtTensorTypeAndShapeInfo;
    const NAME: &'static str = "tensor type and shape info";
}

/// A type of value; tensors are the only ones there are.
pub(crate) struct TypeInfo(pub(crate) TensorInfo);

impl Handle for TypeInfo {
    type Opaque = OrtTypeInfo;
    const NAME: &'static str = "type info";
}

pub(crate) unsafe extern "system" fn get_onnx_type_from_type_info(
    info: *const OrtTypeInfo,
    out: *mut ONNXType,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live type info and a valid out pointer.
        unsafe {
            TypeInfo::from_raw(info)?;
            write(out, ONNXType::ONNX_TYPE_TENSOR)
        }
    })
}

pub(crate) unsafe extern "system" fn cast_type_info_to_tensor_info(
    info: *const OrtTypeInfo,
    out: *mut *const OrtTensorTypeAndShapeInfo,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live type info and a valid out pointer.
        // The result borrows from the type info and is never released.
        unsafe {
            let tensor = &raw const TypeInfo::from_raw(info)?.0;
            write(out, tensor.cast())
        }
    })
}

pub(crate) unsafe extern "system" fn create_tensor_type_and_shape_info(
    out: *mut *mut OrtTensorTypeAndShapeInfo,
) -> OrtStatusPtr {
    let undefined = ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    // SAFETY: the API asks for a valid out pointer.
    guard(|| unsafe { write_handle(out, TensorInfo::without_shape(undefined)) })
}

pub(crate) unsafe extern "system" fn set_tensor_element_type(
    info: *mut OrtTensorTypeAndShapeInfo,
    element: ONNXTensorElementDataType,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live info that no other thread uses.
        unsafe { TensorInfo::from_raw_mut(info) }?.element = element;
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn set_dimensions(
    info: *mut OrtTensorTypeAndShapeInfo,
    sizes: *const i64,
    count: usize,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live info that no other thread uses, and
        // an array of `count` sizes.
        let (info, sizes) = unsafe { (TensorInfo::from_raw_mut(info)?, slice(sizes, count, "the dimensions")?) };
        *info = TensorInfo::new(info.element, sizes.to_vec());
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn set_symbolic_dimensions(
    info: *mut OrtTensorTypeAndShapeInfo,
    names: *mut *const c_char,
    count: usize,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live info that no other thread uses, and
        // an array of `count` C strings.
        let (info, names) = unsafe {
            (TensorInfo::from_raw_mut(info)?, slice(names.cast_const(), count, "the names of the dimensions")?)
        };
        check_count(info, count)?;
        info.symbols = names
            .iter()
            .map(|&name| {
                if name.is_null() {
                    return CString::default();
                }
                // SAFETY: as above, each name is a C string.
                unsafe { CStr::from_ptr(name) }.to_owned()
            })
            .collect();
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn get_tensor_element_type(
    info: *const OrtTensorTypeAndShapeInfo,
    out: *mut ONNXTensorElementDataType,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live info and a valid out pointer.
    guard(|| unsafe { write(out, TensorInfo::from_raw(info)?.element) })
}

pub(crate) unsafe extern "system" fn get_dimensions_count(
    info: *const OrtTensorTypeAndShapeInfo,
    out: *mut usize,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live info and a valid out pointer.
    guard(|| unsafe { write(out, TensorInfo::from_raw(info)?.dimensions.len()) })
}

pub(crate) unsafe extern "system" fn get_dimensions(
    info: *const OrtTensorTypeAndShapeInfo,
    sizes: *mut i64,
    count: usize,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live info and room for `count` sizes.
        unsafe {
            let info = TensorInfo::from_raw(info)?;
            check_count(info, count)?;
            for (index, &size) in info.dimensions.iter().enumerate() {
                write(sizes.wrapping_add(index), size)?;
            }
        }
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn get_symbolic_dimensions(
    info: *const OrtTensorTypeAndShapeInfo,
    names: *mut *const c_char,
    count: usize,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live info and room for `count` pointers,
        // which stay valid as long as the info.
        unsafe {
            let info = TensorInfo::from_raw(info)?;
            check_count(info, count)?;
            for (index, symbol) in info.symbols.iter().enumerate() {
                write(names.wrapping_add(index), symbol.as_ptr())?;
            }
        }
        Ok(())
    })
}

fn check_count(info: &TensorInfo, count: usize) -> Result {
    let dimensions = info.dimensions.len();
    if count == dimensions {
        return Ok(());
    }
    Err(Error::invalid_argument(format!("the shape has {dimensions} dimensions, but the array has {count} elements")))
}

pub(crate) unsafe extern "system" fn get_tensor_shape_element_count(
    info: *const OrtTensorTypeAndShapeInfo,
    out: *mut usize,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live info and a valid out pointer.
        unsafe {
            let sizes = &TensorInfo::from_raw(info)?.dimensions;
            let count = crate::tensor::element_count(sizes)?;
            write(out, count)
        }
    })
}

pub(crate) unsafe extern "system" fn tensor_type_and_shape_has_shape(info: *const OrtTensorTypeAndShapeInfo) -> bool {
    // SAFETY: the API asks for a live info.
    unsafe { TensorInfo::from_raw(info) }.is_ok_and(|info| info.has_shape)
}
