// The page of a sweep: its points, the trade-offs between their metrics, and what each axis does.

const axes = data.axes;
const metrics = Object.fromEntries(data.metrics.map((entry) => [entry.name, entry]));
const points = data.points;
const done = points.filter((point) => Object.keys(point.metrics).length > 0);
const metricNames = data.metrics.map((entry) => entry.name).filter((name) => done.some((point) => point.metrics[name] !== undefined));

const unitOf = (name) => metrics[name]?.unit || "";
const isShare = (name) => unitOf(name) === "0..1";
const unitSuffix = {pJ: /_pj$/, us: /_us$/, mm2: /_mm2$/};
/** A metric's name without its unit. */
const plainName = (name) => words(name.replace(unitSuffix[unitOf(name)] || /$^/, ""));
const titleOf = (name) => plainName(name) + (unitOf(name) && !isShare(name) ? `, ${baseUnit(unitOf(name))[1].replace("mm2", "mm²")}` : "");
const axisValue = (name, value) => value * baseUnit(unitOf(name))[0];
const axisFormatOf = (name) => isShare(name) ? ".3~%" : axisFormat(done.map((point) => axisValue(name, point.metrics[name] ?? 0)));
const configurationOf = (point) => point.configuration.map((line) => data.lines[line]).join("\n");
const shortKey = (key) => key.split(".").slice(-2).join(".");

function shown(name, value) {
  if (value === null || value === undefined) return "–";
  if (isShare(name)) return percent(value, 2);
  const [factor, unit] = baseUnit(unitOf(name));
  return factor !== 1 ? inUnit(value * factor, unit) : axisFormat([value]) === "~s" ? metric(value) : String(Number(value.toPrecision(5)));
}

/** Whether more of it is better. */
const moreIsBetter = (name) => /accuracy|per_second|throughput|utilisation/.test(name);

// ---- The front

/** Of points with two metrics: those that no other beats in one without losing in the other, in the order of x. */
function front(all, x, y, moreX, moreY) {
  const sorted = [...all].sort((a, b) => (moreX ? -1 : 1) * (a.metrics[x] - b.metrics[x]) || (moreY ? -1 : 1) * (a.metrics[y] - b.metrics[y]));
  const best = [];
  for (const point of sorted) {
    const last = best[best.length - 1];
    if (!last || (moreY ? point.metrics[y] > last.metrics[y] : point.metrics[y] < last.metrics[y])) best.push(point);
  }
  return best;
}

// ---- What the reader chose

const find = (...patterns) => patterns.map((pattern) => metricNames.find((name) => pattern.test(name))).find(Boolean);
const choice = {
  x: find(/^energy.*(image|total)/, /energy/) || metricNames[0],
  y: find(/^accuracy.*simulated/, /^accuracy/, /time|cycles/) || metricNames[1] || metricNames[0],
  colour: axes[0],
  logX: false,
  logY: false,
};
if (new Set(done.map((point) => point.metrics[choice.y])).size < 2) {  // nothing to trade
  choice.y = find(/time_us|time|latency/, /cycles/) || choice.y;
}
choice.moreX = moreIsBetter(choice.x || "");
choice.moreY = moreIsBetter(choice.y || "");
const filters = {};
let chosen = null;

const passes = (point) => Object.entries(filters).every(([key, value]) => value === "" || String(point.settings[key]) === value) && matchesText(point);
let wantedText = "";
const matchesText = (point) => wantedText === "" || [point.id, point.state, ...Object.values(point.settings)].join(" ").toLowerCase().includes(wantedText);

function select(label, options, value, change) {
  return element("label", {}, label, element("select", {onchange: (event) => change(event.target.value)},
    options.map(([key, text]) => element("option", {value: key, selected: key === value}, text))));
}

function check(label, value, change) {
  return element("label", {class: "check"}, element("input", {type: "checkbox", checked: value, onchange: (event) => change(event.target.checked)}), label);
}

const valuesOf = (key) => [...new Set(points.map((point) => point.settings[key]).filter((value) => value !== undefined))].sort(compareSettings);
const compareSettings = (a, b) => (Number.isFinite(Number(a)) && Number.isFinite(Number(b)) ? Number(a) - Number(b) : String(a).localeCompare(String(b), "en", {numeric: true}));
const seriesOf = (key) => Object.fromEntries(valuesOf(key).map((value, i) => [value, i < 8 ? `series-${i + 1}` : "series-other"]));

const tipOf = (point, names) => [`point ${point.id}`, ...axes.map((key) => `${shortKey(key)}: ${point.settings[key]}`), ...names.map((name) => `${titleOf(name)}: ${shown(name, point.metrics[name])}`)].join("\n");

