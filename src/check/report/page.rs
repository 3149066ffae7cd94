//! A report as a page.

use super::{Report, advice};
use crate::check::timeline::{PageOptions, TextOptions, Timeline};

impl Report {
    /// The report as a page in HTML: the verdict, the counterexample as [`Timeline::to_html`] shows it, what to do
    /// next, and the report as text to copy. One file, which asks for nothing else.
    ///
    /// ```
    /// use racecourse::check::{Checker, timeline::PageOptions};
    /// let report = Checker::new().run(|| assert_eq!(1 + 1, 3));
    /// let page = report.to_html(&PageOptions::new().title("arithmetic"));
    /// assert!(page.contains("failed: panic"));
    /// ```
    #[must_use]
    pub fn to_html(&self, options: &PageOptions) -> String {
        let mut options = options.clone();
        let whole = self.render(&TextOptions::new());
        // The first paragraph, in one line.
        let wide = self.render(&TextOptions::new().width(10_000));
        options.verdict = wide.lines().next().map(str::to_owned);
        options.text = Some(whole);
        match &self.failure {
            Some(failure) => {
                options.next.push(advice::next(failure).to_owned());
                failure.timeline.render_html(&options)
            }
            None => Timeline::default().render_html(&options),
        }
    }
}
