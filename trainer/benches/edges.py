"""Shows what the trainer earns where there is an edge, and where there is none.

    cargo build --release --package trainer --bins
    python3 trainer/benches/edges.py --trainer target/release/trainer
    python3 trainer/benches/edges.py --tasks noise shuffled --series 10 --seeds 20

Each task is a few series of bars; each series is trained on with each seed,
walking forward through five windows that test the later five sixths of the
bars, with default settings but for what `--set` says. Figures are of the one
account through all windows, net of costs, out of sample:

net: mean of the net returns; planted tasks grow: there the log of the growth.
in market: mean share of bars with a position.
spread: deviation of the same over the seeds, mean of the series.
of DP: the log of the growth over that of dynamic programming with the true
state and process, at the same costs, on the same bars.
above 0: runs whose 95 % interval of the Sharpe ratio lies above 0.

`--before` names another trainer, whose figures come beside. Only Python's
standard library is used.
"""

import argparse
import concurrent.futures
import csv
import datetime
import gzip
import json
import math
import pathlib
import random
import statistics
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parents[2]
DATA = {
    "BTC": HERE / "trainer/data/btcusd_30m.csv.gz",
    "EURUSD": HERE / "tests/data/eurusd_1h.csv.gz",
    "stocks": HERE / "tests/data/stocks_1d.csv.gz",
}
SIGMA, COST, DISCOUNT = 0.003, 0.0005, 0.97
# The share of the state that lasts, and whether the state is the return.
PLANTED = {"OU": (0.95, False), "OU slow": (0.98, False),
           "AR +0.3": (0.3, True), "AR -0.3": (-0.3, True)}
N_BARS = 20_000
WINDOWS = 5
NO_OUTPUT = {"enable_trade_logging": False, "enable_trade_tracing": False,
             "enable_tensorboard": False, "checkpoint_every_episodes": 0, "seeds": 1}


def bars_of(moves):
    """Returns rows of bars whose closes follow from log moves, volumes."""
    first, rows, log_open = datetime.datetime(2018, 1, 1), [], 0.0
    for at, (high, low, move, volume) in enumerate(moves):
        time = first + datetime.timedelta(minutes=30 * at)
        prices = (math.exp(log_open + step) for step in (0.0, high, low, move))
        rows.append([time.strftime("%Y-%m-%dT%H:%M:%SZ"), *(f"{it:.12g}" for it in prices), volume])
        log_open += move
    return rows


def plain(returns, draw):
    return bars_of((max(it, 0.0), min(it, 0.0), it, round(100 + 50 * draw.random(), 3)) for it in returns)


def planted(name, seed):
    """Returns the bars and the state at each close."""
    lasting, is_return = PLANTED[name]
    draw, state, states, returns = random.Random(seed), 0.0, [], []
    for _ in range(N_BARS):
        after = lasting * state + SIGMA * draw.gauss(0.0, 1.0)
        returns.append(after if is_return else after - state)
        state = after
        states.append(state)
    return plain(returns, draw), (returns, states)


def noise(name, seed):
    """Independent returns, or returns whose deviation wanders."""
    draw, log_scale, returns = random.Random(seed), 0.0, []
    for _ in range(N_BARS):
        log_scale = 0.98 * log_scale + 0.15 * draw.gauss(0.0, 1.0)
        scale = 1.0 if name == "white noise" else math.exp(log_scale)
        returns.append(SIGMA * scale * draw.gauss(0.0, 1.0))
    return plain(returns, draw), None


