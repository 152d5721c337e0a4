//! Memory infos and the one allocator there is: CPU memory from Rust's global
//! allocator.

use std::alloc::Layout;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use ort_sys::{
    ORT_API_VERSION, OrtAllocator, OrtAllocatorType, OrtMemType, OrtMemoryInfo, OrtMemoryInfoDeviceType, OrtSession,
    OrtStatusPtr,
};

use crate::handle::{Handle, string, write, write_handle};
use crate::status::{Error, Result, guard, guard_silent};

/// The name of the only device there is.
const CPU_NAME: &CStr = c"Cpu";

/// Where memory is: always on the CPU, so only the details differ.
#[derive(PartialEq, Eq)]
pub(crate) struct MemoryInfo {
    id: c_int,
    allocator_type: OrtAllocatorType,
    memory_type: OrtMemType,
}

impl Handle for MemoryInfo {
    type Opaque = OrtMemoryInfo;
    const NAME: &'static str = "memory info";
}

static CPU: MemoryInfo = MemoryInfo {
    id: 0,
    allocator_type: OrtAllocatorType::OrtDeviceAllocator,
    memory_type: OrtMemType::OrtMemTypeDefault,
};

/// The description of the memory every tensor lives in. Never released.
pub(crate) fn cpu_memory() -> *const OrtMemoryInfo {
    (&raw const CPU).cast()
}

pub(crate) unsafe extern "system" fn create_memory_info(
    name: *const c_char,
    allocator_type: OrtAllocatorType,
    id: c_int,
    memory_type: OrtMemType,
    out: *mut *mut OrtMemoryInfo,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a C string and a valid out pointer.
        unsafe {
            let name = string(name, "the device name")?;
            if name.as_bytes() != CPU_NAME.to_bytes() {
                return Err(Error::not_implemented(format!("there is no device `{name}`: RTen runs on the CPU")));
            }
            let info = MemoryInfo { id, allocator_type, memory_type };
            write_handle(out, info)
        }
    })
}

pub(crate) unsafe extern "system" fn create_cpu_memory_info(
    allocator_type: OrtAllocatorType,
    memory_type: OrtMemType,
    out: *mut *mut OrtMemoryInfo,
) -> OrtStatusPtr {
    // SAFETY: the name is a C string; `out` is the caller's promise.
    unsafe { create_memory_info(CPU_NAME.as_ptr(), allocator_type, 0, memory_type, out) }
}

pub(crate) unsafe extern "system" fn memory_info_get_name(
    info: *const OrtMemoryInfo,
    out: *mut *const c_char,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live memory info and a valid out pointer.
        unsafe {
            MemoryInfo::from_raw(info)?;
            write(out, CPU_NAME.as_ptr())
        }
    })
}

pub(crate) unsafe extern "system" fn memory_info_get_id(info: *const OrtMemoryInfo, out: *mut c_int) -> OrtStatusPtr {
    // SAFETY: the API asks for a live memory info and a valid out pointer.
    guard(|| unsafe { write(out, MemoryInfo::from_raw(info)?.id) })
}

pub(crate) unsafe extern "system" fn memory_info_get_type(
    info: *const OrtMemoryInfo,
    out: *mut OrtAllocatorType,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live memory info and a valid out pointer.
    guard(|| unsafe { write(out, MemoryInfo::from_raw(info)?.allocator_type) })
}

pub(crate) unsafe extern "system" fn memory_info_get_mem_type(
    info: *const OrtMemoryInfo,
    out: *mut OrtMemType,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live memory info and a valid out pointer.
    guard(|| unsafe { write(out, MemoryInfo::from_raw(info)?.memory_type) })
}

pub(crate) unsafe extern "system" fn memory_info_get_device_type(
    _info: *const OrtMemoryInfo,
    out: *mut OrtMemoryInfoDeviceType,
) {
    guard_silent(|| {
        let device = OrtMemoryInfoDeviceType::OrtMemoryInfoDeviceType_CPU;
        // SAFETY: the API asks for a valid out pointer. A null one is ignored,
        // as this function reports no status.
        let _ = unsafe { write(out, device) };
    });
}

pub(crate) unsafe extern "system" fn compare_memory_info(
    first: *const OrtMemoryInfo,
    second: *const OrtMemoryInfo,
    out: *mut c_int,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live memory infos and a valid out pointer.
        unsafe {
            let same = MemoryInfo::from_raw(first)? == MemoryInfo::from_raw(second)?;
            // As with strcmp, zero means equal.
            write(out, c_int::from(!same))
        }
    })
}

/// Blocks are aligned to this, and begin this far behind their own size.
const ALIGNMENT: usize = 64;

/// The size of a block.
type Header = [u8; size_of::<usize>()];

static ALLOCATOR: OrtAllocator = OrtAllocator {
    version: ORT_API_VERSION,
    Alloc: Some(allocate),
    Free: Some(free),
    Info: Some(allocator_memory),
    Reserve: Some(reserve),
    // SAFETY: the functions that must not be missing are set above.
    ..unsafe { OrtAllocator::default() }
};

/// The default allocator. Nothing writes through the pointer.
fn default_allocator() -> *mut OrtAllocator {
    (&raw const ALLOCATOR).cast_mut()
}

/// Checks that tensors may be made with an allocator.
pub(crate) fn check_allocator(allocator: *const OrtAllocator) -> Result {
    if ptr::eq(allocator, default_allocator()) {
        Ok(())
    } else {
        Err(Error::not_implemented("tensors can only be made with this backend's own allocator"))
    }
}

