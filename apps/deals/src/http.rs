//! Protocol B's HTTP: for producers, and for people about what is theirs.
