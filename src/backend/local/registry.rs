//! Which models are loaded now, so that nobody loads one a second time.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Adjustments, EngineChoice, LoadedModel};
use crate::backend::BackendError;
use crate::backend::spec::LocalModel;

/// A model as it is configured: two that differ in anything are loaded on their own.
pub type ModelKey = (LocalModel, EngineChoice, Adjustments);

/// The models that somebody has loaded and still holds.
#[derive(Debug, Default)]
pub struct LoadedModels {
    slots: Mutex<Vec<(ModelKey, Slot)>>,
}

/// Locked while its model is loaded, so that whoever wants the same one meanwhile waits for it.
type Slot = Arc<Mutex<Weak<LoadedModel>>>;

impl LoadedModels {
    /// The model if somebody holds it, else what `load` makes. Other models can be had meanwhile.
    ///
    /// # Errors
    /// What `load` says.
    pub fn get_or_load(
        &self,
        key: &ModelKey,
        load: impl FnOnce() -> Result<LoadedModel, BackendError>,
    ) -> Result<Arc<LoadedModel>, BackendError> {
        let slot = self.slot(key);
        let mut held = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = held.upgrade() {
            return Ok(model);
        }
        let model = Arc::new(load()?);
        *held = Arc::downgrade(&model);
        Ok(model)
    }

    fn slot(&self, key: &ModelKey) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, slot)) = slots.iter().find(|(other, _)| other == key) {
            return Arc::clone(slot);
        }
        let slot = Slot::default();
        slots.push((key.clone(), Arc::clone(&slot)));
        slot
    }
}
