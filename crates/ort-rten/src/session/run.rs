//! Running a session.

use std::ffi::c_char;

use ort_sys::{OrtRunOptions, OrtSession, OrtStatusPtr, OrtValue};
use rten::{NodeId, Value, ValueOrView, ValueView};

use super::{Port, Session};
use crate::handle::{Handle, slice, string};
use crate::options::RunOptions;
use crate::status::{Error, Result, guard};
use crate::tensor::{Elements, Tensor};

pub(crate) unsafe extern "system" fn run(
    session: *mut OrtSession,
    options: *const OrtRunOptions,
    input_names: *const *const c_char,
    inputs: *const *const OrtValue,
    input_count: usize,
    output_names: *const *const c_char,
    output_count: usize,
    outputs: *mut *mut OrtValue,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live session, for run options that are
        // live or null, for arrays of names and of live values whose data is
        // not written to during the call, and for an array of outputs that are
        // null or live values that nothing else uses meanwhile.
        unsafe {
            let session = Session::from_raw(session)?;
            check_terminated(options)?;
            let feeds = session.feeds(
                slice(input_names, input_count, "the input names")?,
                slice(inputs, input_count, "the inputs")?,
            )?;
            let names = slice(output_names, output_count, "the output names")?;
            // A copy, since results are written to the array later.
            let places = slice(outputs.cast_const(), output_count, "the outputs")?.to_vec();
            let ports = session.requested(names)?;
            let results = session.compute(feeds, &ports)?;
            // Whoever asked for a stop does not want the results of a run that
            // was over too soon to be stopped.
            check_terminated(options)?;
            deliver(&ports, results, &places, outputs)
        }
    })
}

/// Fails if a run has been called off. RTen cannot be stopped in the middle.
///
/// # Safety
/// `options` is null or points at live options.
unsafe fn check_terminated(options: *const OrtRunOptions) -> Result {
    // SAFETY: passed on to the caller.
    if !options.is_null() && unsafe { RunOptions::from_raw(options) }?.is_terminated() {
        return Err(Error::fail("the run was terminated"));
    }
    Ok(())
}

impl Session {
    /// Matches the values given to the model's inputs.
    ///
    /// # Safety
    /// The names are C strings, and the values live and not written to during
    /// `'a`; or null.
    unsafe fn feeds<'a>(
        &self,
        names: &[*const c_char],
        values: &[*const OrtValue],
    ) -> Result<Vec<(NodeId, ValueOrView<'a>)>> {
        let mut feeds: Vec<(NodeId, ValueOrView)> = Vec::with_capacity(names.len());
        for (&name, &value) in names.iter().zip(values) {
            // SAFETY: passed on to the caller.
            let (name, tensor) = unsafe { (string(name, "an input's name")?, Tensor::from_raw(value)?) };
            let port = find(&self.inputs, "input", name)?;
            if feeds.iter().any(|&(node, _)| node == port.node) {
                return Err(Error::invalid_argument(format!("the input `{name}` is given twice")));
            }
            // SAFETY: passed on to the caller.
            let value = unsafe { port.feed(tensor) }.map_err(|error| error.context(&format!("input `{name}`")))?;
            feeds.push((port.node, value));
        }
        let missing = self.inputs.iter().find(|port| feeds.iter().all(|&(node, _)| node != port.node));
        if let Some(port) = missing {
            return Err(Error::invalid_argument(format!("the input `{}` is missing", port.name)));
        }
        Ok(feeds)
    }

    /// Looks up the outputs that are asked for.
    ///
    /// # Safety
    /// The names are C strings or null.
    unsafe fn requested(&self, names: &[*const c_char]) -> Result<Vec<&Port>> {
        names
            .iter()
            .map(|&name| {
                // SAFETY: passed on to the caller.
                let name = unsafe { string(name, "an output's name") }?;
                find(&self.outputs, "output", name)
            })
            .collect()
    }

    fn compute(&self, feeds: Vec<(NodeId, ValueOrView)>, outputs: &[&Port]) -> Result<Vec<Value>> {
        // RTen computes each node once, so outputs that are one and the same
        // (or asked for twice) are copied afterwards.
        let mut nodes: Vec<NodeId> = Vec::with_capacity(outputs.len());
        for port in outputs {
            if !nodes.contains(&port.node) {
                nodes.push(port.node);
            }
        }
        let options = rten::RunOptions::default().with_thread_pool(self.pool.clone());
        let values = self
            .model
            .run(feeds, &nodes, Some(options))
            .map_err(|error| Error::fail(format!("RTen could not run the model: {error}")))?;
        if nodes.len() == outputs.len() {
            return Ok(values);
        }
        outputs
            .iter()
            .map(|port| {
                nodes
                    .iter()
                    .position(|&node| node == port.node)
                    .and_then(|index| values.get(index).cloned())
                    .ok_or_else(|| Error::fail("RTen left out an output"))
            })
            .collect()
    }
}

