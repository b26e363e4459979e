//! What needs no hub: documents, dependencies, sample events and bytes from outside.

mod documents;
mod lean;
mod outside_bytes;
mod readers;
mod regions;
mod sample_events;
