//! What must never be told, looked for in everything that is: logs, events, answers, the table.

#[path = "../callback/desk.rs"]
#[expect(dead_code, reason = "another suite needs the rest")]
mod desk;
mod levels;
mod provoke;
mod secrets;
mod watch;
