//! What a person can do.

use super::compare::Verdict;
use super::editor::CorpusAction;
use super::lab::LabAction;
use super::{BackendId, Screen};
use crate::corpus::DocumentIndex;
use crate::engine::Stage;

/// One thing that a person did, in words that do not depend on the key or the mouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Change the query line or move in it.
    Edit(Edit),
    /// Insert a text that was pasted.
    Paste(String),
    /// Select the row below.
    SelectNext,
    /// Select the row above.
    SelectPrevious,
    /// Select a row one screenful further down.
    SelectPageDown,
    /// Select a row one screenful further up.
    SelectPageUp,
    /// Select the first row.
    SelectFirst,
    /// Select the last row.
    SelectLast,
    /// Select the row with this number, from 0.
    Select(usize),
    /// Select the row with this number, from 0, in a backend's column.
    SelectIn(BackendId, usize),
    /// Move the rows under the window, down if positive, and leave the selection.
    Scroll(isize),
    /// Show one row more.
    GrowTopK,
    /// Show one row less.
    ShrinkTopK,
    /// Show all rows, or as many as at the start.
    ToggleAll,
    /// Go to another screen.
    ShowScreen(Screen),
    /// Open the list of backends, or leave it.
    ToggleChooser,
    /// Take the selected backend, or the selected disagreement.
    Choose,
    /// Look for what the two models disagree about most, or leave the list of it.
    ToggleDisagreements,
    /// Embed the query again and again, to see how much the vectors of both models vary.
    Repeat,
    /// Take the labels off the columns and shuffle them, or put them back.
    ToggleBlind,
    /// Vote on the two columns.
    Vote(Verdict),
    /// Write the votes to a file.
    SaveVotes,
    /// Give the arrow keys to the next column of the pipeline.
    NextStage,
    /// Give the arrow keys to the column before.
    PreviousStage,
    /// Select the row with this number, from 0, in a stage's column.
    SelectInStage(Stage, usize),
    /// Switch the stage that has the arrow keys on or off.
    ToggleStage,
    /// Go to the next parameter of that stage.
    NextParam,
    /// Raise that parameter, or go to its next value.
    RaiseParam,
    /// Lower that parameter, or go to the value before.
    LowerParam,
    /// Measure the pipeline on the labelled queries, or leave the panel of it.
    ToggleEvaluation,
    /// Fetch the model of the reranker in use.
    FetchReranker,
    /// Show how words match as numbers, or as shades.
    ToggleNumbers,
    /// Something on the map.
    Map(MapAction),
    /// Open another corpus, change the one that is open, or save it.
    Corpus(CorpusAction),
    /// Do something in the lab.
    Lab(LabAction),
    /// Something with the filter.
    Filter(FilterAction),
    /// Search by the next way.
    NextMethod,
    /// Measure how much of what an exact search finds the way in use finds as well.
    MeasureRecall,
    /// Go to the next backend.
    SwapBackend,
    /// Go to this backend.
    ShowBackend(BackendId),
    /// Try again what failed.
    Retry,
    /// Let bars stand for the cosine or for this query's spread.
    SwapBarScale,
    /// Take the selected sentence as the query.
    UseSelected,
    /// Explain the selected sentence in the place of the rows, or beside them.
    ToggleExplanation,
    /// Go to the next part of the explanation.
    NextPage,
    /// Let a server be asked for the query without each of its words.
    AskWords,
    /// Give the selected sentence to the terminal's clipboard.
    Copy,
    /// Stop what takes long: fetching a model, or embedding the corpus.
    Stop,
    /// Bring back the query before.
    HistoryPrevious,
    /// Go back towards the newest query.
    HistoryNext,
    /// Change between dark and light colours.
    SwapAppearance,
    /// Show the keys that work here, or leave them.
    ToggleHelp,
    /// Leave what is open; in the query line, empty it.
    Dismiss,
    /// Say yes.
    Confirm,
    /// Say no.
    Decline,
    /// Something on the Learn screen, in a lesson, or for a room.
    Lesson(LessonAction),
    /// Draw everything anew.
    Redraw,
    /// Stop the program as a shell would.
    Suspend,
    /// End the program.
    Quit,
}

/// What a person can do on the Map screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapAction {
    /// Lay the corpus flat in another way.
    NextMethod,
    /// Give points their signs by topic, or by cluster.
    SwapGrouping,
    /// Draw other lines to true neighbours, or none.
    NextLines,
    /// Put another backend's map beside this one, or take it away.
    ToggleSides,
    /// Write axes by meaning.
    OpenAxes,
    /// Leave the line for axes.
    CloseAxes,
    /// Lay the corpus along the axes that are written.
    SubmitAxes,
    /// Look at what is beside the part that is seen.
    Pan(Direction),
    /// Look nearer, or from farther away.
    Zoom(Nearer),
    /// The same around a place, which is given by its distance from the middle of the map, across and up, in millionths of
    /// the map's extent.
    ZoomAt(Nearer, [i32; 2]),
    /// Bring the selected sentence to the middle.
    Centre,
    /// Show the whole map.
    ShowAll,
    /// Take hold of the map at a cell: its column and row.
    Grab((u16, u16)),
    /// Move the map that is held.
    Drag {
        /// The cell to which the pointer has come.
        to: (u16, u16),
        /// How far the middle of what is seen moves, across and up, in millionths of the map's extent.
        by: [i32; 2],
    },
    /// Let go of the map.
    LetGo,
    /// Point at a document, or at none.
    Point(Option<DocumentIndex>),
    /// Select a document.
    Take(DocumentIndex),
}

/// What a person can do with the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterAction {
    /// Write it.
    Open,
    /// Leave the line, and keep the filter.
    Keep,
    /// Leave the line, and look at all documents.
    Drop,
    /// Bring back the filter before.
    Previous,
    /// Go back towards the newest filter.
    Next,
}

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To what is left of what is seen.
    Left,
    /// To what is right of it.
    Right,
    /// To what is above it.
    Up,
    /// To what is below it.
    Down,
}

/// From how near to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearer {
    /// Nearer.
    In,
    /// From farther away.
    Out,
}

/// One thing done on the Learn screen, in a lesson, or for a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LessonAction {
    /// Select the next lesson, the next choice, or the next of whatever there is.
    SelectNext,
    /// Select the one before.
    SelectPrevious,
    /// Select the choice with this number, from 0.
    Pick(usize),
    /// Open the selected lesson.
    Open,
    /// Open the lesson with this number, from 0.
    OpenNumber(usize),
    /// Go on: predict, see, read, try, and to the next step; for a room, reveal more.
    GoOn,
    /// Go on without a prediction, or without having done the task.
    Skip,
    /// Go back a part; for a room, reveal less.
    GoBack,
    /// Leave the lesson, and keep the place.
    Leave,
    /// Show another hint.
    Hint,
    /// Make the screen one for a room, or that of one person again.
    Present,
}

/// One step in the query line. Steps go by grapheme cluster and by word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Insert a character at the cursor.
    Insert(char),
    /// One character back.
    Left,
    /// One character on.
    Right,
    /// One word back.
    WordLeft,
    /// One word on.
    WordRight,
    /// To the start of the line.
    Start,
    /// To the end of the line.
    End,
    /// Delete the character before the cursor.
    DeleteLeft,
    /// Delete the character under the cursor.
    DeleteRight,
    /// Delete the word before the cursor.
    DeleteWordLeft,
    /// Delete the word after the cursor.
    DeleteWordRight,
    /// Delete everything before the cursor.
    DeleteToStart,
    /// Delete everything after the cursor.
    DeleteToEnd,
}
