//! Tensors: memory of the caller's, or memory owned by the value itself.

use std::ffi::{c_int, c_void};
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

use ort_sys::{
    ONNXTensorElementDataType, ONNXType, OrtAllocator, OrtMemoryInfo, OrtStatusPtr, OrtTensorTypeAndShapeInfo,
    OrtTypeInfo, OrtValue,
};
use rten_tensor::{Layout, Tensor as RtenTensor};

use crate::element::ElementType;
use crate::handle::{Handle, slice, write, write_handle};
use crate::memory::{self, MemoryInfo};
use crate::status::{Error, Result, guard};
use crate::type_info::{TensorInfo, TypeInfo};

/// A tensor in row-major order.
pub(crate) struct Tensor {
    element: ElementType,
    shape: Vec<i64>,
    count: usize,
    data: Data,
}

impl Handle for Tensor {
    type Opaque = OrtValue;
    const NAME: &'static str = "value";
}

enum Data {
    /// The caller's memory, which outlives the value.
    Borrowed(NonNull<c_void>),
    Owned(Buffer),
}

/// The parts of a vector of some element type.
///
/// Taken apart, as callers write through pointers they got from a shared
/// handle, which the vector's own pointer must not be assumed to exclude.
struct Buffer {
    data: NonNull<c_void>,
    len: usize,
    capacity: usize,
    free: unsafe fn(NonNull<c_void>, usize, usize),
}

impl Buffer {
    fn new<T: Copy>(elements: Vec<T>) -> Self {
        /// # Safety
        /// The arguments are the parts of a `Vec<T>` that is not used again.
        unsafe fn free<T>(data: NonNull<c_void>, len: usize, capacity: usize) {
            // SAFETY: passed on to the caller.
            drop(unsafe { Vec::from_raw_parts(data.cast::<T>().as_ptr(), len, capacity) });
        }
        let mut elements = ManuallyDrop::new(elements);
        let first = NonNull::from(elements.as_mut_slice()).cast();
        Self { data: first, len: elements.len(), capacity: elements.capacity(), free: free::<T> }
    }

    /// A buffer of zeros, or an error if there is no memory for it.
    fn zeroed<T: Copy + Default>(count: usize) -> Result<Self> {
        let mut elements = Vec::new();
        elements
            .try_reserve_exact(count)
            .map_err(|_| Error::fail(format!("could not allocate a tensor of {count} elements")))?;
        elements.resize(count, T::default());
        Ok(Self::new(elements))
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: `new` took these parts from a vector of the type `free` is
        // for, and they are not used after this.
        unsafe { (self.free)(self.data, self.len, self.capacity) };
    }
}

