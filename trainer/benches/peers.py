"""Compares the trainer with Stable-Baselines3 and gym-anytrading.

    cargo build --release --package trainer --bins --examples
    python3 -m venv target/peers
    target/peers/bin/pip install stable-baselines3==2.9.2 gym-anytrading==2.0.0 pandas
    target/peers/bin/python trainer/benches/peers.py --seeds 5 --out target/peers.json

A planted task: an Ornstein-Uhlenbeck log price (kappa 0.05, sigma 0.003 a
bar), 20,000 bars to learn from, 48 left out, 20,000 others to test, a cost of
5 basis points a unit of exposure, exposures -1, 0 and 1, the trainer's 25
features. PPO and DQN have their default settings, see the same features and
the position, and get the net return of each bar in percent as the reward.
They are judged every 5,000 steps on the test bars; their clock stands still
meanwhile, and starts after the imports. The best of all their judgements is
replayed by `trainer simulate`: its net return is the target. The trainer has
its default settings, but one split and one seed, and once more batches of
5,000 bars: refits are most of its work. The first episode whose test net
return reaches the target is found, and a whole process of so many episodes is
timed: with its start, the reading of the bars, all evaluations, the report and
the sealed session. Its episodes alone, evaluations included, are what the
peers' clock would show.

Wall-clock and CPU seconds are both told: on a machine that does other work,
the latter compare better. PyTorch gets one thread, with which networks of
this size are fastest. `--load FILE` takes the peers' part from an earlier run's
`--out`, and times the trainer only.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

N_TRAIN = 20_000
FIRST_TEST = 20_048
N_FEATURES = 25
COST = 0.0005
N_STEPS = 100_000
EVERY = 5_000
EXPOSURES = (-1.0, 0.0, 1.0)
PEERS = ("PPO", "DQN")


def peer(name, folder, seed):
    """Trains one peer and prints what it reached, as JSON."""
    import gymnasium
    import numpy as np
    import stable_baselines3
    import torch
    from stable_baselines3.common.callbacks import BaseCallback

    table = np.fromfile(folder / "rows.f64").reshape(-1, N_FEATURES + 1)
    opens, rows = table[:, 0], table[:, 1:].astype(np.float32)
    # A decision at the close of bar t earns from open t + 1 to t + 2.
    returns = opens[2:] / opens[1:-1] - 1.0
    warm = int(np.argmax(~np.isnan(rows).any(axis=1)))
    exposures = np.array(EXPOSURES)

    class Market(gymnasium.Env):
        action_space = gymnasium.spaces.Discrete(len(EXPOSURES))
        observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (N_FEATURES + 1,), np.float32)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.at, self.position = warm, 0.0
            return self.seen(), {}

        def seen(self):
            return np.append(rows[self.at], np.float32(self.position))

        def step(self, action):
            exposure = EXPOSURES[action]
            net = exposure * returns[self.at] - COST * abs(exposure - self.position)
            self.at, self.position = self.at + 1, exposure
            return self.seen(), 100.0 * net, False, self.at >= N_TRAIN - 2, {}

    test = range(FIRST_TEST, len(returns))

    def clocks():
        return np.array([time.perf_counter(), time.process_time()])

    def judge(model):
        """Returns the net log return of the test bars, and the exposures."""
        wanted = []
        for position in EXPOSURES:
            held = np.full((len(test), 1), position, dtype=np.float32)
            seen = np.hstack([rows[FIRST_TEST : len(returns)], held])
            wanted.append(model.predict(seen, deterministic=True)[0])
        at, path = 1, []
        for choices in zip(*wanted):
            at = int(choices[at])
            path.append(at)
        path = exposures[path]
        traded = np.abs(np.diff(path, prepend=0.0))
        nets = path * returns[FIRST_TEST:] - COST * traded
        return float(np.log1p(nets).sum() + np.log1p(-COST * abs(path[-1]))), path

    class Judge(BaseCallback):
        def __init__(self):
            super().__init__()
            self.judgements, self.best, self.path = [], -np.inf, None
            self.start = clocks()

        def _on_step(self):
            if self.num_timesteps % EVERY == 0:
                stop = clocks()
                log_return, path = judge(self.model)
                wall, cpu = stop - self.start
                self.judgements.append([self.num_timesteps, wall, cpu, log_return])
                if log_return > self.best:
                    self.best, self.path = log_return, path
                self.start += clocks() - stop
            return True

    torch.set_num_threads(1)
    judged = Judge()
    model = getattr(stable_baselines3, name)("MlpPolicy", Market(), seed=seed, device="cpu")
    model.learn(N_STEPS, callback=judged)
    with open(folder / "bars.csv", encoding="utf-8") as bars:
        times = [line.split(",", 1)[0] for line in bars][1:]
    with open(folder / f"{name}.csv", "w", encoding="utf-8") as signals:
        signals.write("time,exposure\n")
        for at, exposure in zip(test, judged.path):
            signals.write(f"{times[at]},{exposure}\n")
    best = max(judged.judgements, key=lambda judgement: judgement[3])
    print(json.dumps({
        "steps": best[0],
        "seconds": best[1],
        "cpu_seconds": best[2],
        "judgements": judged.judgements,
        "peak_mb": peak_mb(resource.RUSAGE_SELF),
        "stable_baselines3": stable_baselines3.__version__,
        "torch": torch.__version__,
    }))


def peak_mb(who):
    return resource.getrusage(who).ru_maxrss * 1024 / 1e6


def anytrading():
    """Prints the steps a second of gym-anytrading's environment."""
    import gym_anytrading  # noqa: F401 (registers the environments)
    import gymnasium
    from gym_anytrading.datasets import FOREX_EURUSD_1H_ASK as bars

    environment = gymnasium.make("forex-v0", df=bars, window_size=10, frame_bound=(10, len(bars)))
    best = 0.0
    for _ in range(5):
        environment.reset(seed=1)
        n_steps, is_over, start = 0, False, time.perf_counter()
        while not is_over:
            _, _, terminated, truncated, _ = environment.step(n_steps % 2)
            n_steps, is_over = n_steps + 1, terminated or truncated
        best = max(best, n_steps / (time.perf_counter() - start))
    print(json.dumps({"steps_per_second": best}))


