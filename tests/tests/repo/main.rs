//! What needs no hub: documents, dependencies, sample events and bytes from outside.

mod alarms;
mod bench;
mod client;
mod documents;
mod layers;
mod lean;
mod outside_bytes;
mod planner;
mod readers;
mod regions;
mod sample_events;