// ---- Trade-off

function tradeSection() {
  if (metricNames.length === 0) {
    section("trade", "Trade-off", "No point has results yet.");
    return;
  }
  const plot = chart({
    title: "Trade-off", text: "Each point is a run; choose one to see its settings and its whole configuration. The line joins the points that no other beats.",
    spec: scatter, onclick: (datum) => datum && datum.id !== undefined && choose(datum.id),
  });
  const legendPlace = element("div");
  const frontPlace = element("p", {class: "lead", "aria-live": "polite"});
  plot.querySelector(".chart").before(legendPlace);
  plot.querySelector(".chart").after(frontPlace);
  redraw.trade = () => {
    const colours = choice.colour ? seriesOf(choice.colour) : {};
    legendPlace.replaceChildren(choice.colour ? legendOf(Object.entries(colours).slice(0, 12).map(([value, name]) => [`${shortKey(choice.colour)} = ${value}`, name])) : "");
    const best = front(visible(), choice.x, choice.y, choice.moreX, choice.moreY);
    frontPlace.replaceChildren(`Front (${best.length} of ${visible().length}): `, ...best.flatMap((point, i) => [i ? ", " : "", pointLink(point.id)]));
    plot.querySelector("h3").textContent = `${titleOf(choice.y)} against ${titleOf(choice.x)}: all points, and the front`;
    frontPlace.dataset.front = best.map((point) => point.id).join(" ");
    plot.redraw();
  };
  const set = (key) => (value) => { choice[key] = value; redraw.trade(); };
  const options = metricNames.map((name) => [name, titleOf(name)]);
  const better = [["less", "less"], ["more", "more"]];
  section("trade", "Trade-off", null, element("div", {class: "controls"},
    select("Horizontal", options, choice.x, set("x")), select("better is", better, choice.moreX ? "more" : "less", (value) => set("moreX")(value === "more")), check("log", false, set("logX")),
    select("Vertical", options, choice.y, set("y")), select("better is", better, choice.moreY ? "more" : "less", (value) => set("moreY")(value === "more")), check("log", false, set("logY")),
    select("Colour by", [["", "nothing"], ...axes.map((key) => [key, key])], choice.colour, set("colour"))), plot);
}

const visible = () => done.filter((point) => passes(point) && point.metrics[choice.x] !== undefined && point.metrics[choice.y] !== undefined);
const redraw = {};

function scatter(width) {
  const shownPoints = visible();
  const best = front(shownPoints, choice.x, choice.y, choice.moreX, choice.moreY);
  const onFront = new Set(best.map((point) => point.id));
  const colours = choice.colour ? seriesOf(choice.colour) : {};
  const values = shownPoints.map((point) => ({id: point.id, x: axisValue(choice.x, point.metrics[choice.x]), y: axisValue(choice.y, point.metrics[choice.y]), fill: colour(choice.colour ? colours[point.settings[choice.colour]] : "series-1"),
                                              size: onFront.has(point.id) ? 110 : 55, edge: onFront.has(point.id) || point.id === chosen ? 1.6 : 0.4, tip: tipOf(point, [choice.x, choice.y])}));
  const scale = (name, range, log) => ({name, range, type: log ? "log" : "linear", nice: true, zero: false, round: true, domain: {data: "values", field: name}});
  return {
    height: Math.max(300, Math.min(460, width * 0.5)),
    data: [{name: "values", values}, {name: "front", values: best.map((point) => ({x: axisValue(choice.x, point.metrics[choice.x]), y: axisValue(choice.y, point.metrics[choice.y])}))}],
    scales: [scale("x", "width", choice.logX), scale("y", "height", choice.logY)],
    axes: [
      {orient: "bottom", scale: "x", grid: true, domain: true, ticks: false, format: axisFormatOf(choice.x), title: titleOf(choice.x), tickCount: width < 480 ? 4 : 8},
      {orient: "left", scale: "y", grid: true, domain: true, ticks: false, format: axisFormatOf(choice.y), title: titleOf(choice.y), tickCount: 6},
    ],
    marks: [
      {type: "line", from: {data: "front"}, encode: {enter: {x: {scale: "x", field: "x"}, y: {scale: "y", field: "y"}, stroke: {value: colour("ink")}, strokeWidth: {value: 1.4}, strokeDash: {value: [5, 3]}, interpolate: {value: choice.moreY === choice.moreX ? "step-before" : "step-after"}}}},
      {type: "symbol", from: {data: "values"}, encode: {
        update: {x: {scale: "x", field: "x"}, y: {scale: "y", field: "y"}, size: {field: "size"}, fill: {field: "fill"}, stroke: {value: colour("ink")}, strokeWidth: {field: "edge"}, fillOpacity: {value: 0.9}, tooltip: {field: "tip"}, cursor: {value: "pointer"}},
        hover: {fillOpacity: {value: 0.6}}}},
    ],
  };
}

