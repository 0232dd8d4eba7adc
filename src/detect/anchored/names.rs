//! Several names in a row: `Sally and Tom`, `Mette, Lars og John`, `Ann Skov; Poul Vestergaard`.

use super::found;
use super::name::is_identifier;
use super::words::{Case, name_at};
use crate::detect::matchers::Match;

/// What stands between two names, and before the last of several.
const JOINTS: [&str; 9] = [" and ", " og ", " dan ", " & ", " + ", ", and ", ", og ", ", dan ", ", & "];

/// Appends the names that follow the one that ends at `end` behind these joints; where the last of them ends.
pub(super) fn and_more(text: &str, mut end: usize, joints: &[&str], out: &mut Vec<Match>) -> usize {
    while let Some(joint) = joints.iter().find(|joint| text[end..].starts_with(**joint)) {
        let start = end + joint.len();
        let Some((next, _)) = name_at(text, start, Case::Capital).filter(|&(next, _)| !is_identifier(text, next))
        else {
            break;
        };
        out.push(found(start, next));
        end = next;
    }
    end
}

/// As [`and_more`], where a word joins the last of them: behind a comma alone the sentence goes on (`Hi Mette, Sorry`).
pub(super) fn joined(text: &str, end: usize, out: &mut Vec<Match>) -> usize {
    let from = out.len();
    let listed = and_more(text, end, &[", "], out);
    let last = and_more(text, listed, &JOINTS, out);
    if last > listed {
        return last;
    }
    out.truncate(from);
    end
}
