//! `trainvault`: the tool as a program of its own, for workspaces that
//! hold no Rust. It differs from `cargo xtask` in how it is called and
//! in where its trainer comes from.

#[path = "main.rs"]
mod program;

fn main() -> std::process::ExitCode {
    program::main()
}
