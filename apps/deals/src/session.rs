//! One connection: what it may do, and what it is told.
