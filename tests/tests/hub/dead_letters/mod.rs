//! Unreadable input is logged with an identifier, goes to a dead-letter queue, and stops nothing
//! else.

mod entries;
mod events;
mod letters;
mod messages;
