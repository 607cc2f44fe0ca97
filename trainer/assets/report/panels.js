// What each chart shows.
const joined = tables => uPlot.join(tables);
const label = (session, text) => isComparison ? `${session.name} ${text}` : text;
const noCurve = "There is no out-of-sample curve: no evaluation was finished.";
const ifPlenty = (series, least = 2) => series && series.times && series.times.length >= least;

// Lines of several sessions on one axis of time.
function overlaid(lines, spec) {
  if (!lines.length) return spec.none || noCurve;
  return { ...spec, data: joined(lines.map(({ times, values }) => [times, values])), series: lines.map(line => line.series) };
}

// `name` of each session's curves, in sample and out of it, and of
// buy-and-hold.
function curves(name, holdName) {
  const lines = [];
  sessions.forEach((session, i) => {
    if (ifPlenty(session.test)) lines.push({ times: session.test.times, values: session.test[name], series: line(label(session, "agent"), sessionColour(i), { width: 2 }) });
    if (ifPlenty(session.train)) lines.push({ times: session.train.times, values: session.train[name], series: line(label(session, "in sample"), sessionColour(i), { width: 1, dash: [4, 3], show: false, inSample: true }) });
  });
  sessions.forEach((session, i) => {
    if (!holdName || !ifPlenty(session.test)) return;
    // One of them is enough where all were tested on the same bars.
    const isSame = sessions.slice(0, i).some(other => ifPlenty(other.test) && session.test[holdName].join() === other.test[holdName].join());
    if (!isSame) lines.push({ times: session.test.times, values: session.test[holdName], series: line(label(session, "buy and hold"), holdColour(), { dash: i ? [2, 3] : [8, 3] }) });
  });
  return lines;
}

place("equity", () => {
  const lines = curves("equity", "hold");
  const first = sessions.find(session => ifPlenty(session.test));
  if (first) {
    const cash = first.start_equity || first.test.equity[0];
    lines.push({ times: first.test.times, values: first.test.times.map(() => cash), series: line("never trade", colour("--quiet"), { width: 1, dash: [2, 4] }) });
  }
  const isPositive = lines.every(({ values }) => values.every(value => value == null || value > 0));
  return overlaid(lines, { isLog: isLog && isPositive });
});
place("drawdown", () => {
  const lines = curves("drawdown", "hold_drawdown");
  for (const each of lines) each.values = each.values.map(value => value == null ? null : -value);
  if (lines.length) lines[0].series.fill = `color-mix(in srgb, ${sessionColour(0)} 18%, transparent)`;
  return overlaid(lines, { unit: "%", tell: percents, within: [-1e-3, 0] });
});
place("exposure", () => {
  const lines = curves("exposure", null);
  for (const each of lines) each.series.paths = uPlot.paths.stepped({ align: -1 });
  return overlaid(lines, { tell: value => digits(value, 4) });
});

// The index of the point that stands for the bar at each time.
const indexesOf = (times, wanted) => wanted.map(time => {
  let low = 0, high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1; else high = middle;
  }
  return low;
});

// Every kind of fill: what it is called, its colour and its shape.
const fills = {
  long: ["long entry", "--c0", "up"],
  short: ["short entry", "--c1", "down"],
  won: ["exit, won", "--c2", "round", { size: 7 }],
  lost: ["exit, lost", "--c3", "square", { size: 7, isHollow: true }],
  liquidated: ["liquidated", "--liquidated", "cross", { size: 13, width: 3 }],
};
const endOf = (book, i) => book.flags[i] & 2 ? "liquidated" : book.net_pnl[i] > 0 ? "won" : "lost";
// Marks of the kinds that occur.
const marked = (marks, kinds = Object.keys(fills)) => kinds.filter(kind => marks[kind].some(value => value != null)).map(kind => {
  const [text, ink, shape, { isHollow, ...more } = {}] = fills[kind];
  return { values: marks[kind], series: dots(text, colour(ink), shape, { ...more, ...(isHollow ? { fill: colour("--panel") } : {}) }) };
});
const emptyMarks = n => Object.fromEntries(Object.keys(fills).map(kind => [kind, Array(n).fill(null)]));

