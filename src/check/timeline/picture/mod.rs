//! The timeline as a picture: one lane a thread, one row a step, arrows for what relates them.
//!
//! [`routes`] finds the way of each arrow between rows and lanes, [`plan`] turns rows and lanes into coordinates,
//! and [`draw`] writes the SVG: [`lines`] between the [`steps`], and a [`legend`]. Everything is placed here and nothing by the viewer, so that a picture is the same
//! in a browser, in a README and on paper.

mod draw;
mod holders;
mod legend;
mod lines;
mod plan;
mod routes;
mod steps;
#[cfg(test)]
pub(super) mod tests;

pub(super) use self::holders::holders;
use super::Timeline;

/// The rules for all colours and fonts, light and dark. They name no variable and no font that must be
/// fetched: some viewers of SVG know neither.
pub(super) const STYLE: &str = include_str!("picture.css");

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    /// The sentence above, details and explanation below: a picture that stands alone.
    Words,
    /// Lanes and legend: a picture inside of a page that says the rest.
    Nothing,
}

impl Timeline {
    /// The timeline as a picture, in SVG: a lane for each thread, a row for each step, and arrows for
    /// [`edges`](Timeline::edges). The sentence, the details and the explanation stand around it.
    ///
    /// The document stands alone: it asks for no font and no other file, and is light or dark as its viewer prefers.
    /// A reads-from arrow is thin, a happens-before one thick, and one that is absent is dashed, crossed out and
    /// labelled; the failing step, stale loads, waiting and preemption are marked by shape and word, not by colour
    /// alone. Names that are too long are cut, and whole in the title that a viewer shows for the step.
    /// Screen readers read the sentence and every step.
    ///
    /// ```
    /// use racecourse::check::Checker;
    /// use racecourse::sync::{Arc, Mutex};
    ///
    /// let report = Checker::new().run(|| {
    ///     let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    ///     let (a2, b2) = (a.clone(), b.clone());
    ///     let other = racecourse::thread::spawn(move || {
    ///         let _b = b2.lock();
    ///         let _a = a2.lock();
    ///     });
    ///     let _a = a.lock();
    ///     let _b = b.lock();
    ///     drop((_b, _a));
    ///     other.join().unwrap();
    /// });
    /// let svg = report.failure().expect("a deadlock").timeline().to_svg();
    /// assert!(svg.starts_with("<svg ") && svg.contains("deadlock"));
    /// ```
    #[must_use]
    pub fn to_svg(&self) -> String {
        draw::svg(self, Around::Words)
    }

    /// Lanes and legend alone. The names of the threads are a picture of their own, that can stay while the lanes
    /// scroll.
    pub(super) fn lanes(&self) -> (String, String) {
        (draw::heads(self), draw::svg(self, Around::Nothing))
    }
}
