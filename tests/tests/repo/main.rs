//! What needs no hub: documents, dependencies, sample events and bytes from outside.

mod alarms;
mod documents;
mod lean;
mod outside_bytes;
mod planner;
mod sample_events;