# A small process of its own: a child's peak memory counts its parent's.
LAUNCH = """
import json, os, sys
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as out:
    json.dump([usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6], out)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(*command):
    """Runs a program; returns its JSON, its costs and its peak memory."""
    command = [str(word) for word in command]
    with tempfile.NamedTemporaryFile("r") as usage:
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-S", "-E", "-c", LAUNCH, usage.name, *command],
                              stdout=subprocess.PIPE, check=False)
        seconds = time.perf_counter() - start
        # 3: done, with the warning that no market gives such figures.
        if done.returncode not in (0, 3):
            sys.exit(f"`{' '.join(command)}` failed")
        cpu_seconds, peak = json.load(usage)
    costs = {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": peak}
    return json.loads(done.stdout) if done.stdout else None, costs


def ours(trainer, folder, seed, target, *flags):
    """Trains; returns when the target fell."""
    (folder / "config").mkdir(exist_ok=True)
    settings = {
        "data": str(folder / "bars.csv"),
        # The product must not fall below the whole number.
        "train_ratio": 0.49941,
        "seed": seed,
        "environment": {"commission_bps": COST * 1e4, "slippage_bps": 0.0},
    }
    (folder / "config/training_config.json").write_text(json.dumps(settings), encoding="utf-8")
    train = (trainer, "train", "--root", folder, "--split", "--seeds", "1",
             "--format", "json", "--quiet", *flags)
    session, costs = run(*train)
    assert session["split"]["train"]["n_bars"] == N_TRAIN, session["split"]
    assert session["split"]["test"]["first_bar_idx"] == FIRST_TEST, session["split"]
    net_returns = [it["test_net_return"] for it in session["episodes"]]
    record = {"net_returns": net_returns, "whole_run": costs, "episode": None}
    reached = [at for at, net_return in enumerate(net_returns, 1) if net_return >= target]
    if reached:
        again, costs = run(*train, "--episodes", reached[0])
        assert again["episodes"][-1]["test_net_return"] == net_returns[reached[0] - 1]
        learning = sum(it["seconds"] for it in again["episodes"])
        record |= {"episode": reached[0], "learning_seconds": learning} | costs
    return record


def contest(seed, tools, folder, known):
    """Runs all on the bars of one seed; the peers' part may be `known`."""
    run(tools / "examples/bench_peers", "data", seed, folder)
    record = {"seed": seed, "load": os.getloadavg()[0]}
    for name in PEERS:
        if known:
            record[name] = known[name]
            continue
        found, _ = run(sys.executable, __file__, "--peer", name, "--seed", seed,
                       "--folder", folder)
        replay, _ = run(tools / "trainer", "simulate", "--data", folder / "bars.csv",
                        "--signals", folder / f"{name}.csv", "--commission", COST * 1e4,
                        "--slippage", 0, "--format", "json")
        record[name] = found | {"net_return": replay["metrics"]["net_return"]}
    record["better"] = max(PEERS, key=lambda name: record[name]["net_return"])
    better = record[record["better"]]
    for name, flags in OURS.items():
        own = ours(tools / "trainer", folder, seed, better["net_return"], *flags)
        is_reached = own["episode"] is not None
        # What never gets there is no times as fast.
        pairs = [(key, key) for key in COSTS] + [("seconds", "learning_seconds")]
        own["times"] = [better[key] / own[own_key] if is_reached else 0.0 for key, own_key in pairs]
        record[name] = own
    return record


