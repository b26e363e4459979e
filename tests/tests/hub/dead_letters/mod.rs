//! What can't be read is named in the log, ends up where people look, and stops nothing else.

mod entries;
mod events;
mod letters;
mod messages;
