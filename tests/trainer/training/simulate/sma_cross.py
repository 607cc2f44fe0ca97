"""SMA 10/20 crossover in backtesting.py, and its decisions as signals.

Called with the bars, the settings as JSON, and where to write the
signals; prints the trades and the final equity.
"""
import json
import sys
import warnings

warnings.filterwarnings("ignore")
import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover


def sma(values, n):
    return pd.Series(values).rolling(n).mean()


bars = pd.read_csv(sys.argv[1], index_col="Date", parse_dates=True)
settings = json.loads(sys.argv[2])
commission, spread = settings["commission"], settings["spread"]
leverage, n_bars = settings["leverage"], len(bars)


class SmaCross(Strategy):
    def init(self):
        self.fast = self.I(sma, self.data.Close, 10)
        self.slow = self.I(sma, self.data.Close, 20)

    def next(self):
        # Flat at the last open: how the end is filled is another rule.
        if len(self.data) >= n_bars - 1:
            self.position.close()
        elif crossover(self.fast, self.slow):
            self.position.close()
            self.buy()
        elif crossover(self.slow, self.fast):
            self.position.close()
            self.sell()


stats = Backtest(
    bars[["Open", "High", "Low", "Close", "Volume"]], SmaCross, cash=10_000,
    commission=commission, spread=spread, margin=1 / leverage, finalize_trades=True,
).run()
trades = stats._trades.sort_values("EntryBar")

signals, cash = [], 10_000.0
rows = list(trades[["EntryBar", "ExitBar", "Size"]].itertuples(index=False))
for idx, (entry, exit, units) in enumerate(rows):
    side = 1 if units > 0 else -1
    buy, sell = 1 + side * spread / 2, 1 - side * spread / 2
    opened, closed = bars.Open.iloc[entry], bars.Open.iloc[exit]
    # Half a unit more, which rounds toward zero to these units.
    wanted = units + side / 2
    cost = abs(wanted) * opened * (spread / 2 + commission * buy)
    exposure = wanted * opened / (cash - cost)
    signals.append((bars.index[entry - 1], side * leverage if settings["is_plain"] else exposure))
    if idx + 1 == len(rows) or rows[idx + 1][0] != exit:
        signals.append((bars.index[exit - 1], 0))
    cash += units * (closed * sell - opened * buy)
    cash -= abs(units) * commission * (opened * buy + closed * sell)
pd.DataFrame(signals, columns=["time", "exposure"]).to_csv(sys.argv[3], index=False)

print(json.dumps({
    "trades": [
        [int(row.EntryBar), int(row.ExitBar), float(row.Size), row.EntryPrice, row.ExitPrice]
        for row in trades.itertuples()
    ],
    "final_equity": stats["Equity Final [$]"],
}))
