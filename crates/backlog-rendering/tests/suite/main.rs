//! Things of Backlog as pages and lines, with realistic and with hostile content.

mod activity;
mod arbitrary;
mod concise;
mod document;
mod examples;
mod file;
mod hostile;
mod issue;
mod issue_table;
mod notification;
mod project;
mod pull_request;
mod wiki_page;