place("price", () => {
  const { bars, trades, is_portfolio } = sessions[chosen];
  if (!ifPlenty(bars)) return "The bars are not there any more.";
  const marks = emptyMarks(bars.times.length);
  // Symbols' prices are none of the portfolio's: no fill lies on it.
  // Where windows judge, fills in sample lie on bars out of sample.
  const book = is_portfolio ? null : trades.test;
  if (book) {
    const entries = indexesOf(bars.times, book.entries), exits = indexesOf(bars.times, book.exits);
    for (let i = 0; i < entries.length; i++) {
      marks[book.flags[i] & 1 ? "short" : "long"][entries[i]] = book.entry_price[i];
      marks[endOf(book, i)][exits[i]] = book.price[i];
    }
  }
  const hasRange = bars.high && bars.low;
  const range = ink => ({ width: 0, stroke: ink, spanGaps: true, points: { show: false } });
  const ink = colour("--c7"), made = marked(marks);
  return {
    data: [bars.times, bars.close, ...(hasRange ? [bars.high, bars.low] : []), ...made.map(({ values }) => values)],
    series: [
      line("close", colour("--ink"), { width: 1 }),
      ...(hasRange ? [{ label: "high", ...range(ink) }, { label: "low", ...range(ink) }] : []),
      ...made.map(({ series }) => series),
    ],
    bands: hasRange ? [{ series: [2, 3], fill: `color-mix(in srgb, ${ink} 40%, transparent)` }] : [],
  };
});
place("volume", () => {
  const { bars, is_portfolio } = sessions[chosen];
  // A portfolio has no volume of its own.
  if (is_portfolio) return null;
  if (!ifPlenty(bars) || !bars.volume) return "The bars are not there any more.";
  return { data: [bars.times, bars.volume], series: [line("volume", colour("--c7"), { width: 1, fill: `color-mix(in srgb, ${colour("--c7")} 35%, transparent)` })], within: [0] };
});
place("pnl", () => {
  const book = sessions[chosen].trades.test;
  if (!book) return "There is no trace of trades: enable_trade_tracing was off, or the file is gone.";
  if (!book.exits.length) return "There was no trade out of sample.";
  const order = book.exits.map((_, i) => i).sort((a, b) => book.exits[a] - book.exits[b]);
  const marks = emptyMarks(order.length);
  order.forEach((i, at) => { marks[endOf(book, i)][at] = book.net_return[i]; });
  const made = marked(marks);
  return {
    data: [order.map(i => book.exits[i]), ...made.map(({ values }) => values)],
    series: made.map(({ series }) => series),
    unit: "%", tell: percents,
  };
});

// A figure over the moving window; `more` are other figures beside.
const rolled = (figures, spec = {}) => {
  const lines = [];
  sessions.forEach((session, i) => {
    if (!ifPlenty(session.rolling)) return;
    figures.forEach(([name, text, style], at) => {
      const ink = name.startsWith("hold") ? holdColour() : sessionColour(isComparison ? i : at);
      if (!isComparison || at === 0) lines.push({ times: session.rolling.times, values: session.rolling[name], series: line(`${label(session, text)}, ${session.rolling.window} bars`, ink, style) });
    });
  });
  return overlaid(lines, { none: "Too few bars out of sample for a moving window.", ...spec });
};
place("rolling-sharpe", () => rolled([["sharpe", "Sharpe"], ["sortino", "Sortino", { dash: [3, 3] }], ["hold_sharpe", "buy and hold, Sharpe", { dash: [8, 3] }]]));
place("rolling-volatility", () => rolled([["volatility", "agent"], ["hold_volatility", "buy and hold", { dash: [8, 3] }]], { unit: "%", tell: percents }));
place("rolling-beta", () => rolled([["beta", "agent"]]));
place("matched", () => {
  const lines = [];
  sessions.forEach((session, i) => {
    if (!ifPlenty(session.matched)) return;
    lines.push({ times: session.matched.times, values: session.matched.agent, series: line(label(session, "agent"), sessionColour(i)) });
    lines.push({ times: session.matched.times, values: session.matched.hold, series: line(label(session, `buy and hold × ${digits(session.matched.scale, 3)}`), holdColour(), { dash: [8, 3] }) });
  });
  return overlaid(lines, { none: "Too few days, or returns that do not vary." });
});
place("daily", () => {
  const lines = [];
  sessions.forEach((session, i) => {
    if (!ifPlenty(session.daily)) return;
    lines.push({ times: session.daily.times, values: session.daily.agent, series: line(label(session, "agent"), sessionColour(i), { width: 1 }) });
  });
  return overlaid(lines, { unit: "%", tell: percents });
});