// ---- Effects

function effectSection() {
  const varied = axes.filter((key) => valuesOf(key).length > 1);
  if (metricNames.length === 0 || varied.length === 0) return;
  let name = choice.x;
  const place = element("div", {class: "pair"});
  const effects = varied.map((key) => {
    const made = chart({title: effectTitle(name, key), spec: (width) => effect(width, key, name)});
    place.append(made);
    return {key, made};
  });
  section("effects", "Effect of each axis", "The mean over all points with a value of the axis, whatever the other axes; thin marks are the points. The steeper, the more the axis matters.",
    element("div", {class: "controls"}, select("Metric", metricNames.map((entry) => [entry, titleOf(entry)]), name, (value) => { name = value; effects.forEach(({key, made}) => { made.querySelector("h3").textContent = effectTitle(name, key); made.redraw(); }); })), place, effectTable(varied));
}

const effectTitle = (name, key) => `${titleOf(name)}: mean by ${key}`;
const mean = (values) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const meansOf = (key, name) => valuesOf(key).map((value) => {
  const of = done.filter((point) => point.settings[key] === value && point.metrics[name] !== undefined).map((point) => point.metrics[name]);
  return {value, mean: of.length ? mean(of) : null, count: of.length};
});

function effect(width, key, name) {
  const means = meansOf(key, name).filter((entry) => entry.mean !== null);
  const ordered = means.every((entry) => Number.isFinite(Number(entry.value)));
  const each = done.filter((point) => point.metrics[name] !== undefined && point.settings[key] !== undefined);
  return {
    height: 190,
    data: [{name: "means", values: means.map((entry) => ({...entry, mean: axisValue(name, entry.mean), tip: `${key} = ${entry.value}\nmean of ${entry.count}: ${shown(name, entry.mean)}`}))},
           {name: "each", values: each.map((point) => ({id: point.id, value: point.settings[key], metric: axisValue(name, point.metrics[name]), tip: tipOf(point, [name])}))},
           {name: "none", values: []}],
    scales: [
      {name: "x", type: "point", range: "width", domain: means.map((entry) => entry.value), padding: 0.5},
      {name: "y", type: "linear", range: "height", nice: true, zero: false, domain: {fields: [{data: "each", field: "metric"}]}},
    ],
    axes: [
      {orient: "left", scale: "y", grid: true, domain: false, ticks: false, format: axisFormatOf(name), title: titleOf(name), tickCount: 5},
      {orient: "bottom", scale: "x", ticks: false, labelOverlap: true, labelLimit: Math.max(60, width / Math.max(1, means.length) - 4)},
    ],
    marks: [
      {type: "rule", from: {data: "each"}, encode: {enter: {x: {scale: "x", field: "value", offset: -7}, x2: {scale: "x", field: "value", offset: 7}, y: {scale: "y", field: "metric"}, stroke: {value: colour("muted")}, strokeOpacity: {value: 0.45}, tooltip: {field: "tip"}}}},
      {type: "line", from: {data: ordered ? "means" : "none"}, encode: {enter: {x: {scale: "x", field: "value"}, y: {scale: "y", field: "mean"}, stroke: {value: colour("series-1")}, strokeWidth: {value: 2}}}},
      {type: "symbol", from: {data: "means"}, encode: {enter: {x: {scale: "x", field: "value"}, y: {scale: "y", field: "mean"}, size: {value: 70}, fill: {value: colour("series-1")}, tooltip: {field: "tip"}}}},
    ],
  };
}

/** How far the means of each axis lie apart. */
function effectTable(varied) {
  const range = (key, name) => {
    const means = meansOf(key, name).map((entry) => entry.mean).filter((value) => value !== null);
    const [low, high] = [Math.min(...means), Math.max(...means)];
    return low !== 0 ? high / low - 1 : high === 0 ? 0 : Infinity;
  };
  return table({caption: "Largest mean of each axis over its smallest, less 1", className: "panel", rows: metricNames, columns: [
    {title: "Metric", text: true, value: (name) => metricNames.indexOf(name), cell: (name) => element("span", {title: metrics[name].meaning}, titleOf(name))},
    ...varied.map((key) => ({title: key, value: (name) => range(key, name), cell: (name) => Number.isFinite(range(key, name)) ? percent(range(key, name)) : "–"}))]});
}

