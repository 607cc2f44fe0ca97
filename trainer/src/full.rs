//! `trainer` with all its parts, under a name of its own: `cargo xtask`
//! builds both programs into one folder, and neither replaces the other.

#[path = "main.rs"]
mod program;

fn main() -> std::process::ExitCode {
    program::main()
}
