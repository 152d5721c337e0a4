//! The variables of this machine that would change what the program does.

use std::env;
use std::ffi::OsString;

/// Those whose name is in this process's environment, so that they can be left out of the program's.
pub(crate) fn settings() -> Vec<OsString> {
    const NAMES: [&str; 13] = [
        "EMBED_MODEL",
        "ORT_DYLIB_PATH",
        "NO_COLOR",
        "COLORFGBG",
        "COLORTERM",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
    ];
    let changes = |name: &str| name.starts_with("OPENAI_") || name.starts_with("VECSCOPE_") || NAMES.contains(&name);
    env::vars_os().map(|(name, _)| name).filter(|name| changes(&name.to_string_lossy())).collect()
}