// ---- Points

const pointLink = (id) => element("a", {href: `#point-${id}`, onclick: (event) => { event.preventDefault(); choose(id); }}, String(id));

function pointSection() {
  const failed = points.some((point) => point.error);
  const rows = new Map();
  const list = table({
    caption: "Points of the sweep", className: "panel tall", rows: points,
    row: (made, point) => { rows.set(point.id, made); made.classList.toggle("chosen", point.id === chosen); },
    columns: [
      {title: "Point", value: (point) => point.id, cell: (point) => pointLink(point.id)},
      ...axes.map((key) => ({title: key, text: true, value: (point) => point.settings[key], cell: (point) => point.settings[key] ?? null})),
      {title: "State", text: true, value: (point) => point.state},
      ...(failed ? [{title: "Error", text: true, value: (point) => point.error || "", cell: (point) => point.error || ""}] : []),
      ...metricNames.map((name) => ({title: titleOf(name), note: metrics[name].meaning, value: (point) => point.metrics[name],
                                     cell: (point) => figure(point.metrics[name], shown(name, point.metrics[name]), `/points/${points.indexOf(point)}/metrics/${name}`)})),
      {title: "Seconds", note: "computing time", value: (point) => point.effort?.seconds, cell: (point) => point.effort ? point.effort.seconds.toFixed(1) : null},
    ],
  });
  const count = element("span", {"aria-live": "polite"});
  const apply = () => {
    const left = points.filter(passes);
    count.textContent = `${left.length} of ${points.length} points`;
    list.show(left);
    if (redraw.trade) redraw.trade();
  };
  redraw.choice = () => rows.forEach((made, id) => made.classList.toggle("chosen", id === chosen));
  section("points", "Points", "Filters apply to the chart of trade-offs, too.", element("div", {class: "controls"},
    ...axes.map((key) => select(key, [["", "all"], ...valuesOf(key).map((value) => [String(value), String(value)])], "", (value) => { filters[key] = value; apply(); })),
    element("label", {}, "Text", element("input", {type: "search", oninput: (event) => { wantedText = event.target.value.toLowerCase(); apply(); }})), count), list);
  apply();
}

const detail = element("div", {"aria-live": "polite"});

function detailSection() {
  section("point", "A point", "Choose a point in the chart or in the table.", detail);
}

function choose(id, scroll = true) {
  const point = points.find((candidate) => candidate.id === id);
  if (!point) return;
  chosen = id;
  history.replaceState(null, "", `#point-${id}`);
  detail.replaceChildren(
    element("h3", {id: `point-${id}`}, `Point ${id}: ${point.state}`),
    point.error ? element("p", {class: "notice"}, point.error) : "",
    table({caption: "Settings", className: "panel", rows: Object.entries(point.settings), columns: [
      {title: "Key", text: true, value: ([key]) => key}, {title: "Value", text: true, value: ([, value]) => value}]}),
    table({caption: `Metrics (seed ${point.seed}, version ${point.version})`, className: "panel", rows: metricNames, columns: [
      {title: "Metric", text: true, value: (name) => name, cell: (name) => words(name)}, {title: "Value", value: (name) => point.metrics[name], cell: (name) => shown(name, point.metrics[name])},
      {title: "Unit", text: true, value: (name) => unitOf(name)}, {title: "Meaning", text: true, value: (name) => metrics[name].meaning}]}),
    pre("Effective configuration", configurationOf(point)));
  redraw.choice();
  if (redraw.trade) redraw.trade();
  if (scroll) document.getElementById("point").scrollIntoView({behavior: "smooth"});
}

// ---- The page

const states = {};
for (const point of points) states[point.state] = (states[point.state] || 0) + 1;
heading("Reprise · sweep", data.name, `${points.length} points over ${axes.length} ax${axes.length === 1 ? "is" : "es"}: ${axes.join(", ")}. ${Object.entries(states).map(([name, count]) => `${count} ${name}`).join(", ")}.`);
tradeSection();
effectSection();
pointSection();
detailSection();
section("sweep", "Sweep", null, table({caption: "What the database says of the sweep", className: "panel", rows: Object.entries(data.sweep).filter(([, value]) => !String(value).includes("\n")), columns: [
  {title: "Key", text: true, value: ([key]) => key}, {title: "Value", text: true, value: ([, value]) => String(value)}]}),
  Object.entries(data.sweep).filter(([, value]) => String(value).includes("\n")).map(([key, value]) => pre(words(key), value)));
const linked = /^#point-(\d+)$/.exec(location.hash);
if (linked) choose(Number(linked[1]), false);
finish("Made by reprise report from sweep.db.");
