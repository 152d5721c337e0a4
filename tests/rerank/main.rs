//! Rerankers on real engines: late interaction against figures of another program, a cross-encoder whose logits can be
//! computed by hand.

mod cross_encoder;
mod late;
mod model;
#[allow(dead_code, reason = "ort-rten's tests write more kinds of models")]
#[path = "../../crates/ort-rten/tests/backend/onnx.rs"]
mod onnx;

use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use vecscope::backend::spec::{OpenContext, OpenJob};
use vecscope::backend::{BackendError, ModelTable, RerankScore, Reranker, RerankerSpec};

/// What rerankers are opened with.
struct Lab {
    runtime: Runtime,
    context: OpenContext,
}

impl Lab {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime can be had");
        let context = OpenContext {
            runtime: runtime.handle().clone(),
            table: Arc::new(ModelTable::bundled()),
            hub: Err("there is no hub".into()),
            models: Arc::default(),
        };
        Self { runtime, context }
    }

    fn open(&self, spec: &RerankerSpec) -> Result<Box<dyn Reranker>, BackendError> {
        let _entered = self.runtime.enter();
        spec.open(&self.context, &mut OpenJob { cancel: &CancellationToken::new(), progress: &mut |_| {} })
    }
}

fn rerank(reranker: &mut dyn Reranker, query: &str, documents: &[&str]) -> Vec<RerankScore> {
    reranker.rerank(query, documents, &CancellationToken::new()).expect("these can be scored")
}

/// All that an error says.
fn reason(error: BackendError) -> String {
    format!("{:#}", anyhow::Error::from(error))
}

/// The late interaction and the cosine of a score.
#[track_caller]
fn parts(score: RerankScore) -> (f32, f32) {
    match score {
        RerankScore::Late { late, cosine } => (late, cosine),
        RerankScore::Logit(_) => unreachable!("late interaction gives no logits"),
    }
}
