//! Searches logs, events, API responses and the table for secrets.

mod levels;
mod provoke;
mod secrets;
mod story;
mod watch;
