// Puts uPlot charts into their places and keeps those over time on one
// stretch of it.
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const sessionColour = i => colour(`--c${i % 8}`);
const holdColour = () => colour("--hold");

const utc = seconds => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC");
const timeText = seconds => seconds == null ? "–"
  : new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");

// All of the time that the page knows, and what is shown of it.
const known = { from: Infinity, to: -Infinity };
const tested = { from: Infinity, to: -Infinity };
for (const session of sessions) {
  for (const series of [session.bars, session.train, session.test]) {
    if (!series || !series.times.length) continue;
    known.from = Math.min(known.from, series.times[0]);
    known.to = Math.max(known.to, series.times[series.times.length - 1]);
  }
  const span = session.spans.test || (session.test && [session.test.times[0] * 1000, known.to * 1000]);
  if (!span) continue;
  tested.from = Math.min(tested.from, span[0] / 1000);
  tested.to = Math.max(tested.to, span[1] / 1000);
}
if (!(known.to > known.from)) { known.from = 0; known.to = 1; }
if (!(tested.to > tested.from)) Object.assign(tested, known);
// A little of what came before shows where the training ends.
const outOfSample = {
  from: Math.max(known.from, tested.from - 0.06 * (tested.to - tested.from)), to: tested.to,
};
let shown = { ...outOfSample };
let isLog = false;

const charts = new Map();
let isFollowing = false;

// Shows a stretch of time in every chart over time.
function show(from, to) {
  const length = Math.min(Math.max(to - from, 1e-3), known.to - known.from);
  from = Math.min(Math.max(from, known.from), known.to - length);
  shown = { from, to: from + length };
  isFollowing = true;
  for (const { plot, isTimed } of charts.values()) {
    if (plot && isTimed) plot.setScale("x", { min: shown.from, max: shown.to });
  }
  isFollowing = false;
  tellView();
}

function tellView() {
  document.body.dataset.from = shown.from;
  document.body.dataset.to = shown.to;
  const is = span => Math.abs(shown.from - span.from) < 1 && Math.abs(shown.to - span.to) < 1;
  for (const button of document.querySelectorAll("[data-view]")) {
    const span = { test: outOfSample, all: known }[button.dataset.view];
    if (span) button.setAttribute("aria-pressed", String(is(span)));
  }
}

function move(how) {
  const { from, to } = shown, length = to - from;
  const moves = {
    test: () => show(outOfSample.from, outOfSample.to),
    all: () => { showTraining(); show(known.from, known.to); },
    earlier: () => show(from - length / 4, to - length / 4),
    later: () => show(from + length / 4, to + length / 4),
    in: () => show(from + length / 4, to - length / 4),
    out: () => show(from - length / 2, to + length / 2),
  };
  moves[how]();
}

// The curve in sample appears with its bars.
function showTraining() {
  for (const { plot, isTimed } of charts.values()) {
    if (!plot || !isTimed) continue;
    plot.series.forEach((series, i) => {
      if (series.inSample && !series.show) plot.setSeries(i, { show: true });
    });
  }
}

// Shades what is in sample.
const shading = {
  hooks: {
    drawClear: plot => {
      const { ctx, bbox } = plot;
      ctx.save();
      ctx.fillStyle = colour("--shade");
      for (const { spans } of isComparison ? sessions.slice(0, 1) : sessions) {
        for (const [from, to] of [spans.train, spans.embargo].filter(Boolean)) {
          const clamp = at => Math.min(Math.max(plot.valToPos(at / 1000, "x", true), bbox.left), bbox.left + bbox.width);
          ctx.fillRect(clamp(from), bbox.top, clamp(to) - clamp(from), bbox.height);
        }
      }
      ctx.restore();
    },
  },
};