unsafe extern "system" fn allocate(_this: *mut OrtAllocator, size: usize) -> *mut c_void {
    let layout = size.checked_add(ALIGNMENT).and_then(|size| Layout::from_size_align(size, ALIGNMENT).ok());
    let Some(layout) = layout else {
        return ptr::null_mut();
    };
    // SAFETY: the layout's size is at least `ALIGNMENT`, so not zero.
    let block = unsafe { std::alloc::alloc(layout) };
    if block.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the block has room for a usize and, from `ALIGNMENT` on, for
    // `size` bytes.
    unsafe {
        block.cast::<Header>().write(layout.size().to_ne_bytes());
        block.add(ALIGNMENT).cast()
    }
}

unsafe extern "system" fn reserve(_this: *const OrtAllocator, size: usize) -> *mut c_void {
    // SAFETY: `allocate` does not look at the allocator it is called on.
    unsafe { allocate(ptr::null_mut(), size) }
}

unsafe extern "system" fn free(_this: *mut OrtAllocator, data: *mut c_void) {
    if data.is_null() {
        return;
    }
    // SAFETY: the caller gives back what `allocate` returned, so the block
    // starts `ALIGNMENT` before it with the size of its (valid) layout.
    unsafe {
        let block = data.cast::<u8>().sub(ALIGNMENT);
        let size = usize::from_ne_bytes(block.cast::<Header>().read());
        std::alloc::dealloc(block, Layout::from_size_align_unchecked(size, ALIGNMENT));
    }
}

unsafe extern "system" fn allocator_memory(_this: *const OrtAllocator) -> *const OrtMemoryInfo {
    cpu_memory()
}

/// Copies a string into memory of the caller's allocator.
///
/// # Safety
/// `allocator` is null or points at a working allocator.
pub(crate) unsafe fn allocate_string(allocator: *mut OrtAllocator, text: &str) -> Result<*mut c_char> {
    // SAFETY: the caller vouches for the allocator; `Alloc` returns null or
    // memory of the size asked for, which holds the text and its NUL.
    unsafe {
        let memory = allocate_with(allocator, text.len() + 1)?.cast::<u8>();
        ptr::copy_nonoverlapping(text.as_ptr(), memory, text.len());
        memory.add(text.len()).write(0);
        Ok(memory.cast())
    }
}

/// # Safety
/// `allocator` is null or points at a working allocator.
unsafe fn allocate_with(allocator: *mut OrtAllocator, size: usize) -> Result<*mut c_void> {
    // SAFETY: the caller vouches for the allocator.
    let memory = unsafe {
        let table = allocator.as_ref().ok_or_else(null_allocator)?;
        table.Alloc.ok_or_else(null_allocator)?(allocator, size)
    };
    if memory.is_null() {
        return Err(Error::fail(format!("could not allocate {size} bytes")));
    }
    Ok(memory)
}

fn null_allocator() -> Error {
    Error::invalid_argument("the allocator is a null pointer or incomplete")
}

pub(crate) unsafe extern "system" fn get_allocator_with_default_options(out: *mut *mut OrtAllocator) -> OrtStatusPtr {
    // SAFETY: the API asks for a valid out pointer.
    guard(|| unsafe { write(out, default_allocator()) })
}

pub(crate) unsafe extern "system" fn create_allocator(
    _session: *const OrtSession,
    info: *const OrtMemoryInfo,
    out: *mut *mut OrtAllocator,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live memory info and a valid out pointer.
        unsafe {
            MemoryInfo::from_raw(info)?;
            write(out, default_allocator())
        }
    })
}

/// There is only the default allocator, which lives as long as the program.
pub(crate) unsafe extern "system" fn release_allocator(_allocator: *mut OrtAllocator) {}

pub(crate) unsafe extern "system" fn allocator_alloc(
    allocator: *mut OrtAllocator,
    size: usize,
    out: *mut *mut c_void,
) -> OrtStatusPtr {
    guard(|| {
        if out.is_null() {
            // Checked first, so that the memory is not leaked.
            return Err(Error::invalid_argument("an output pointer is null"));
        }
        // SAFETY: the API asks for a working allocator and a valid out pointer.
        unsafe { write(out, allocate_with(allocator, size)?) }
    })
}

pub(crate) unsafe extern "system" fn allocator_free(allocator: *mut OrtAllocator, data: *mut c_void) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a working allocator and memory that it made.
        unsafe {
            let table = allocator.as_ref().ok_or_else(null_allocator)?;
            table.Free.ok_or_else(null_allocator)?(allocator, data);
        }
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn allocator_get_info(
    allocator: *const OrtAllocator,
    out: *mut *const OrtMemoryInfo,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a working allocator and a valid out pointer.
        unsafe {
            let table = allocator.as_ref().ok_or_else(null_allocator)?;
            write(out, table.Info.ok_or_else(null_allocator)?(allocator))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_aligned_and_usable() {
        for size in [0, 1, 63, 64, 4096] {
            // SAFETY: the block is written within its size and freed once.
            unsafe {
                let block = allocate(default_allocator(), size);
                assert!(!block.is_null());
                assert_eq!(block.addr() % ALIGNMENT, 0);
                block.cast::<u8>().write_bytes(0xAB, size);
                free(default_allocator(), block);
            }
        }
    }

    #[test]
    fn impossible_sizes_give_null() {
        // SAFETY: nothing is dereferenced.
        unsafe {
            assert!(allocate(default_allocator(), usize::MAX).is_null());
            assert!(allocate(default_allocator(), usize::MAX / 2).is_null());
            free(default_allocator(), ptr::null_mut());
        }
    }
}
