//! What comes after the solution: waves, files, measures, plots, reports. Knows no Newton and no matrix.

pub mod checkpoint;
pub mod experiment;
pub mod experiments;
pub mod measure;
pub mod number;
pub mod plot;
pub mod previous;
pub mod report;
pub mod run;
pub mod snapshot;
pub mod summary;
pub mod wave;
pub mod writer;
