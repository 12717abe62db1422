//! Documents that several people edit at once, and that never diverge.
