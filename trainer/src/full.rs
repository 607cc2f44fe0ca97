//! The program `trainer-full`, which is `trainer` with all its parts. It
//! has another name because both are built into one folder.

#[path = "main.rs"]
mod program;

fn main() -> std::process::ExitCode {
    program::main()
}
