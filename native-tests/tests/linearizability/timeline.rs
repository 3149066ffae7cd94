//! A history as a person reads it: time from left to right, a lane a thread.
//!
//! ```text
//! thread 0  [put 1 → done]                 [get → 2─────]
//! thread 1          [put 2 → done]    [len → 2]
//! ```

use std::fmt::{self, Display};

use crate::checker::{History, Unexplained};

impl<O: Display, R: Display> History<O, R> {
    fn label(&self, n: usize) -> String {
        let call = &self.calls[n];
        match &call.returned {
            Some((_, ret)) => format!("{} → {ret}", call.op),
            None => format!("{} …", call.op),
        }
    }
}

impl<O: Display, R: Display> Display for History<O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Each stamp is given a column: after the one before it, and far enough from the invocation for the text.
        let mut stamps: Vec<(u64, usize, bool)> = Vec::new();
        for (n, call) in self.calls.iter().enumerate() {
            stamps.push((call.invoked, n, false));
            if let Some((returned, _)) = call.returned {
                stamps.push((returned, n, true));
            }
        }
        stamps.sort_unstable();
        let mut opened = vec![0; self.calls.len()];
        let mut closed = vec![None; self.calls.len()];
        let mut next = 0;
        for (_, n, returns) in stamps {
            if returns {
                let column = next.max(opened[n] + 1 + self.label(n).chars().count());
                closed[n] = Some(column);
                next = column + 1;
            } else {
                opened[n] = next;
                next += 1;
            }
        }
        let width = self.lanes.iter().map(|lane| lane.chars().count()).max();
        let width = width.unwrap_or(0);
        for (lane, name) in self.lanes.iter().enumerate() {
            let mut line = format!("{name:width$}  ");
            let margin = line.chars().count();
            let mut own: Vec<_> = (0..self.calls.len())
                .filter(|n| self.calls[*n].lane == lane)
                .collect();
            own.sort_by_key(|n| opened[*n]);
            for n in own {
                let at = line.chars().count() - margin;
                line.extend(std::iter::repeat_n(' ', opened[n].saturating_sub(at)));
                let label = self.label(n);
                match closed[n] {
                    Some(column) => {
                        let rest = column - opened[n] - 1 - label.chars().count();
                        line.push_str(&format!("[{label}{}]", "─".repeat(rest)));
                    }
                    None => line.push_str(&format!("[{label}")),
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// What is said of a history that no order explains.
pub(crate) fn explanation<O: Display, R: Display>(
    history: &History<O, R>,
    unexplained: &Unexplained,
) -> String {
    let order: Vec<_> = unexplained
        .order
        .iter()
        .map(|n| history.label(*n))
        .collect();
    let mut text = format!("{history}no order of these calls gives these results; ");
    if order.is_empty() {
        text.push_str("none can be the first");
    } else {
        text.push_str(&format!("the longest that does: {}", order.join(", ")));
    }
    text.push_str(&format!(", and then the object is {}\n", unexplained.state));
    text
}
