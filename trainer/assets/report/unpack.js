// Unpacks the numbers that the page holds.
const report = JSON.parse(document.getElementById("report-data").textContent);

const bytesOf = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));

// Single-precision floats; what is no number is a hole.
const floatsOf = text => Array.from(
  new Float32Array(bytesOf(text).buffer), value => Number.isFinite(value) ? value : null);

// LEB128 numbers, to 2^53.
function countsOf(text) {
  const counts = [];
  let value = 0, scale = 1;
  for (const byte of bytesOf(text)) {
    value += (byte & 127) * scale;
    if (byte & 128) { scale *= 128; continue; }
    counts.push(value);
    value = 0; scale = 1;
  }
  return counts;
}

// Seconds since 1970, as the charts count.
function timesOf(times) {
  let at = times.start_ms;
  return countsOf(times.steps).map(step => (at += step * times.unit_ms) / 1000);
}

function seriesOf(packed) {
  if (!packed) return null;
  const series = { times: timesOf(packed.times), stride: packed.stride };
  for (const [name, text] of Object.entries(packed.columns)) series[name] = floatsOf(text);
  return series;
}

function tradesOf(packed, share) {
  if (!packed) return null;
  const entries = timesOf(packed.entries), held = countsOf(packed.held_ms);
  const trades = {
    share, n: packed.n, every: packed.every, n_listed: packed.n_listed,
    entries, exits: entries.map((entry, i) => entry + held[i] / 1000),
    ids: countsOf(packed.ids), symbols: countsOf(packed.symbols), symbol_names: packed.symbol_names, bars: countsOf(packed.bars), flags: countsOf(packed.flags),
  };
  for (const [name, text] of Object.entries(packed.columns)) trades[name] = floatsOf(text);
  return trades;
}

const sessions = report.sessions.map(session => ({
  ...session,
  bars: seriesOf(session.bars),
  train: seriesOf(session.train),
  test: seriesOf(session.test),
  rolling: session.rolling && { window: session.rolling.window, ...seriesOf(session.rolling.series) },
  matched: session.matched && { scale: session.matched.scale, ...seriesOf(session.matched) },
  daily: seriesOf(session.daily),
  trades: {
    test: tradesOf(session.trades && session.trades.test, session.account_share),
    train: tradesOf(session.trades && session.trades.train, session.account_share),
  },
}));
const isComparison = sessions.length > 1;
// Whose price and trades are shown.
let chosen = 0;
