//! The log of what was typed: who, when, from what to what. Undo and redo read it, and so does the history of a cell.

use jiff::Timestamp;
use jiff::civil::Date;

use super::cells::{Measure, Typed};
use super::line::{Given, LineId};
use crate::domain::ids::UserId;

/// Most cells that one edit changes.
pub const MAX_CELLS: usize = 50_000;

/// A cell that an edit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its line.
    pub line: LineId,
    /// Its measure.
    pub measure: Measure,
    /// Its day.
    pub date: Date,
    /// What was typed in it before; `None` where it showed what was imported.
    pub from: Option<Typed>,
    /// What is typed in it since.
    pub to: Option<Typed>,
}

/// What a line is given to begin with, as an edit changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningChange {
    /// The line.
    pub line: LineId,
    /// What was given before.
    pub from: Option<Given>,
    /// What is given since.
    pub to: Option<Given>,
}

/// What an edit was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditKind {
    /// Something was typed, pasted, filled or put back.
    Set,
    /// Another was undone.
    Undo {
        /// Its number.
        of: u64,
    },
    /// One that was undone was done again.
    Redo {
        /// The number of the one that undid it.
        of: u64,
    },
}

/// One edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Its number within the plan, counted from 1.
    pub number: u64,
    /// What it was.
    pub kind: EditKind,
    /// Who did it; `None` for the command line.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// What it changed.
    pub changes: Vec<Change>,
    /// What it changed of what lines begin with.
    pub openings: Vec<OpeningChange>,
    /// It was undone, or done again, and is not what stands any more.
    pub is_reverted: bool,
}
