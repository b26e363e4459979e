//! Tests that need no hub: documentation, dependencies, sample events and external input.

mod alarms;
mod bench;
mod client;
mod documents;
mod layers;
mod lean;
mod outside_bytes;
mod parameters;
mod planner;
mod readers;
mod regions;
mod sample_events;
mod stack_statuses;
mod template_rules;
mod text_schemas;
