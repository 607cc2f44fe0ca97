//! Backups: the regression targets of the action values.
//!
//! A backup is an argument of the iteration. It computes the target of
//! one action from the reward and the values of the next state.

/// The outcome of one action in one transition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome<'a> {
    /// The action whose target is computed.
    pub action: usize,
    /// The reward, as the experience holds it.
    pub reward: f64,
    /// The values of the next state; none where the state is terminal.
    pub next: Option<NextValues<'a>>,
}

/// The values of all actions in the next state, one value per action.
///
/// Double estimation selects the best action by one set of values and
/// evaluates it by another, which removes the maximisation bias: Van
/// Hasselt, Double Q-learning, NIPS 2010; for fitted Q iteration D'Eramo
/// et al., AAAI 2017. Without double estimation both sets are the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NextValues<'a> {
    /// The values that select the next action.
    pub selecting: &'a [f64],
    /// The values that evaluate the selected action.
    pub evaluating: &'a [f64],
}

impl NextValues<'_> {
    /// Returns the value of the best next action, minus the `cost` of
    /// taking it; of equally good actions the first is selected.
    pub fn best(&self, cost: impl Fn(usize) -> f64) -> f64 {
        let net_values = self.selecting.iter().enumerate();
        let net_values = net_values.map(|(action, value)| (action, value - cost(action)));
        let best = net_values.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(0.0, |(action, _)| self.evaluating[action] - cost(action))
    }
}

/// Computes the regression target of an action's value. A closure over
/// an [`Outcome`] is a backup too.
pub trait Backup: Sync {
    /// Returns the target, a finite number.
    fn target(&self, outcome: &Outcome<'_>) -> f64;
}

impl<F: Fn(&Outcome<'_>) -> f64 + Sync> Backup for F {
    fn target(&self, outcome: &Outcome<'_>) -> f64 {
        self(outcome)
    }
}

/// The backup of any discounted decision process:
/// `r + discount · max_b Q(x', b)`, and `r` alone before a terminal
/// state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiscountedBackup {
    /// The discount factor per step, from 0 to below 1.
    pub discount: f64,
}

impl Backup for DiscountedBackup {
    fn target(&self, outcome: &Outcome<'_>) -> f64 {
        let next_value = outcome.next.map_or(0.0, |next| next.best(|_| 0.0));
        outcome.reward + self.discount * next_value
    }
}

/// The backup of trading, where the action is the exposure a to hold and
/// the reward r is the return of an exposure of 1:
/// `u(a · r) + discount · max_b [g_b(x') - c · |b - a|]`, with the value
/// `g_b` of exposure b and the quadratic utility `u(y) = y - λ · y²`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradingBackup<'a> {
    /// The exposures to choose from.
    pub exposures: &'a [f64],
    /// c: the cost per unit of exposure traded, as a fraction of equity.
    pub cost: f64,
    /// The discount factor per bar, from 0 to below 1.
    pub discount: f64,
    /// λ: the weight of a squared return.
    pub risk_aversion: f64,
}

impl Backup for TradingBackup<'_> {
    fn target(&self, outcome: &Outcome<'_>) -> f64 {
        let exposure = self.exposures[outcome.action];
        let gross_return = exposure * outcome.reward;
        let reward = gross_return - self.risk_aversion * gross_return * gross_return;
        let Some(next) = outcome.next else { return reward };
        let cost = |other: usize| self.cost * (self.exposures[other] - exposure).abs();
        reward + self.discount * next.best(cost)
    }
}