def real(name):
    """Returns the rows of a shipped file, of a stock those of its ticker."""
    path = DATA.get(name, DATA["stocks"])
    with gzip.open(path, "rt", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    if name not in DATA:
        rows = [row[1:] for row in rows if row[0] == name]
        head = head[1:]
    names = [name.strip().lower().rpartition(".")[2] for name in head]
    wanted = (("date", "time"), ("open",), ("high",), ("low",), ("close",), ("volume",))
    columns = [next(at for at, name in enumerate(names) if name in any_of) for any_of in wanted]
    return [[row[i] for i in columns] for row in rows]


def shuffled(name, seed):
    """The moves of real bars in another order."""
    rows = [[float(it) for it in row[1:]] for row in real(name)]
    moves = [(math.log(high / open_), math.log(low / open_), math.log(close / open_), volume)
             for open_, high, low, close, volume in rows]
    random.Random(seed).shuffle(moves)
    return bars_of(moves), None


def optimum(name, truth, first):
    """What dynamic programming earns on the bars from `first` on, in logs."""
    lasting, is_return = PLANTED[name]
    (returns, states), n, exposures = truth, 161, (-1, 0, 1)
    width = 5 * SIGMA / math.sqrt(1 - lasting * lasting)
    step = 2 * width / (n - 1)
    grid = [at * step - width for at in range(n)]
    chances = []
    for state in grid:
        near = [(to, math.exp(-0.5 * ((grid[to] - lasting * state) / SIGMA) ** 2))
                for to in range(n) if abs(grid[to] - lasting * state) < 5 * SIGMA]
        total = sum(weight for _, weight in near)
        chances.append([(to, weight / total) for to, weight in near])
    gains = [sum(chance * math.expm1(grid[to] if is_return else grid[to] - state)
                 for to, chance in near) for state, near in zip(grid, chances)]
    values = [[0.0] * 3 for _ in grid]
    for _ in range(200):
        best = [[max(row[to] - COST * abs(exposures[to] - held) for to in range(3))
                 for held in exposures] for row in values]
        for at, near in enumerate(chances):
            later = [sum(chance * best[to][held] for to, chance in near) for held in range(3)]
            values[at] = [exposures[it] * gains[at] + DISCOUNT * later[it] for it in range(3)]
    held, total = 0, 0.0
    for at in range(first, len(returns) - 1):
        row = values[min(max(round((states[at] + width) / step), 0), n - 1)]
        to = max(exposures, key=lambda it: row[it + 1] - COST * abs(it - held))
        total += math.log1p(to * math.expm1(returns[at + 1]) - COST * abs(to - held))
        held = to
    return total


def train(trainer, path, seed, settings):
    """Trains walking forward; returns the figures of the joined account."""
    with tempfile.TemporaryDirectory() as root:
        config = pathlib.Path(root) / "config"
        config.mkdir()
        every = {"data": str(path), "walk_forward": {"windows": WINDOWS}, "seed": seed}
        (config / "training_config.json").write_text(json.dumps(NO_OUTPUT | every | settings))
        command = [trainer, "train", "--root", root, "--format", "json", "--quiet"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        # Where figures are too good for a market, it ends with an alarm.
        if not done.stdout:
            raise SystemExit(f"`{' '.join(map(str, command))}` failed: {done.stderr.decode()}")
        session = json.loads(done.stdout)
    first = session["walk_forward"]["windows"][0]["split"]["test"]["first_bar_idx"]
    return session["metrics"]["agent"] | {"first": first}


def tasks(chosen, n_series):
    """Yields the group, the name, and how to make each series."""
    numbers = range(1, n_series + 1)
    groups = {
        "planted": [(name, [lambda it=it, name=name: planted(name, it) for it in numbers])
                    for name in PLANTED],
        "noise": [(name, [lambda it=it, name=name: noise(name, it) for it in numbers])
                  for name in ("white noise", "random walk, wandering deviation")],
        "shuffled": [(f"{name}, shuffled", [lambda it=it, name=name: shuffled(name, it) for it in numbers])
                     for name in ("BTC", "EURUSD")],
        "real": [(name, [lambda name=name: (real(name), None)])
                 for name in ("BTC", "EURUSD", *STOCKS)],
    }
    for group in chosen:
        yield from ((group, *task) for task in groups[group])


STOCKS = ("AAPL", "IBM", "MSFT")


def measure(trainer, made, options, settings):
    """Returns a row of the table: what all runs of a task came to."""
    settings = settings | options.set
    jobs = [(path, seed) for path, _ in made for seed in range(1, options.seeds + 1)]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        found = list(pool.map(lambda job: train(trainer, *job, settings), jobs))
    is_planted = made[0][1] is not None
    nets = [math.log1p(it["net_return"]) if is_planted else it["net_return"] for it in found]
    by_series = [nets[at:at + options.seeds] for at in range(0, len(nets), options.seeds)]
    spread = statistics.mean(statistics.stdev(it) if len(it) > 1 else 0.0 for it in by_series)
    of_dp = ""
    if is_planted:
        best = [truth(found[0]["first"]) for _, truth in made]
        of_dp = f"{statistics.mean(statistics.mean(own) / it for own, it in zip(by_series, best)):.1%}"
    text = "{:.2f}" if is_planted else "{:+.2%}"
    n_above = sum((it["sharpe_low"] or 0.0) > 0.0 for it in found)
    n_flat = sum(it["n_trades"] == 0 for it in found)
    in_market = statistics.mean(it["exposure"] or 0.0 for it in found)
    return [text.format(statistics.mean(nets)), text.format(statistics.median(nets)), f"{in_market:.0%}",
            text.format(spread).lstrip("+"), of_dp, f"{n_above} of {len(found)}", f"{n_flat} of {len(found)}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trainer", type=pathlib.Path, default=HERE / "target/release/trainer")
    parser.add_argument("--before", type=pathlib.Path)
    parser.add_argument("--tasks", nargs="+", default=["planted", "noise", "shuffled", "real"])
    parser.add_argument("--series", type=int, default=1, help="series of each made-up task")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time")
    parser.add_argument("--set", type=json.loads, default={}, help="settings, as JSON")
    options = parser.parse_args()
    trainers = {"now": options.trainer.resolve()}
    if options.before:
        trainers = {"before": options.before.resolve()} | trainers
    print("| bars | trainer | net, mean | median | in market | spread | of DP | above 0 | flat |")
    print("| --- | --- |" + " ---: |" * 7, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for group, name, series in tasks(options.tasks, options.series):
            made = []
            for at, make in enumerate(series):
                rows, truth = make()
                path = pathlib.Path(folder) / f"{at}.csv"
                with open(path, "w", encoding="utf-8", newline="") as file:
                    csv.writer(file).writerows([["time", "open", "high", "low", "close", "volume"], *rows])
                of = truth and (lambda first, truth=truth, name=name: optimum(name, truth, first))
                made.append((path, of))
            costs = {"environment": {"commission_bps": COST * 1e4, "slippage_bps": 0.0}}
            for who, trainer in trainers.items():
                row = measure(trainer, made, options, costs if group == "planted" else {})
                print("| " + " | ".join([name, who, *row]) + " |", flush=True)


if __name__ == "__main__":
    main()
