// Any finite numbers give an axis that a chart can draw and a reader
// can read. Run with the path of `ticks.js`.
const assert = require("node:assert");
const source = require("node:fs").readFileSync(process.argv[2], "utf8");
const axis = new Function(`${source}; return { mapOf, mapped, rangeOf, roundRangeOf, ticksOf, logTicksOf, tickTexts, digits, fixed, percents };`)();

// The axis of `numbers`, as a chart makes it.
function axisOf(numbers, { unit = "", most = 6 } = {}) {
  const map = axis.mapOf([numbers]);
  const drawn = axis.mapped(numbers, map).filter(value => value != null);
  const [low, high] = axis.roundRangeOf(Math.min(...drawn), Math.max(...drawn));
  const { step, ticks } = axis.ticksOf(low, high, most);
  return { low, high, drawn, ticks, texts: axis.tickTexts(ticks, step, map.power + (unit === "%" ? 2 : 0), unit) };
}

function check(numbers, options = {}) {
  const { low, high, drawn, ticks, texts } = axisOf(numbers, options);
  const told = JSON.stringify({ numbers: numbers.slice(0, 5), low, high, ticks, texts });
  assert(Number.isFinite(low) && Number.isFinite(high) && low < high, told);
  // Below this a chart takes no range at all.
  assert(high - low >= 1e-10 * Math.max(Math.abs(low), Math.abs(high)) && high - low > 1e-15, told);
  for (const value of drawn) assert(value >= low - 1e-6 * (high - low) && value <= high + 1e-6 * (high - low), told);
  assert(ticks.length >= ((options.most ?? 6) < 6 ? 1 : 2) && ticks.length <= 60, told);
  for (let i = 1; i < ticks.length; i++) assert(ticks[i] > ticks[i - 1], told);
  assert.equal(new Set(texts).size, texts.length, told);
  for (const text of texts) assert(!/NaN|Infinity|undefined|e[+-]|(^|−)\d{6}/.test(text), told);
  // The texts are as far apart as the ticks: no digit is lost.
  const number = text => Number(text.replace("−", "-").replace(/[^\d.-].*$/, "").replaceAll("\u202f", ""));
  const plain = texts.map(text => text.replaceAll("\u202f", "")).map(number);
  const gaps = plain.slice(1).map((value, i) => value - plain[i]);
  for (const gap of gaps) assert(Math.abs(gap / gaps[0] - 1) < 1e-4, told);
}

let seed = 1;
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const any = () => [
  () => (random() - 0.5) * 10 ** Math.floor(random() * 616 - 308),
  () => -1 + 4e-7 * random(), () => 1 + 2.3e-16 * Math.round(random()), () => 0, () => NaN, () => null,
  () => Math.round(random() * 9), () => 1e300 * random(), () => 1e-300 * random(), () => 3e10 * random(),
  () => Infinity, () => Number.MAX_VALUE, () => -Number.MAX_VALUE, () => Number.MIN_VALUE,
];
const fixtures = [[], [NaN], [null], [0], [5], [-1], [1e300], [1e-300], [-1e300, 1e300, 1e-300], [Number.MAX_VALUE, -Number.MAX_VALUE],
  [Number.MIN_VALUE], [-1, -1 + 4e-7], [-1 - 1e-16, -1], [1e15, 1e15 + 1], [2e-10, 2.1e-10], [1e9, 1e9 + 1e-6]];
for (const unit of ["", "%"]) {
  for (const numbers of fixtures) check(numbers, { unit });
  for (let n = 0; n < 20000; n++) {
    const kinds = any(), one = kinds[Math.floor(random() * kinds.length)], isMixed = random() < 0.5;
    const numbers = Array.from({ length: 1 + Math.floor(random() * 12) }, () => (isMixed ? kinds[Math.floor(random() * kinds.length)] : one)());
    check(numbers, { unit, most: 1 + Math.floor(random() * 14) });
  }
}
for (let n = 0; n < 20000; n++) {
  const low = random() * 600 - 300, high = low + 10 ** (random() * 12 - 9);
  const { ticks } = axis.logTicksOf(low, high, 6);
  assert(ticks.length <= 60 && ticks.every(Number.isFinite), `${low} ${high} ${ticks}`);
}

const textsOf = (numbers, unit) => axisOf(numbers, { unit }).texts;
assert.deepEqual(textsOf([0, -0.005, -0.02], "%"), ["−2.0 %", "−1.5 %", "−1.0 %", "−0.5 %", "0.0 %"]);
assert.deepEqual(textsOf([0, 3e10], "").at(-1), "30 bn");
assert.deepEqual(textsOf([0, 8e5], "%").at(-1), "80 M %");
assert.equal(axis.digits(2.1e-10), "2.1×10⁻¹⁰");
assert.equal(axis.digits(0.00000211), "2.11×10⁻⁶");
assert.equal(axis.digits(1e9), "1\u202f000\u202f000\u202f000");
assert.equal(axis.fixed(0.0004, 2), "0.0004");
assert.equal(axis.percents(-0.125), "−12.50 %");
console.log("good");
