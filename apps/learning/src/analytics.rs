//! Figures about a context that move while things happen in it.
