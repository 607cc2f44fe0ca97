"""Trains Stable-Baselines3's PPO on a planted task, under Trainvault.

    python -m venv venv && venv/bin/pip install stable-baselines3
    cargo xtask train --seed 7 -- venv/bin/python examples/stable_baselines3/train.py

It needs nothing of Trainvault but three variables of its environment:
where to write (TRAINVAULT_ROOT, TRAINVAULT_LOGS) and the seed. What it
writes to `models/` is archived; `logs/metrics.json` holds the figures
that `list`, gates and `prune --keep-best` go by.

The task: a price that returns to its mean. The agent sees the distance
of the log price from it and what it holds, and chooses to be short,
flat or long for the next bar. The figures are of bars that it was not
trained on, net of costs.
"""

import json
import math
import os
import sys
from pathlib import Path

import gymnasium
import numpy
from stable_baselines3 import PPO

BARS_PER_YEAR = 252 * 24
COST = 0.0005  # of what changes hands


class MeanReversion(gymnasium.Env):
    """One pass over a planted price, `n_bars` long."""

    def __init__(self, seed, n_bars):
        self.observation_space = gymnasium.spaces.Box(-10, 10, (2,), numpy.float32)
        self.action_space = gymnasium.spaces.Discrete(3)
        noise = numpy.random.default_rng(seed).normal(0, 0.003, n_bars + 1)
        self.log_price = numpy.zeros(n_bars + 1)
        for bar in range(n_bars):
            self.log_price[bar + 1] = 0.95 * self.log_price[bar] + noise[bar]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.bar, self.held = 0, 0
        return self._observe(), {}

    def step(self, action):
        target = int(action) - 1
        earned = target * (self.log_price[self.bar + 1] - self.log_price[self.bar])
        reward = earned - COST * abs(target - self.held)
        self.bar, self.held = self.bar + 1, target
        is_over = self.bar + 1 >= len(self.log_price)
        return self._observe(), reward * 100, is_over, False, {"return": reward}

    def _observe(self):
        return numpy.array([self.log_price[self.bar] * 100, self.held], numpy.float32)


def evaluate(model, environment):
    """Returns the net log return a bar, over one pass."""
    observation, _ = environment.reset()
    returns, is_over = [], False
    while not is_over:
        action, _ = model.predict(observation, deterministic=True)
        observation, _, is_over, _, info = environment.step(action)
        returns.append(info["return"])
    return numpy.array(returns)


def main():
    root = Path(os.environ.get("TRAINVAULT_ROOT", "."))
    logs = Path(os.environ.get("TRAINVAULT_LOGS", root / "logs"))
    seed = int(os.environ.get("TRAINVAULT_SEED", "42"))
    n_steps = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000

    model = PPO("MlpPolicy", MeanReversion(seed, 4_000), seed=seed, device="cpu", verbose=1)
    model.learn(n_steps)
    (root / "models").mkdir(exist_ok=True)
    model.save(root / "models" / "ppo.zip")

    # Other bars than those of the training.
    returns = evaluate(model, MeanReversion(seed + 1_000_000, 4_000))
    spread = returns.std(ddof=1)
    metrics = {
        "net_return": math.expm1(returns.sum()),
        "sharpe": returns.mean() / spread * math.sqrt(BARS_PER_YEAR) if spread > 0 else None,
        "n_bars": len(returns),
        "n_steps": n_steps,
    }
    logs.mkdir(exist_ok=True)
    (logs / "metrics.json").write_text(json.dumps(metrics, indent=2))
    print(metrics)


if __name__ == "__main__":
    main()
