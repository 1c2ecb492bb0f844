//! Every verb that a key can mean.

/// Every verb there is. A screen answers those of its contexts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    // everywhere
    Help,
    Palette,
    ShowLog,
    ShowQueue,
    ChooseTheme,
    Back,
    Leave,
    Quit,
    Suspend,
    Repaint,
    GoExperiments,
    GoLive,
    GoRuns,
    GoImages,
    // lists
    Down,
    Up,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    First,
    Last,
    Enter,
    Filter,
    Mark,
    MarkAll,
    MarkRange,
    // columns
    ColumnLeft,
    ColumnRight,
    SortUp,
    SortDown,
    HideColumn,
    ShowColumns,
    Narrower,
    Wider,
    OnlyDifferent,
    // runs
    Compare,
    /// What the change between two runs comes from.
    ExplainChange,
    Pin,
    Stop,
    Pause,
    Cancel,
    /// Takes what is under the cursor away: to the trash, or off the queue.
    Remove,
    Undo,
    /// Copies what this is: a name, a path, a table.
    Yank,
    /// Copies what else it has: the path of a folder, the scores of an image.
    YankMore,
    EditTags,
    EditNote,
    OpenImages,
    Refresh,
    MoreIterations,
    /// Puts runs that belong together into one row, or every run into its own.
    Fold,
    /// Writes a report of runs into a file.
    Report,
    /// Shows what the sweep of a run or of an experiment has found.
    ShowSweep,
    // queue
    MoveUp,
    MoveDown,
    MoveFirst,
    EmptyQueue,
    Hold,
    // images
    WrongOnly,
    /// The training, the validation or the test set, or all.
    NextSet,
    NextTruth,
    NextPrediction,
    Confusion,
    Threshold,
    Score,
    /// Opens its file in another program: a picture, the log of a worker.
    OpenOutside,
    NextRenderer,
    /// Draws over a photo where its score comes from.
    ShowActivation,
    /// Shows the training photos that are most like a photo.
    ShowSimilar,
    /// Photos side by side in a sheet of thumbnails, or in a list.
    Sheet,
    PhotoLeft,
    PhotoRight,
    // experiments
    New,
    Edit,
    EditOutside,
    /// Has it run: an experiment anew, a run from where it stopped.
    Run,
    Duplicate,
    /// Asks for settings and their values, and makes a sweep of them.
    Vary,
    DetailDown,
    DetailUp,
    // editor
    Save,
    SaveAndRun,
    Complete,
    NextMistake,
    Find,
    FindNext,
    FindBack,
    Redo,
    CopyText,
    Cut,
    Paste,
    SelectAll,
    Rerun,
    /// Has the experiment of a run done with the other built-in network.
    OtherNetwork,
    // charts
    LogScale,
    OtherChart,
    // live
    Smoother,
    Rougher,
    Unsmoothed,
    CursorLeft,
    CursorRight,
    CursorFarLeft,
    CursorFarRight,
    ZoomIn,
    ZoomOut,
    ToNewest,
    PreviousRun,
    NextRun,
    // labels
    /// Photos whose labels are probably wrong.
    ShowLabels,
    /// Puts a photo under the category of this number.
    Category1,
    Category2,
    Category3,
    Category4,
    Category5,
    Category6,
    Category7,
    Category8,
    Category9,
    /// Puts a photo under a category by its name.
    NameCategory,
    NoneOfThese,
    // kinds
    /// Which kinds of photos a run's categories have, and which wrong ones are alike.
    ShowKinds,
    /// All photos of a run as points, alike ones near each other.
    ShowMap,
    /// What more photos would bring.
    ShowGrowth,
    /// Lets images through that are none of those that were chosen.
    AllImages,
}

impl Action {
    /// Those that put a photo under a category, by its place.
    pub const CATEGORIES: [Action; 9] = [
        Action::Category1,
        Action::Category2,
        Action::Category3,
        Action::Category4,
        Action::Category5,
        Action::Category6,
        Action::Category7,
        Action::Category8,
        Action::Category9,
    ];
}
