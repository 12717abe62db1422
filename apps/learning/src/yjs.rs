//! Documents of clients that bring their own way of merging: Yjs.
