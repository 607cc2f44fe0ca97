"""The probability of backtest overfitting, written down once more.

Reads a matrix of returns (a row a bar, a column a strategy, CSV without
titles) and the number of blocks; prints what CSCV says of it, as JSON.
After Bailey, Borwein, Lopez de Prado and Zhu (2015), section 2, plainly:
every half of the blocks is put together anew, nothing is carried over.
"""

import itertools
import json
import math
import sys


def sharpe(returns):
    mean = math.fsum(returns) / len(returns)
    squares = math.fsum((value - mean) ** 2 for value in returns)
    deviation = math.sqrt(squares / (len(returns) - 1))
    return mean / deviation if deviation > 0 else 0.0


def main(path, n_blocks):
    with open(path) as file:
        rows = [[float(cell) for cell in line.split(",")] for line in file]
    n_bars, n_strategies = len(rows), len(rows[0])
    bounds = [block * n_bars // n_blocks for block in range(n_blocks + 1)]
    blocks = [rows[bounds[idx]:bounds[idx + 1]] for idx in range(n_blocks)]
    logits, n_lost = [], 0
    for chosen in itertools.combinations(range(n_blocks), n_blocks // 2):
        halves = [], []
        for idx, block in enumerate(blocks):
            halves[idx not in chosen].extend(block)
        inside, outside = (
            [sharpe([row[column] for row in half]) for column in range(n_strategies)]
            for half in halves
        )
        best = inside.index(max(inside))
        n_less = sum(value < outside[best] for value in outside)
        n_equal = sum(value == outside[best] for value in outside)
        share = (n_less + (n_equal + 1) / 2) / (n_strategies + 1)
        logits.append(math.log(share / (1 - share)))
        n_lost += outside[best] < 0
    print(json.dumps({
        "pbo": sum(logit <= 0 for logit in logits) / len(logits),
        "mean_logit": math.fsum(logits) / len(logits),
        "probability_of_loss": n_lost / len(logits),
        "n_splits": len(logits),
    }))


main(sys.argv[1], int(sys.argv[2]))
