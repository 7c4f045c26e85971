//! Migrations and texts are embedded by macros, which cargo cannot see reading them.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=locales");
}
