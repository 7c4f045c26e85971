//! The program is a drop-in for backlog-mcp-server: the configurations of its README work with
//! this program's name, over standard input and output and over HTTP.

mod http;
mod stdio;
