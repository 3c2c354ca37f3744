//! What a test needs of this machine: notes it if it is missing, fails if `WATTMARK_REQUIRE` asks for it.
//! Looks for nothing itself.

/// Notes that a test is skipped for want of `what`, one of the names in `WATTMARK_REQUIRE`.
///
/// # Panics
/// If it is required here.
pub fn missing(what: &str, why: &str) {
    let required = std::env::var("WATTMARK_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|r| r.trim() == what), "{what} is required and missing: {why}");
    println!("skipped: needs {what} ({why})");
}
