use super::*;

#[test]
fn long_texts_go_through_the_model_in_smaller_company() {
    assert_eq!(batch(&[20; 30], 8), 8);
    assert_eq!(batch(&[100, 170, 171, 200], 8), 2);
    assert_eq!(batch(&[170, 170, 170, 200], 8), 3);
    assert_eq!(batch(&[600, 600], 8), 1);
    assert_eq!(batch(&[20, 20], 1), 1);
}

#[cfg(feature = "embedded-model")]
mod embedded {
    use std::slice;

    use super::*;
    use crate::backend::local::{EngineChoice, LoadedModels};
    use crate::backend::spec::LocalModel;

    fn load(models: &LoadedModels, adjustments: &Adjustments) -> Arc<LoadedModel> {
        let key = (LocalModel::Embedded, EngineChoice::Rten, adjustments.clone());
        let load = || {
            let engine = Engine::start(&EngineChoice::Rten)?;
            LoadedModel::load(&ModelSource::Embedded, &engine, &ModelTable::bundled(), adjustments)
        };
        models.get_or_load(&key, load).expect("the model is part of the program")
    }

    #[test]
    fn a_model_is_loaded_once_and_gone_when_nobody_holds_it() {
        let models = LoadedModels::default();
        let (first, second) = (load(&models, &Adjustments::default()), load(&models, &Adjustments::default()));
        assert!(Arc::ptr_eq(&first, &second));
        let cut = Adjustments { max_tokens: Some(16), ..Adjustments::default() };
        let other = load(&models, &cut);
        assert_eq!((first.max_tokens, other.max_tokens), (256, 16));
        let weak = Arc::downgrade(&first);
        drop((first, second));
        assert!(weak.upgrade().is_none());
    }

    #[test]
    fn nothing_is_kept_before_it_is_wanted_and_everything_after() {
        let model = load(&LoadedModels::default(), &Adjustments::default());
        let [before, after] = ["Bread is baked.", "The dough rises."].map(|text| Text::new(text, &Prompt::Nothing));
        let vector = model.pooled(slice::from_ref(&before)).expect("it runs");
        assert!(model.kept.get().is_none());
        model.keep_tokens().expect("it gives token vectors");
        model.pooled(slice::from_ref(&after)).expect("it runs");
        let store = model.kept.get().expect("it is there now");
        assert!(store.get(&before).is_none());
        let kept = store.get(&after).expect("it went through the model");
        assert_eq!((kept.words.join(" ").as_str(), kept.vectors().dim()), ("The dough rises .", (4, 384)));
        // Bit for bit what it was.
        assert_eq!(model.pooled(&[before]).expect("it runs"), vector);
    }

    #[test]
    fn a_panic_in_the_engine_is_not_the_end_of_the_model() {
        let model = load(&LoadedModels::default(), &Adjustments::default());
        let other = Arc::clone(&model);
        let panicked = std::thread::spawn(move || {
            let _running = other.running.lock();
            unreachable!("on purpose");
        });
        assert!(panicked.join().is_err());
        assert!(model.running.is_poisoned());
        assert_eq!(model.pooled(&[Text::new("bread", &Prompt::Nothing)]).expect("it runs").dim(), (1, 384));
    }
}
