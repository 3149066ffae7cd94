//! A counterexample as a page: where a failing check writes it, and what a browser makes of it.
//!
//! | File | What |
//! |---|---|
//! | `written` | `RACECOURSE_HTML`: names, directories that cannot be written, what the report says |
//! | `shown` | the page in headless Chromium, where there is one: keys, buttons, no error, no request |
//! | `chromium` | that browser, driven over a pipe |

#[cfg(unix)]
mod chromium;
#[cfg(unix)]
mod shown;
mod written;