COSTS = ("seconds", "cpu_seconds", "peak_mb")
OURS = {"trainer": (), "trainer, batches of 5,000": ("--steps-per-batch", "5000")}
HEADER = """| seed | who | growth | after | s | CPU s | MB | times sooner | in CPU s | times less MB | by the peers' clock |
| ---: | --- |""" + " ---: |" * 9


def rows(record):
    lines = []
    for name in PEERS:
        one = record[name]
        lines.append([record["seed"], name, f"{one['net_return'] + 1:.1f}",
                      f"{one['steps']:,} steps", *costs_of(one), "", "", "", ""])
    for name in OURS:
        one = record[name]
        if one["episode"] is None:
            growth = max(one["net_returns"]) + 1
            lines.append([record["seed"], name, f"{growth:.1f}", "never"] + [""] * 7)
            continue
        growth = one["net_returns"][one["episode"] - 1] + 1
        lines.append([record["seed"], name, f"{growth:.1f}", f"episode {one['episode']}",
                      *costs_of(one), *(f"{times:.0f}" for times in one["times"])])
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in lines)


def costs_of(one):
    return [f"{one['seconds']:.2f}", f"{one['cpu_seconds']:.2f}", f"{one['peak_mb']:.0f}"]


def summary(records):
    """Returns the medians against the better peer."""
    lines = []
    for name in OURS:
        middle = [statistics.median(record[name]["times"][at] for record in records)
                  for at in range(4)]
        lines.append("{}, median of {} seeds: {:.0f} times sooner, {:.0f} in CPU seconds, "
                     "{:.0f} times less memory; {:.0f} times sooner by the peers' clock."
                     .format(name, len(records), *middle))
    return "\n".join(lines)


def main():
    arguments = argparse.ArgumentParser(description="Compares the trainer with its peers.")
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--first-seed", type=int, default=1)
    arguments.add_argument("--out", type=pathlib.Path, default=None)
    arguments.add_argument("--load", type=pathlib.Path, default=None)
    arguments.add_argument("--tools", type=pathlib.Path, default=None,
                           help="folder of the release build")
    arguments.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    arguments.add_argument("--anytrading", action="store_true", help=argparse.SUPPRESS)
    arguments.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.peer:
        return peer(asked.peer, asked.folder, asked.seed)
    if asked.anytrading:
        return anytrading()
    root = pathlib.Path(__file__).resolve().parents[2]
    tools = (asked.tools or root / "target/release").resolve()
    known = {}
    if asked.load:
        result = json.loads(asked.load.read_text(encoding="utf-8"))
        known = {record["seed"]: record for record in result["records"]}
        steps = result["environment_steps_per_second"]
    else:
        other = run(sys.executable, __file__, "--anytrading")[0]["steps_per_second"]
        own = run(tools / "examples/bench_peers", "environment")[0]["bar_steps_per_second"]
        steps = {"gym-anytrading": other, "trainer": own}
    seeds = known or range(asked.first_seed, asked.first_seed + asked.seeds)
    records = []
    print(HEADER)
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            records.append(contest(seed, tools, pathlib.Path(folder), known.get(seed)))
        print(rows(records[-1]), flush=True)
        if asked.out:
            result = {"records": records, "environment_steps_per_second": steps}
            asked.out.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(f"\n{summary(records)}")
    print(f"Environment alone, steps a second: gym-anytrading {steps['gym-anytrading']:,.0f}, "
          f"trainer {steps['trainer']:,.0f}.")


if __name__ == "__main__":
    main()