// A path of markers: `draw` adds one of radius r around (x, y).
const markers = draw => (plot, seriesIdx, from, to) => {
  const path = new Path2D(), clip = new Path2D();
  const { left, top, width, height } = plot.bbox;
  clip.rect(left - 20, top - 20, width + 40, height + 40);
  const xs = plot.data[0], ys = plot.data[seriesIdx];
  const series = plot.series[seriesIdx], r = series.points.size / 2 * devicePixelRatio;
  for (let i = from; i <= to; i++) {
    if (ys[i] == null) continue;
    draw(path, plot.valToPos(xs[i], "x", true), plot.valToPos(ys[i], series.scale, true), r);
  }
  return { stroke: path, fill: path, clip, flags: 3 };
};
const shapes = {
  up: markers((p, x, y, r) => { p.moveTo(x, y - r); p.lineTo(x + r, y + r); p.lineTo(x - r, y + r); p.closePath(); }),
  down: markers((p, x, y, r) => { p.moveTo(x, y + r); p.lineTo(x + r, y - r); p.lineTo(x - r, y - r); p.closePath(); }),
  round: markers((p, x, y, r) => { p.moveTo(x + r, y); p.arc(x, y, r, 0, 7); }),
  square: markers((p, x, y, r) => { p.rect(x - r, y - r, 2 * r, 2 * r); }),
  cross: markers((p, x, y, r) => { p.moveTo(x - r, y - r); p.lineTo(x + r, y + r); p.moveTo(x + r, y - r); p.lineTo(x - r, y + r); }),
};

const line = (label, stroke, more = {}) => ({ label, stroke, width: 1.5, spanGaps: true, points: { show: false }, ...more });
const dots = (label, ink, shape, more = {}) => ({
  label, stroke: ink, paths: () => null, shape, marks: { stroke: ink, fill: more.fill || ink },
  points: { show: true, size: 9, width: 1.5, stroke: ink, fill: ink, paths: shapes[shape], ...more },
});

