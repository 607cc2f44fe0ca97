//! What a value should be, given what followed: the backups.
//!
//! A backup is an argument of the iteration: it sees one outcome at a
//! time and the values of the state that it led to, nothing else.

/// What came of one action, as a backup sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome<'a> {
    /// The action whose value is sought.
    pub action: usize,
    /// The reward, as the experience holds it.
    pub reward: f64,
    /// The values of the state it led to; none where all ended.
    pub next: Option<NextValues<'a>>,
}

/// The values of all actions in the state that an action led to.
///
/// Double estimation chooses the best action by one set of values and
/// takes its worth from another, so that luck in the one is not taken
/// for worth: Van Hasselt, Double Q-learning, NIPS 2010; for fitted Q
/// iteration D'Eramo et al., AAAI 2017. Elsewhere both are the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NextValues<'a> {
    /// The values to choose by, one an action.
    pub choosing: &'a [f64],
    /// The values that say what the choice is worth.
    pub judging: &'a [f64],
}

impl NextValues<'_> {
    /// Returns the worth of the best next action, less its `price`; of
    /// equally good ones the first is taken.
    pub fn best(&self, price: impl Fn(usize) -> f64) -> f64 {
        let nets = self.choosing.iter().enumerate();
        let nets = nets.map(|(action, value)| (action, value - price(action)));
        let best = nets.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(0.0, |(action, _)| self.judging[action] - price(action))
    }
}

/// Says what the value of an action should be after an outcome.
///
/// A closure over an [`Outcome`] is one.
pub trait Backup: Sync {
    /// Returns the target that the regression fits; finite.
    fn target(&self, outcome: &Outcome<'_>) -> f64;
}

impl<F: Fn(&Outcome<'_>) -> f64 + Sync> Backup for F {
    fn target(&self, outcome: &Outcome<'_>) -> f64 {
        self(outcome)
    }
}

/// The backup of any discounted decision process:
/// `r + discount · max_b Q(x', b)`, and `r` alone at an end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiscountedBackup {
    /// Worth of a reward one step later, from 0 to below 1.
    pub discount: f64,
}

impl Backup for DiscountedBackup {
    fn target(&self, outcome: &Outcome<'_>) -> f64 {
        let later = outcome.next.map_or(0.0, |next| next.best(|_| 0.0));
        outcome.reward + self.discount * later
    }
}

/// The backup of trading, where the action is the exposure a held and
/// the reward r the return of an exposure of 1:
/// `u(a · r) + discount · max_b [g_b(x') - c · |b - a|]`.
///
/// `u(y) = y - λ · y²` is the worth of a return to whom risk costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradingBackup<'a> {
    /// The exposures to choose from.
    pub exposures: &'a [f64],
    /// c: the cost per unit of exposure traded, in fractions of equity.
    pub cost: f64,
    /// Worth of a return one bar later, from 0 to below 1.
    pub discount: f64,
    /// λ: what the square of a return costs.
    pub risk_aversion: f64,
}

impl Backup for TradingBackup<'_> {
    fn target(&self, outcome: &Outcome<'_>) -> f64 {
        let exposure = self.exposures[outcome.action];
        let gross = exposure * outcome.reward;
        let reward = gross - self.risk_aversion * gross * gross;
        let Some(next) = outcome.next else { return reward };
        let price = |other: usize| self.cost * (self.exposures[other] - exposure).abs();
        reward + self.discount * next.best(price)
    }
}
