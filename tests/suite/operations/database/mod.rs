//! The database: its migrations, its defaults, the order of its locks, and its outages.

mod defaults;
mod lock_order;
mod migrations;
mod outage;
mod upgrade;
