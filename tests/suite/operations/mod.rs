//! The work of operators, and the operation of the service: processes, replicas, the database,
//! keys, the schema `admin`, the audit trail, metrics, logs, and faults of what the hub depends on.

mod admin;
mod audit;
mod cleanup;
mod clients;
mod database;
mod doctor;
mod empty_settings;
mod false_alarms;
mod faults;
mod keys;
mod logs;
mod metrics;
mod processes;
mod replicas;
mod secrets_at_rest;
mod standby;