/// The elements of a tensor, by type.
pub(crate) enum Elements<'a> {
    F32(&'a [f32]),
    U8(&'a [u8]),
    I8(&'a [i8]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    /// One byte each; anything but zero is true.
    Bool(&'a [u8]),
}

impl Tensor {
    /// A tensor in the caller's memory.
    fn borrowed(element: ElementType, shape: &[i64], data: *mut c_void, size: usize) -> Result<Self> {
        let count = element_count(shape)?;
        let needed = count.checked_mul(element.size());
        if needed.is_none_or(|needed| needed > size || isize::try_from(needed).is_err()) {
            return Err(Error::invalid_argument(format!(
                "{size} bytes are too few for a {} tensor of shape {shape:?}",
                element.name()
            )));
        }
        // An element's size is also its alignment.
        let data = match NonNull::new(data) {
            Some(data) if data.addr().get() % element.size() == 0 => data,
            // Never read, as there are no elements.
            _ if count == 0 => NonNull::<i64>::dangling().cast(),
            _ => {
                return Err(Error::invalid_argument("the tensor's data is a null pointer or misaligned"));
            }
        };
        Ok(Self { element, shape: shape.to_vec(), count, data: Data::Borrowed(data) })
    }

    /// A tensor of zeros in memory of its own.
    fn zeroed(element: ElementType, shape: &[i64]) -> Result<Self> {
        let count = element_count(shape)?;
        let buffer = match element {
            ElementType::F32 => Buffer::zeroed::<f32>(count),
            ElementType::U8 | ElementType::Bool => Buffer::zeroed::<u8>(count),
            ElementType::I8 => Buffer::zeroed::<i8>(count),
            ElementType::I32 => Buffer::zeroed::<i32>(count),
            ElementType::I64 => Buffer::zeroed::<i64>(count),
        }?;
        Ok(Self { element, shape: shape.to_vec(), count, data: Data::Owned(buffer) })
    }

    /// Takes over a tensor of RTen's, whose elements are `T` on both sides.
    fn owned<T: Copy>(element: ElementType, tensor: RtenTensor<T>) -> Result<Self> {
        Self::converted(element, tensor, |elements| elements)
    }

    fn converted<T: Copy, U: Copy>(
        element: ElementType,
        tensor: RtenTensor<T>,
        convert: impl FnOnce(Vec<T>) -> Vec<U>,
    ) -> Result<Self> {
        debug_assert_eq!(size_of::<U>(), element.size());
        let shape = tensor
            .shape()
            .iter()
            .map(|&size| i64::try_from(size))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|_| Error::fail("an output's size is out of range"))?;
        // Keeps RTen's buffer, unless the elements are in another order.
        let elements = convert(tensor.into_data());
        Ok(Self { element, shape, count: elements.len(), data: Data::Owned(Buffer::new(elements)) })
    }

    /// Converts what RTen computed to the type that the model declares.
    pub(crate) fn from_rten(element: ElementType, value: rten::Value) -> Result<Self> {
        use rten::Value;
        match (element, value) {
            (ElementType::F32, Value::FloatTensor(tensor)) => Self::owned(element, tensor),
            (ElementType::I32, Value::Int32Tensor(tensor)) => Self::owned(element, tensor),
            (ElementType::I8, Value::Int8Tensor(tensor)) => Self::owned(element, tensor),
            (ElementType::U8, Value::UInt8Tensor(tensor)) => Self::owned(element, tensor),
            (ElementType::I64, Value::Int32Tensor(tensor)) => {
                Self::converted(element, tensor, |ints| ints.into_iter().map(i64::from).collect::<Vec<_>>())
            }
            (ElementType::Bool, Value::Int32Tensor(tensor)) => Self::converted(element, tensor, |ints| {
                ints.into_iter().map(|int| u8::from(int != 0)).collect::<Vec<_>>()
            }),
            (_, value) => {
                Err(Error::fail(format!("declared as {}, but RTen computed {}", element.name(), value.dtype())))
            }
        }
    }

    pub(crate) fn element(&self) -> ElementType {
        self.element
    }

    pub(crate) fn shape(&self) -> &[i64] {
        &self.shape
    }

    fn data(&self) -> NonNull<c_void> {
        match &self.data {
            Data::Borrowed(data) => *data,
            Data::Owned(buffer) => buffer.data,
        }
    }

    /// The tensor's elements.
    ///
    /// # Safety
    /// Borrowed memory is still there, and nothing writes to the elements as
    /// long as they are borrowed.
    pub(crate) unsafe fn elements(&self) -> Elements<'_> {
        // SAFETY: both constructors make sure that there are `count` elements
        // of this type, aligned, and zeros at least for owned memory; the
        // caller sees to the rest. All bit patterns of these types are valid.
        unsafe {
            match self.element {
                ElementType::F32 => Elements::F32(self.slice()),
                ElementType::U8 => Elements::U8(self.slice()),
                ElementType::I8 => Elements::I8(self.slice()),
                ElementType::I32 => Elements::I32(self.slice()),
                ElementType::I64 => Elements::I64(self.slice()),
                ElementType::Bool => Elements::Bool(self.slice()),
            }
        }
    }

    /// # Safety
    /// As for [`Self::elements`]; and `T` is the type of the elements.
    unsafe fn slice<T>(&self) -> &[T] {
        // SAFETY: passed on to the caller.
        unsafe { std::slice::from_raw_parts(self.data().cast().as_ptr(), self.count) }
    }

    /// Copies the elements of `source` into this tensor's memory.
    ///
    /// # Safety
    /// Nothing else uses either tensor's memory meanwhile.
    pub(crate) unsafe fn copy_from(&self, source: &Self) -> Result {
        if self.element != source.element || self.shape != source.shape {
            return Err(Error::invalid_argument(format!(
                "the caller's tensor is {} {:?}, but the result is {} {:?}",
                self.element.name(),
                self.shape,
                source.element.name(),
                source.shape
            )));
        }
        // SAFETY: type and shape are the same, so both hold this many bytes.
        // `ptr::copy` also allows for overlaps.
        unsafe {
            let bytes = source.count * source.element.size();
            let from = source.data().cast::<u8>().as_ptr();
            ptr::copy(from, self.data().cast::<u8>().as_ptr(), bytes);
        }
        Ok(())
    }

    fn info(&self) -> TensorInfo {
        TensorInfo::new(self.element.to_sys(), self.shape.clone())
    }

    /// The position of an element in row-major order.
    fn offset(&self, location: &[i64]) -> Option<usize> {
        if location.len() != self.shape.len() {
            return None;
        }
        let mut offset = 0;
        for (&index, &size) in location.iter().zip(&self.shape) {
            if !(0..size).contains(&index) {
                return None;
            }
            offset = offset * usize::try_from(size).ok()? + usize::try_from(index).ok()?;
        }
        Some(offset)
    }
}

/// The number of elements a shape has room for.
pub(crate) fn element_count(shape: &[i64]) -> Result<usize> {
    let mut count = 1_usize;
    for &size in shape {
        let size = usize::try_from(size)
            .map_err(|_| Error::invalid_argument(format!("the shape {shape:?} has an unknown dimension")))?;
        count = count
            .checked_mul(size)
            .ok_or_else(|| Error::invalid_argument(format!("the shape {shape:?} has too many elements")))?;
    }
    Ok(count)
}

pub(crate) unsafe extern "system" fn create_tensor_as_ort_value(
    allocator: *mut OrtAllocator,
    shape: *const i64,
    shape_len: usize,
    element: ONNXTensorElementDataType,
    out: *mut *mut OrtValue,
) -> OrtStatusPtr {
    guard(|| {
        memory::check_allocator(allocator)?;
        let element = ElementType::from_number(element as i32)?;
        // SAFETY: the API asks for an array of sizes and a valid out pointer.
        unsafe {
            let shape = slice(shape, shape_len, "the shape")?;
            write_handle(out, Tensor::zeroed(element, shape)?)
        }
    })
}

pub(crate) unsafe extern "system" fn create_tensor_with_data_as_ort_value(
    info: *const OrtMemoryInfo,
    data: *mut c_void,
    size: usize,
    shape: *const i64,
    shape_len: usize,
    element: ONNXTensorElementDataType,
    out: *mut *mut OrtValue,
) -> OrtStatusPtr {
    guard(|| {
        let element = ElementType::from_number(element as i32)?;
        // SAFETY: the API asks for a live memory info, an array of sizes, a
        // valid out pointer and data that outlives the value.
        unsafe {
            MemoryInfo::from_raw(info)?;
            let shape = slice(shape, shape_len, "the shape")?;
            write_handle(out, Tensor::borrowed(element, shape, data, size)?)
        }
    })
}

pub(crate) unsafe extern "system" fn is_tensor(value: *const OrtValue, out: *mut c_int) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live value and a valid out pointer.
        unsafe {
            Tensor::from_raw(value)?;
            write(out, 1)
        }
    })
}

