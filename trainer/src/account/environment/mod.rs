//! One account that trades one instrument, stepped bar by bar.
//!
//! It trades at no price that the decision could have seen, charges
//! every cost, and keeps constant memory. It reads bars that are
//! already checked (finite, positive, `low <= open, close <= high`) and
//! knows nothing of features, learners or files.
//!
//! # One step
//!
//! A target set at the close of bar t waits for the next bar that
//! exists; a missing bar fills nothing. Then, in this order:
//!
//! 1. **Open.** A position held over from the bar before pays for what
//!    it borrowed, for the time from that bar's open to this one's, and
//!    settles this bar's dividend; see Carry. A held position whose
//!    liquidation price lies at or beyond the open is liquidated at the
//!    open (a gap). Then the waiting target fills, at
//!    `open * (1 + slippage)` for buys and `open * (1 - slippage)` for
//!    sells; half the spread counts as slippage.
//! 2. **Worst price.** A long is checked against the low, a short
//!    against the high. Where the bar reaches the liquidation price,
//!    the position is closed there, with slippage and commission.
//! 3. **Close.** A position still held pays or receives the funding on
//!    its value at the close, and the account is marked there. Funding
//!    affects the margin from the next bar on.
//!
//! # Size
//!
//! A target `t` in -1..=1 means the exposure `a = t * leverage`. The
//! units `u` are such that, valued at the open and after all costs of
//! the fill, `u * open = a * equity`. With `E` the equity and `V` the
//! position's value before the fill, and `c` the cost of one unit of
//! value traded (`s + k (1 + s)` for buys, `s + k (1 - s)` for sells,
//! with `s` the slippage and `k` the commission as fractions), the value
//! traded is `(a E - V) / (1 + a c)` when buying and
//! `(a E - V) / (1 - a c)` when selling. A long of exposure up to 1
//! borrows no cash, except to pay funding.
//!
//! A target that cannot be reached is approximated: the units become the
//! nearest to `u` that lots, cash and the allowed side permit, never
//! further from it than before. No lot is bought beyond `u`, so an
//! opening of less than one lot stays flat; a held lot is kept where more
//! than half of it is requested. A short that is not allowed, or of less
//! than a lot, closes the long; a target beyond ±1 is clamped to it.
//! An `INVALID_ACTION` event gives the reason.
//!
//! Repeating a target keeps the units: nothing is rebalanced. So does
//! another target that rounds to the lots already held.
//!
//! # Liquidation
//!
//! With `C` the cash and `m` the maintenance margin, the position is
//! liquidated at the price `P` where `C + u P = m |u| P`, so
//!
//! - long: `P = -C / (u (1 - m))`, which exists only when cash was
//!   borrowed (`C < 0`);
//! - short: `P = C / (|u| (1 + m))`.
//!
//! # Carry
//!
//! With `y` the time from one bar's open to the next in years of 365
//! days (ACT/365, so weekends count), `P` the close between them and
//! `C` the cash:
//!
//! - a short pays the borrow fee `|u| P f y`, with `f` the fee a year;
//! - borrowed cash (`C < 0`, as under a leveraged long) pays the
//!   interest `-C i y`, with `i` the rate a year; cash earns none;
//! - a long receives the bar's dividend on each unit, a short pays it:
//!   the bar is the first that trades without it (the ex-date).
//!
//! The time from the last bar's open to its close, at which
//! [`Environment::finish`] closes, is unknown and costs nothing.
//!
//! # Trades
//!
//! A trade lasts from flat to flat. More or fewer units on the same side
//! adjust it (`TRADE_ADJUSTED`) and count as no new trade; the average
//! entry price moves only when units are added. A reversal closes one
//! trade and opens the next; each bears the commission and the slippage
//! of its own units, which add up to one charge on the whole fill.
//!
//! # Bankruptcy
//!
//! An account that closes a bar with no more than a thousandth of its
//! initial cash is ruined: its figures end there. Once it is flat it is
//! bankrupt: later steps are refused and change nothing.

mod account;
mod config;
mod event;
mod outcome;
mod sizing;
mod step;

pub use account::Account;
pub use config::EnvironmentConfig;
pub use event::{
    AdjustedTrade, ClosedTrade, Fill, FillReason, InvalidAction, InvalidReason, OpenedTrade, Side,
    TradeEvent,
};
pub use outcome::{BarOutcome, Carry, Flows, StepStatus};
pub use step::Environment;
pub(crate) use step::RUIN_SHARE;