// Day before month, and the year below where it changes.
const DAY = 86400;
const timeTicks = [
  [DAY * 365, "{YYYY}", null, null, null, null, null, null, 1],
  [DAY * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [DAY, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [3600, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [0.001, ":{ss}.{fff}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, "\n{HH}:{mm}", null, 1],
];
// All y axes are as wide as the longest number of any, so that the
// same time lies at the same place in each.
let widest = 62;
function widthOf(plot, texts) {
  const wanted = Math.ceil(Math.max(0, ...(texts || []).map(text => 18 + 7.2 * String(text ?? "").length)));
  if (wanted > widest) {
    widest = wanted;
    requestAnimationFrame(() => { for (const { plot } of charts.values()) if (plot) plot.redraw(false, true); });
  }
  return widest;
}

const axis = more => ({
  stroke: () => colour("--quiet"), size: widthOf,
  grid: { stroke: () => colour("--grid"), width: 1 }, ticks: { stroke: () => colour("--grid"), width: 1 }, ...more,
});

// An axis of numbers, `map` being theirs.
function numbers(map, { unit = "", isWhole = false } = {}) {
  let step;
  return axis({
    // The ticks below alone count: any one step does.
    incrs: (plot, idx, low, high) => [5 + 1000 * (high - low)],
    splits: (plot, idx, low, high) => {
      const most = idx ? plot.height / 45 : plot.width / 110;
      const found = map.isLog ? logTicksOf(low, high, most) : ticksOf(low, high, most, isWhole);
      step = found.step;
      return found.ticks;
    },
    filter: (plot, ticks) => ticks,
    values: (plot, ticks) => step
      ? tickTexts(map.isLog ? ticks.map(map.from) : ticks, step, map.power + (unit === "%" ? 2 : 0), unit)
      : ticks.map(tick => digits(map.from(tick), 3)),
  });
}

// What all charts have; `spec` has data, series, and what is its own.
function optionsOf(place, spec, [xMap, map]) {
  const isTimed = spec.isTimed !== false;
  const height = Math.max(place.clientHeight, 160), tell = spec.tell || digits;
  return {
    width: Math.max(place.clientWidth, 200), height,
    tzDate: utc,
    cursor: { drag: { x: true, y: false }, focus: { prox: 30 }, ...(isTimed ? { sync: { key: "time" } } : {}), ...spec.cursor },
    scales: {
      x: isTimed ? { time: true, range: (plot, min, max) => [min, max] }
        : { time: false, range: (plot, min, max) => rangeOf(...(spec.xRange || [xMap.from(min), xMap.from(max)]).map(xMap.to)) },
      y: { range: (plot, min, max) => {
        const ends = [min, max, ...(spec.within || []).map(map.to)].filter(Number.isFinite);
        return (map.isLog ? rangeOf : roundRangeOf)(Math.min(...ends), Math.max(...ends));
      } },
    },
    axes: [isTimed ? axis({ size: 52, values: timeTicks }) : { ...numbers(xMap, { unit: spec.xUnit, isWhole: spec.isWhole }), size: 52 }, numbers(map, { unit: spec.unit })],
    series: [isTimed ? { label: "time (UTC)", value: (plot, at) => timeText(at) } : { label: spec.xLabel, value: (plot, at) => (spec.xText || digits)(at == null ? null : xMap.from(at)) },
      ...spec.series.map(series => ({ value: (plot, value) => tell(value == null ? null : map.from(value)), ...series }))],
    bands: spec.bands,
    plugins: isTimed ? [shading] : [],
    hooks: isTimed ? { setScale: [followed] } : {},
  };
}

// The marks of the legend have the shapes of the chart.
function markLegend(place, plot) {
  const figures = {
    up: "M5 1L9 9H1Z", down: "M5 9L9 1H1Z", square: "M1.5 1.5H8.5V8.5H1.5Z",
    round: "M5 1.5A3.5 3.5 0 1 1 5 8.5A3.5 3.5 0 1 1 5 1.5Z", cross: "M1 1L9 9M9 1L1 9",
  };
  place.querySelectorAll(".u-legend .u-series").forEach((row, i) => {
    const series = plot.series[i], mark = row.querySelector(".u-marker");
    if (!series || !series.shape || !mark) return;
    const { stroke, fill } = series.marks, width = series.shape === "cross" ? 2.5 : 1.5;
    mark.innerHTML = `<svg viewBox="0 0 10 10" width="11" height="11"><path d="${figures[series.shape]}" stroke="${stroke}" fill="${fill}" stroke-width="${width}"/></svg>`;
    mark.dataset.shape = series.shape;
    mark.dataset.ink = stroke;
    mark.style.cssText = "border: 0; background: none; width: 11px; height: 11px; line-height: 0";
  });
}

function followed(plot, key) {
  if (key !== "x" || isFollowing || !plot.isReady) return;
  const { min, max } = plot.scales.x;
  show(min, max);
}

// Makes the chart `id` anew from what `make` gives; a text says why
// there is none.
function draw(id) {
  const chart = charts.get(id);
  const { place, make } = chart;
  const hidden = chart.plot ? chart.plot.series.map(series => !series.show) : null;
  if (chart.plot) chart.plot.destroy();
  place.replaceChildren();
  chart.plot = null;
  const spec = make();
  // What a session cannot have takes no place.
  place.closest("figure").hidden = spec == null;
  if (spec == null) return;
  if (typeof spec === "string") {
    const empty = document.createElement("p");
    empty.className = "empty";
    empty.textContent = spec;
    place.append(empty);
    return;
  }
  chart.isTimed = spec.isTimed !== false;
  const [xs, ...columns] = spec.data;
  const maps = [chart.isTimed ? null : mapOf([xs]), mapOf(columns, spec.isLog)];
  const data = [chart.isTimed ? xs : mapped(xs, maps[0]), ...columns.map(column => mapped(column, maps[1]))];
  const options = optionsOf(place, spec, maps);
  if (hidden && hidden.length === options.series.length) options.series.forEach((series, i) => { if (i && hidden[i]) series.show = false; });
  isFollowing = true;
  const plot = new uPlot(options, data, place);
  if (chart.isTimed) plot.setScale("x", { min: shown.from, max: shown.to });
  isFollowing = false;
  plot.isReady = true;
  chart.plot = plot;
  markLegend(place, plot);
  fit(chart);
  for (const name of place.querySelectorAll(".u-legend .u-series:not(:first-child) th")) {
    name.tabIndex = 0;
    name.setAttribute("role", "button");
    name.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); name.click(); }
    });
  }
}

// The legend takes its lines from the chart's height.
function fit({ place, plot }) {
  if (!plot) return;
  const legend = place.querySelector(".u-legend");
  const least = parseFloat(getComputedStyle(place).minHeight) || 240;
  plot.setSize({ width: Math.max(place.clientWidth, 200), height: Math.max(least - (legend ? legend.offsetHeight : 0), 140) });
}

function place(id, make) {
  const element = document.querySelector(`[data-chart="${id}"]`);
  charts.set(id, { place: element, make, plot: null, isTimed: true });
  element.addEventListener("keydown", event => {
    const how = { ArrowLeft: "earlier", ArrowRight: "later", "+": "in", "=": "in", "-": "out", "0": "all" }[event.key];
    const chart = charts.get(id);
    if (!how || event.ctrlKey || event.metaKey || event.altKey || !chart.plot || !chart.isTimed) return;
    event.preventDefault();
    move(how);
  });
  element.addEventListener("dblclick", event => {
    if (charts.get(id).isTimed) { event.preventDefault(); move("all"); }
  });
}