/// Only optional values can be without a value, and there are none of those.
pub(crate) unsafe extern "system" fn has_value(value: *const OrtValue, out: *mut c_int) -> OrtStatusPtr {
    // SAFETY: passed on to the caller.
    unsafe { is_tensor(value, out) }
}

pub(crate) unsafe extern "system" fn get_value_type(value: *const OrtValue, out: *mut ONNXType) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live value and a valid out pointer.
        unsafe {
            Tensor::from_raw(value)?;
            write(out, ONNXType::ONNX_TYPE_TENSOR)
        }
    })
}

pub(crate) unsafe extern "system" fn get_type_info(value: *const OrtValue, out: *mut *mut OrtTypeInfo) -> OrtStatusPtr {
    // SAFETY: the API asks for a live value and a valid out pointer.
    guard(|| unsafe { write_handle(out, TypeInfo(Tensor::from_raw(value)?.info())) })
}

pub(crate) unsafe extern "system" fn get_tensor_type_and_shape(
    value: *const OrtValue,
    out: *mut *mut OrtTensorTypeAndShapeInfo,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live value and a valid out pointer.
    guard(|| unsafe { write_handle(out, Tensor::from_raw(value)?.info()) })
}

pub(crate) unsafe extern "system" fn get_tensor_element_type_and_shape_data_reference(
    value: *const OrtValue,
    element: *mut ONNXTensorElementDataType,
    shape: *mut *const i64,
    shape_len: *mut usize,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live value and valid out pointers. The
        // shape borrows from the value.
        unsafe {
            let tensor = Tensor::from_raw(value)?;
            write(element, tensor.element.to_sys())?;
            write(shape, tensor.shape.as_ptr())?;
            write(shape_len, tensor.shape.len())
        }
    })
}

pub(crate) unsafe extern "system" fn get_tensor_mutable_data(
    value: *mut OrtValue,
    out: *mut *mut c_void,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live value and a valid out pointer.
    guard(|| unsafe { write(out, Tensor::from_raw(value)?.data().as_ptr()) })
}

pub(crate) unsafe extern "system" fn get_tensor_size_in_bytes(value: *const OrtValue, out: *mut usize) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live value and a valid out pointer.
        unsafe {
            let tensor = Tensor::from_raw(value)?;
            write(out, tensor.count * tensor.element.size())
        }
    })
}

pub(crate) unsafe extern "system" fn get_tensor_memory_info(
    value: *const OrtValue,
    out: *mut *const OrtMemoryInfo,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live value and a valid out pointer.
        unsafe {
            Tensor::from_raw(value)?;
            write(out, memory::cpu_memory())
        }
    })
}

pub(crate) unsafe extern "system" fn tensor_at(
    value: *mut OrtValue,
    location: *const i64,
    location_len: usize,
    out: *mut *mut c_void,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live value, an array of indices and a
        // valid out pointer. The offset is that of one of the elements.
        unsafe {
            let tensor = Tensor::from_raw(value)?;
            let location = slice(location, location_len, "the location")?;
            let offset = tensor.offset(location).ok_or_else(|| {
                Error::invalid_argument(format!(
                    "there is no element {location:?} in a tensor of shape {:?}",
                    tensor.shape
                ))
            })?;
            let first = tensor.data().cast::<u8>().as_ptr();
            write(out, first.add(offset * tensor.element.size()).cast())
        }
    })
}
