//! What must never be told, looked for in everything that is: logs, events, answers, the table.

mod levels;
mod provoke;
mod secrets;
mod story;
mod watch;