fn find<'p>(ports: &'p [Port], kind: &str, name: &str) -> Result<&'p Port> {
    ports.iter().find(|port| port.name == name).ok_or_else(|| {
        let known: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
        Error::invalid_argument(format!("the model has no {kind} `{name}`, only {known:?}"))
    })
}

impl Port {
    /// Converts a tensor for RTen, or lends it the tensor's memory.
    ///
    /// # Safety
    /// The tensor's memory is there and not written to during `'a`.
    unsafe fn feed<'a>(&self, tensor: &'a Tensor) -> Result<ValueOrView<'a>> {
        if tensor.element() != self.element {
            return Err(Error::invalid_argument(format!(
                "expected {} elements, got {}",
                self.element.name(),
                tensor.element().name()
            )));
        }
        let shape = tensor
            .shape()
            .iter()
            .map(|&size| usize::try_from(size))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|_| Error::invalid_argument("the shape is out of range"))?;
        // SAFETY: passed on to the caller.
        match unsafe { tensor.elements() } {
            Elements::F32(elements) => view(shape, elements),
            Elements::U8(elements) => view(shape, elements),
            Elements::I8(elements) => view(shape, elements),
            Elements::I32(elements) => view(shape, elements),
            Elements::I64(elements) => owned(shape, narrow(elements)?),
            Elements::Bool(elements) => owned(shape, elements.iter().map(|&byte| i32::from(byte != 0)).collect()),
        }
    }
}

fn view<'a, T>(shape: Vec<usize>, elements: &'a [T]) -> Result<ValueOrView<'a>>
where
    ValueView<'a>: From<rten_tensor::TensorView<'a, T>>,
{
    ValueView::from_shape(shape, elements)
        .map(ValueOrView::from)
        .map_err(|error| Error::invalid_argument(error.to_string()))
}

fn owned(shape: Vec<usize>, elements: Vec<i32>) -> Result<ValueOrView<'static>> {
    Value::from_shape(shape, elements)
        .map(ValueOrView::from)
        .map_err(|error| Error::invalid_argument(error.to_string()))
}

/// Converts integers to those that RTen computes with.
fn narrow(elements: &[i64]) -> Result<Vec<i32>> {
    elements
        .iter()
        .enumerate()
        .map(|(index, &element)| {
            i32::try_from(element).map_err(|_| {
                Error::invalid_argument(format!("element {index} is {element}, but RTen computes with 32-bit integers"))
            })
        })
        .collect()
}

/// Hands out the results: into the caller's tensors where there are some, else
/// as new ones.
///
/// # Safety
/// `places` holds, for each result, null or a live tensor whose memory nothing
/// else uses; `outputs` is an array of the same length, valid for writing.
unsafe fn deliver(
    ports: &[&Port],
    results: Vec<Value>,
    places: &[*mut OrtValue],
    outputs: *mut *mut OrtValue,
) -> Result {
    let tensors = ports
        .iter()
        .zip(results)
        .map(|(port, value)| Tensor::from_rten(port.element, value).map_err(|error| port.output_error(error)))
        .collect::<Result<Vec<_>>>()?;
    if tensors.len() != places.len() {
        return Err(Error::fail("RTen left out an output"));
    }
    // The caller's tensors first, since that can fail and the rest cannot.
    for ((port, tensor), &place) in ports.iter().zip(&tensors).zip(places) {
        if !place.is_null() {
            // SAFETY: passed on to the caller.
            unsafe { Tensor::from_raw(place)?.copy_from(tensor) }.map_err(|error| port.output_error(error))?;
        }
    }
    for (index, (tensor, place)) in tensors.into_iter().zip(places).enumerate() {
        if place.is_null() {
            // SAFETY: `index` is within the array, which is valid for writing
            // by this function's contract.
            unsafe { outputs.add(index).write(tensor.into_raw()) };
        }
    }
    Ok(())
}

impl Port {
    fn output_error(&self, error: Error) -> Error {
        error.context(&format!("output `{}`", self.name))
    }
}
