//! Macros that print as std's do, and inside of a check into the counterexample instead.

use core::fmt::Arguments;

#[doc(hidden)]
#[cfg_attr(feature = "check", track_caller)]
pub fn __print(text: Arguments<'_>, to_stderr: bool) {
    #[cfg(feature = "check")]
    if let Some(x) = crate::check::execution::current() {
        let text = text.to_string();
        x.print(
            text.trim_end_matches('\n').to_owned(),
            core::panic::Location::caller(),
        );
        return;
    }
    if to_stderr {
        std::eprint!("{text}");
    } else {
        std::print!("{text}");
    }
}

/// [`std::println!`]; inside of a check the line is kept, and shown with the counterexample only.
///
/// A module is ported with `use racecourse::println;`. (std's own macro cannot be captured on stable
/// Rust: it prints in every execution.)
#[macro_export]
macro_rules! println {
    () => { $crate::__print(::core::format_args!("\n"), false) };
    ($($arg:tt)*) => { $crate::__print(::core::format_args!("{}\n", ::core::format_args!($($arg)*)), false) };
}

/// [`std::print!`]; see [`println!`](crate::println).
#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => { $crate::__print(::core::format_args!($($arg)*), false) };
}

/// [`std::eprintln!`]; see [`println!`](crate::println).
#[macro_export]
macro_rules! eprintln {
    () => { $crate::__print(::core::format_args!("\n"), true) };
    ($($arg:tt)*) => { $crate::__print(::core::format_args!("{}\n", ::core::format_args!($($arg)*)), true) };
}

/// [`std::eprint!`]; see [`println!`](crate::println).
#[macro_export]
macro_rules! eprint {
    ($($arg:tt)*) => { $crate::__print(::core::format_args!($($arg)*), true) };
}