// Bars side by side for the counts of returns.
const counted = name => () => {
  const session = sessions[chosen], found = session[name];
  if (!found) return "Too few returns to count.";
  const middles = found.agent.map((_, i) => found.low + (i + 0.5) * found.width);
  if (middles.some((middle, i) => i > 0 && !(middle > middles[i - 1]))) return "The returns do not differ.";
  return {
    isTimed: false, data: [middles, found.agent, found.hold],
    series: [
      { label: label(session, `agent, ${found.n} returns`), stroke: sessionColour(chosen), fill: `color-mix(in srgb, ${sessionColour(chosen)} 55%, transparent)`, width: 1, points: { show: false }, paths: uPlot.paths.bars({ size: [0.9, 60] }) },
      line("buy and hold", holdColour(), { paths: uPlot.paths.stepped({ align: 0 }) }),
    ],
    xLabel: "return", xText: percents, xUnit: "%", tell: value => digits(value),
    xRange: [found.low, found.low + found.width * found.agent.length],
    within: [0],
  };
};
place("returns", counted("returns"));
place("month-returns", counted("month_returns"));
place("normal", () => {
  const session = sessions[chosen], found = session.normal;
  if (!found) return "Too few returns, or ones that do not vary.";
  return {
    isTimed: false, data: [found.normal, found.seen, found.normal],
    series: [dots(label(session, "seen"), sessionColour(chosen), "round", { size: 6 }), line("normal", colour("--quiet"), { dash: [6, 4] })],
    xLabel: "normal", xText: percents, xUnit: "%", tell: percents, unit: "%",
  };
});

// Figures of each episode: [name, text] pairs of the record.
const learned = (figures, spec = {}) => () => {
  const n = Math.max(...sessions.map(session => (session.episodes || []).length), 0);
  if (!n) return "No episode was finished.";
  const series = [], data = [Array.from({ length: n }, (_, i) => i + 1)];
  sessions.forEach((session, i) => figures.forEach(([name, text], at) => {
    const values = data[0].map(episode => (session.episodes[episode - 1] || {})[name] ?? null);
    if (values.every(value => value == null)) return;
    data.push(values);
    const ink = sessionColour(isComparison ? i : at);
    series.push(line(label(session, text), ink, { dash: at ? [6, 3] : undefined, points: { show: true, size: 6, fill: ink } }));
  }));
  if (!series.length) return "The record has no such figure.";
  return { isTimed: false, data, series, xLabel: "episode", xText: value => value == null ? "–" : String(value),
    isWhole: true, xRange: [0.5, n + 0.5], ...spec };
};
const shares = { unit: "%", tell: percents };
place("learning-reward", learned([["train_reward", "in sample"]], shares));
place("learning-return", learned([["test_net_return", "out of sample"]], shares));
place("learning-delta", learned([["max_abs_delta_q", "max |ΔQ|"]]));
place("learning-sharpe", learned([["test_sharpe", "Sharpe"]]));
