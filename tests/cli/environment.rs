//! The variables of this machine that would change what the program does.

use std::env;
use std::ffi::OsString;

/// A folder that is empty, in the place of those where a person's config, models and progress are.
pub(crate) const HOMES: [(&str, &str); 4] = [
    ("XDG_CONFIG_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-config")),
    ("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-models")),
    ("XDG_STATE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-progress")),
    // Whoever tests that vectors are kept says where: everybody else embeds what they rank.
    ("VECSCOPE_NO_CACHE", "1"),
];

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
    let prefixes = ["OPENAI_", "VOYAGE_", "VECSCOPE_", "HF_", "HUGGING"];
    let changes = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name);
    env::vars_os().map(|(name, _)| name).filter(|name| changes(&name.to_string_lossy())).collect()
}
