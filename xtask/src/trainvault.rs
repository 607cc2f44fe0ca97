//! `trainvault`: the tool as an installed program, for workspaces without
//! Rust. It differs from `cargo xtask` in its name and in where it finds
//! its trainer.

#[path = "main.rs"]
mod program;

fn main() -> std::process::ExitCode {
    program::main()
}
