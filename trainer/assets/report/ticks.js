// What an axis of numbers shows: its range, its ticks and their text.
// Numbers are drawn as a chart's arithmetic can take them: the largest
// of a chart is brought near 1 where it is huge or tiny.

// Numbers closer than this share of their size are one number.
const CLOSEST = 1e-9;
const TICKS_MOST = 60;

const powerOf = size => size > 0 ? Math.min(Math.max(Math.floor(Math.log10(size)), -300), 300) : 0;
const times10 = (value, power) => power < 0 ? value / 10 ** -power : value * 10 ** power;

// How numbers become what is drawn, and back.
function mapOf(columns, isLog) {
  if (isLog) return { isLog, power: 0, to: Math.log10, from: value => 10 ** value };
  let size = 0;
  for (const column of columns) for (const value of column) {
    if (Number.isFinite(value)) size = Math.max(size, Math.abs(value));
  }
  const power = size >= 1e-6 && size < 1e15 || size === 0 ? 0 : powerOf(size);
  return { power, to: value => times10(value, -power), from: value => times10(value, power) };
}
// What is no number is a hole.
const mapped = (column, map) => Array.from(column, value => {
  const drawn = Number.isFinite(value) ? map.to(value) : null;
  return Number.isFinite(drawn) ? drawn : null;
});

// The step of about `most` ticks over a length: 1, 2 or 5 of a power
// of ten, never finer than the numbers there can tell apart.
function stepOf(low, high, most) {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const least = Math.max((high - low) / most, 1e-12 * size, 1e-290);
  const power = powerOf(least), ratio = times10(least, -power);
  const [factor, more] = ratio <= 1 ? [1, 0] : ratio <= 2 ? [2, 0] : ratio <= 5 ? [5, 0] : [1, 1];
  return { factor, power: power + more };
}
const tickOf = (n, { factor, power }) => times10(n * factor, power);

// A range around numbers that a chart can draw, whatever they are.
function rangeOf(low, high) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  if (low > high) [low, high] = [high, low];
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low <= Math.max(CLOSEST * size, 1e-12)) {
    const pad = size > 1e-10 ? 0.01 * size : 1;
    return [low - pad, high + pad];
  }
  return [low, high];
}

// The same, out to the next ticks.
function roundRangeOf(low, high) {
  const range = rangeOf(low, high), step = stepOf(...range, 5), length = tickOf(1, step);
  return [tickOf(Math.floor(range[0] / length + 1e-6), step), tickOf(Math.ceil(range[1] / length - 1e-6), step)];
}

// Ticks from `low` to `high`; `n` of each is a whole number of steps.
function ticksOf(low, high, most, isWhole) {
  if (!(high > low) || !Number.isFinite(high - low)) return { step: { factor: 1, power: 0 }, ticks: [] };
  const fine = stepOf(low, high, Math.max(most, 3));
  const step = isWhole && fine.power < 0 ? { factor: 1, power: 0 } : fine;
  const length = tickOf(1, step), ticks = [];
  const first = Math.ceil(low / length - 1e-6), last = Math.floor(high / length + 1e-6);
  for (let n = first; n <= last && ticks.length < TICKS_MOST; n++) ticks.push(tickOf(n, step));
  return { step, ticks };
}

// Ticks of a logarithmic axis, `low` and `high` being logarithms; a
// short one has those of the numbers, with their step.
function logTicksOf(low, high, most) {
  if (high - low < 1) {
    const { step, ticks } = ticksOf(10 ** low, 10 ** high, most);
    return { step, ticks: ticks.filter(value => value > 0).map(Math.log10) };
  }
  const every = Math.max(1, Math.ceil((high - low) / Math.max(most, 1))), ticks = [];
  const between = high - low <= 2.5 ? [1, 2, 5] : [1];
  for (let power = Math.floor(low); power <= high && ticks.length < TICKS_MOST; power += every) {
    for (const factor of between) {
      const at = power + Math.log10(factor);
      if (at >= low && at <= high) ticks.push(at);
    }
  }
  return { step: null, ticks };
}

const minus = text => text.replace("-", "−");
const superscript = power => minus(String(power)).replace("−", "⁻").replace(/\d/g, digit => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
const grouped = text => text.replace(/^(-?)(\d{5,})/, (all, sign, whole) => sign + whole.replace(/\B(?=(\d{3})+$)/g, "\u202f"));
const UNITS = [[12, "tn"], [9, "bn"], [6, "M"]];

// The ticks' text: the digits that their step has, and one unit.
function tickTexts(ticks, step, power, unit = "") {
  const counts = ticks.map(tick => Math.round(times10(tick, -step.power)) || 0);
  // Trailing zeros are none of the step's digits.
  const last = step.power + power, top = Math.max(...counts.map(Math.abs), 1);
  const first = last + powerOf(top), end = unit && " " + unit;
  const text = (exponent, mark) => counts.map(n => n === 0 ? "0" + end
    : minus(times10(n, last - exponent).toFixed(Math.max(0, exponent - last))) + mark + end);
  if (first < -4 || first >= 15) return text(first, "×10" + superscript(first));
  const found = UNITS.find(([exponent]) => first >= exponent && exponent - last <= 3);
  if (found) return text(found[0], " " + found[1]);
  return counts.map(n => minus(grouped(times10(n, last).toFixed(Math.max(0, -last)))) + end);
}

// A number with its first `n` digits, however large or small.
function digits(value, n = 6) {
  if (value == null || !Number.isFinite(value)) return "–";
  const shown = +value.toPrecision(n), power = powerOf(Math.abs(shown));
  if (shown === 0) return "0";
  if (power >= -5 && power < 15) {
    return minus(grouped(shown.toFixed(Math.max(0, n - 1 - power)).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "")));
  }
  const [mantissa, exponent] = shown.toExponential().split("e");
  return minus(mantissa) + "×10" + superscript(Number(exponent));
}

// What is not 0 is not shown as 0.
const fixed = (value, n) => Math.abs(value) >= 0.5 / 10 ** n && Math.abs(value) < 1e15 || value === 0
  ? minus((value || 0).toFixed(n)) : digits(value, 3);
const percents = (value, n = 2) => value == null ? "–"
  : (Math.abs(value) >= 1e4 ? digits(100 * value) : fixed(100 * value, n)) + " %";
