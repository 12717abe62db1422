//! intelligence
