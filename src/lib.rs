#![doc = include_str!("ARCHITECTURE.md")]

pub mod app;
pub mod base;
pub mod cli;
pub mod config;
pub mod directory;
pub mod domain;
pub mod ingest;
pub mod jobs;
pub mod mail;
pub mod remote;
pub mod search;
pub mod services;
pub mod sources;
pub mod store;
pub mod web;
