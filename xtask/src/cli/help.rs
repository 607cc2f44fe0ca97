//! Longer texts that follow the help of tasks.

/// For `train`.
pub const TRAIN: &str = "Examples:
  cargo xtask train
  cargo xtask train --data my_bars.csv --episodes 20 --tag baseline --note \"wider stops\"
  cargo xtask train --default      # whatever config/ says: shipped data, built-in settings
  cargo xtask train --resume       # go on where ctrl-C or a crash stopped the last session
  cargo xtask train --walk-forward 5 --window-mode rolling
  cargo xtask train --check-leaks --data my_bars.csv
  cargo xtask train --seed 7 -- python train.py    # any program as the trainer
  cargo xtask train --gate 'sharpe>=0.5' --gate 'max_drawdown<=0.3' --summary summary.md

At its end old archives and backups go to a trash for a week, by `retention` in config/config.json;
without a policy there the newest 5 stay (`\"keep\": \"unlimited\"` keeps all). `undelete` brings them
back.

A gate judges the agent out of sample, net of costs. When one is missed the session is archived all
the same, and the exit code is 12. A figure that is undefined passes no gate.";

/// For `prune`.
pub const PRUNE: &str = "What is removed waits in archives/.trash/ and backups/.trash/ for a \
week (`retention.trash_days`);
`cargo xtask undelete` brings it back. Never removed: pinned archives, the newest complete one, the
one that holds the model in models/, what is dated in the future or cannot be read, and, unless
--keep is given, backups that no archive holds.

Examples:
  cargo xtask prune --keep 5 --dry-run
  cargo xtask prune --keep 3 --keep-daily 7 --keep-monthly unlimited
  cargo xtask prune --keep-within 30d --keep-tag paper,final --keep-best 3 --metric sharpe";

/// For `push`.
pub const PUSH: &str = "The repository is one of restic's, named by `archive.remote` in \
config/config.json or by
RESTIC_REPOSITORY. An archive is verified before, read back after, and compared by digest; only then \
it
counts as pushed. What an earlier push left undone is made up. Pushing twice adds nothing, and brings
tags and pins up to date.

Examples:
  cargo xtask push
  cargo xtask push 20260102_030405
  cargo xtask push --all --format json";

/// For `pull`.
pub const PULL: &str = "Of several archives of one name, that of a snapshot is had by the first \
digits of its id, as
`list --remote` shows them.

Examples:
  cargo xtask pull latest
  cargo xtask pull 20260102_030405 --into /tmp/look";

/// For `remote`.
pub const REMOTE: &str = "`check` tells whether restic is there, the repository reachable, the \
password right, a lock stale
and the clock sane, and what to do; with exit code 3 when there is something.

Examples:
  cargo xtask remote init
  cargo xtask remote check --format json";
