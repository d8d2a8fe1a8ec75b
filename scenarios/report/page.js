"use strict";

// What all pages are made of: numbers, elements, tables, charts. The page's own script comes after this one.

const data = JSON.parse(document.getElementById("data").textContent);
const state = document.documentElement.dataset;
state.faults = "0";
window.addEventListener("error", () => { state.faults = String(Number(state.faults) + 1); });

// ---- Numbers

/** Four significant digits with a metric prefix: "12.35 k"; only quantities with a unit have prefixes below 1. */
function metric(value, smallest = 0) {
  if (value === 0) return "0";
  const prefixes = {"-12": " p", "-9": " n", "-6": " µ", "-3": " m", 0: "", 3: " k", 6: " M", 9: " G", 12: " T", 15: " P", 18: " E"};
  let exponent = Math.min(18, Math.max(smallest, 3 * Math.floor(Math.log10(Math.abs(value)) / 3)));
  if (Math.abs(Number((value / 10 ** exponent).toPrecision(4))) >= 1000 && exponent < 18) exponent += 3;
  return Number((value / 10 ** exponent).toPrecision(4)) + prefixes[exponent];
}

/** metric() with a unit behind its prefix: "12.35 µJ". */
function inUnit(value, unit) {
  const text = metric(value, -12);
  return / .$/.test(text) ? text + unit : text + " " + unit;
}

const grouped = (value) => Math.round(value).toLocaleString("en-GB");
const percent = (share, digits = 1) => (100 * share).toFixed(digits) + "%";
const energy = (picojoules) => inUnit(picojoules * 1e-12, "J");
const time = (microseconds) => inUnit(microseconds * 1e-6, "s");
const words = (name) => name.replace(/_/g, " ");

/** What a unit is in a unit that takes metric prefixes: [factor, unit]. */
const baseUnit = (unit) => ({pJ: [1e-12, "J"], nJ: [1e-9, "J"], us: [1e-6, "s"], ms: [1e-3, "s"], ns: [1e-9, "s"]})[unit] || [1, unit];

/** The format of an axis: metric prefixes where values are large or tiny. */
function axisFormat(values) {
  const largest = Math.max(...values.map(Math.abs), 0);
  return largest >= 1000 || (largest > 0 && largest < 0.01) ? "~s" : "~g";
}

// ---- Elements

/** element("p", {class: "note"}, "text", otherElement). Attributes that are null or false are left out. */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** A number as text, with its exact value, and where it comes from: a JSON pointer into the page's data. */
function figure(value, text, pointer, attributes) {
  if (value === null || value === undefined) return element("span", {}, "–");
  return element("data", {value: String(value), "data-pointer": pointer, ...attributes}, text);
}

/** A section of the page, also in its contents. */
function section(id, title, text, ...children) {
  const contents = document.querySelector("#contents ul") || document.getElementById("contents").appendChild(element("ul"));
  contents.append(element("li", {}, element("a", {href: "#" + id}, title)));
  const made = element("section", {id, "aria-labelledby": id + "-title"}, element("h2", {id: id + "-title"}, title),
                       text ? element("p", {}, text) : null, children);
  document.getElementById("main").append(made);
  return made;
}

function heading(kicker, title, ...lead) {
  document.getElementById("head").append(element("p", {class: "kicker"}, kicker), element("h1", {}, title),
                                         element("p", {class: "lead"}, lead));
}

function card(name, value, note) {
  return element("div", {class: "card"}, element("div", {class: "name"}, name), element("div", {class: "value"}, value),
                 note ? element("div", {class: "note"}, note) : null);
}

function pre(title, text) {
  return element("details", {}, element("summary", {}, title), element("pre", {tabindex: "0"}, text));
}

/** Rows of a CSV text as objects, by its header. */
function csv(text) {
  const rows = text.trim().split("\n").map((line) => {
    const fields = [];
    for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
      fields.push(match[1] !== undefined ? match[1].replace(/""/g, '"') : match[2]);
    }
    return fields;
  });
  const header = rows.shift();
  return rows.map((fields) => Object.fromEntries(header.map((name, i) => [name, fields[i]])));
}

// ---- Tables

/**
 * A table that can be sorted by its columns. A column has a `title`, and of a row: `value` (a number or a text, by which
 * rows are sorted) and `cell` (what is shown; the value where it is missing); `text`: it is not a number.
 * `total`: a row that stays last. `row` sees every row's element and what it shows.
 */
function table({caption, columns, rows, total, row, className}) {
  const body = element("tbody");
  const cellOf = (column, item) => (column.cell || column.value)(item);
  const line = (item, kind) => {
    const cells = columns.map((column, i) =>
      element(i === 0 ? "th" : "td", {scope: i === 0 ? "row" : null, class: column.text ? "text" : null},
              cellOf(column, item) ?? "–"));
    const made = element("tr", {class: kind}, cells);
    if (row && !kind) row(made, item);
    return made;
  };
  const fill = (items) => body.replaceChildren(...items.map((item) => line(item)), ...(total ? [line(total, "total")] : []));
  const heads = columns.map((column) => element("th", {scope: "col", class: column.text ? "text" : null}));
  let sorted = null;
  const sort = (i) => {
    const descending = sorted === i ? heads[i].getAttribute("aria-sort") !== "descending" : !columns[i].text;
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[i].setAttribute("aria-sort", descending ? "descending" : "ascending");
    sorted = i;
    refill();
  };
  const refill = () => {
    if (sorted === null) return fill(shown);
    const sign = heads[sorted].getAttribute("aria-sort") === "descending" ? -1 : 1;
    const value = columns[sorted].value;
    fill([...shown].sort((a, b) => sign * compare(value(a), value(b))));
  };
  columns.forEach((column, i) =>
    heads[i].append(element("button", {class: "sort", type: "button", title: column.note, onclick: () => sort(i)}, column.title)));
  let shown = rows;
  fill(rows);
  const made = element("div", {class: "wide " + (className || ""), tabindex: "0", role: "region", "aria-label": caption},
                       element("table", {}, element("caption", {}, caption), element("thead", {}, element("tr", {}, heads)), body));
  made.show = (items) => { shown = items; refill(); };
  return made;
}

/** Missing values come first. */
function compare(a, b) {
  if (typeof a === "string" || typeof b === "string") return String(a ?? "").localeCompare(String(b ?? ""), "en", {numeric: true});
  return (a ?? -Infinity) - (b ?? -Infinity);
}

/** What an engine or vector unit does, by cause, in the order in which pages show it. */
const kCauses = {
  busy: "activates units", scatter: "stalls in SCATTER", dropped: "stands still for dropped pairs", load: "fills its input register",
  fill: "fills or drains its pipe", imbalance: "waits for the layer's slowest engine", merge: "waits for merging",
  write_back: "waits for write-back", input_not_made: "waits for inputs not made yet", input_in_flight: "waits for inputs on their way",
  credit: "waits for room in a consumer's buffer", turn: "waits for its turn", order: "waits for windows of other copies", finished: "has no window left",
};

// ---- Charts

const charts = [];

/** A colour of style.css. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

/**
 * A chart in a figure. `spec(width)` makes a Vega specification without its outer properties; it is asked again when
 * width or colours change. `legend`: names and colours; `figures`: a table of what is shown.
 */
function chart({title, text, legend, spec, figures, label, onclick}) {
  const place = element("div", {class: "chart", role: "img", "aria-label": label || title + (text ? ". " + text : "")});
  const made = element("figure", {}, element("figcaption", {}, element("h3", {}, title), text ? element("p", {}, text) : null),
                       legend ? legendOf(legend) : null, place,
                       figures ? element("details", {}, element("summary", {}, "Figures"), figures) : null);
  const entry = {place, spec, onclick, width: 0, view: null};
  charts.push(entry);
  made.redraw = () => draw(entry);
  return made;
}

function legendOf(entries) {
  return element("ul", {class: "legend", "aria-label": "Legend"}, entries.map(([name, colourName]) =>
    element("li", {}, element("span", {class: "swatch", style: `background: var(--${colourName})`}), name)));
}

/** From `low` to `high`, with the colours of a heat map. */
function rampLegend(low, high, title) {
  return element("div", {class: "ramp-legend"}, title, element("span", {}, low),
                 element("span", {class: "ramp", style: "background: linear-gradient(to right, var(--heat-low), var(--heat-high))"}),
                 element("span", {}, high));
}

const tip = element("div", {id: "tip", role: "status", hidden: true});

function showTip(handler, event, item, value) {
  tip.hidden = value === null || value === undefined || value === "";
  if (tip.hidden) return;
  tip.textContent = value;
  const {width, height} = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 6)) + "px";
  tip.style.top = (event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18) + "px";
}

function configuration() {
  const font = getComputedStyle(document.body).fontFamily;
  return {
    background: null,
    text: {font, fill: colour("ink")},
    axis: {
      labelFont: font, titleFont: font, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal",
      labelColor: colour("muted"), titleColor: colour("muted"), gridColor: colour("line"), domainColor: colour("line"),
      tickColor: colour("line"), labelLimit: 180, titlePadding: 8,
    },
  };
}

function draw(entry) {
  const width = Math.floor(entry.place.clientWidth);
  if (width === 0) return;
  const spec = entry.spec(width);
  const marks = (spec.data || []).reduce((sum, set) => sum + (set.values ? set.values.length : 0), 0);
  if (entry.view) entry.view.finalize();
  entry.width = width;
  entry.place.replaceChildren();
  const whole = {$schema: "https://vega.github.io/schema/vega/v5.json", width, padding: {top: 2, right: 2, bottom: 4, left: 0},
                 autosize: {type: "fit-x", contains: "padding"}, ...spec, config: configuration()};
  entry.view = new vega.View(vega.parse(whole), {renderer: marks > 6000 ? "canvas" : "svg", tooltip: showTip});
  entry.view.initialize(entry.place);
  if (entry.onclick) entry.view.addEventListener("click", (event, item) => entry.onclick(item && item.datum));
  entry.view.run();
}

const drawAll = () => charts.forEach(draw);

/** To be called once everything is in the page. */
function finish(...foot) {
  document.body.append(tip);
  document.getElementById("foot").append(...foot);
  drawAll();
  new ResizeObserver(() => charts.filter((entry) => Math.floor(entry.place.clientWidth) !== entry.width).forEach(draw))
    .observe(document.getElementById("main"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  for (const media of ["beforeprint", "afterprint"]) addEventListener(media, drawAll);
  for (const fold of document.querySelectorAll("details")) fold.addEventListener("toggle", () => charts.filter((entry) => fold.contains(entry.place) && entry.width === 0).forEach(draw));
  requestAnimationFrame(() => {
    state.overflow = String(document.documentElement.scrollWidth - document.documentElement.clientWidth);
    state.charts = String(charts.filter((entry) => entry.view).length);
    state.rendered = "yes";
  });
}

// ---- Kinds of charts

/** Part of an axis: "2µJ" in place of "2µ". */
const withUnit = (unit) => unit ? {encode: {labels: {update: {text: {signal: `datum.value ? format(datum.value, '~s') + '${unit}' : '0'`}}}}} : {};

/** Room for labels of rows on the left of a chart. */
const labelRoom = (width) => (width < 480 ? 116 : 180);

/**
 * Lying bars. `values`: {row, part, value, tip}, those of a row one behind another; `rows`: their order; `parts`: {name,
 * colour}. `share`: values are shares of 1; `unit`: is put behind the prefixes of the axis.
 */
function bars({rows, parts, values, axis, unit, share, each = 22}) {
  return (width) => ({
    height: rows.length * each,
    data: [{name: "values", values: values.map((value) => ({...value})),
            transform: [{type: "stack", groupby: ["row"], field: "value"}]}],
    scales: [
      {name: "x", type: "linear", range: "width", nice: !share, domain: share ? [0, 1] : {data: "values", field: "y1"}, zero: true},
      {name: "y", type: "band", range: "height", domain: rows, paddingInner: 0.25, paddingOuter: 0.1},
      {name: "colour", type: "ordinal", domain: parts.map((part) => part.name), range: parts.map((part) => colour(part.colour))},
    ],
    axes: [
      {orient: "left", scale: "y", ticks: false, domain: false, labelPadding: 8, labelLimit: labelRoom(width), labelColor: colour("ink")},
      {orient: "bottom", scale: "x", grid: true, domain: false, ticks: false, format: share ? "%" : "~s", title: axis, tickCount: width < 480 ? 4 : 8, ...withUnit(unit)},
    ],
    marks: [{
      type: "rect", from: {data: "values"},
      encode: {
        update: {
          x: {scale: "x", field: "y0"}, x2: {scale: "x", field: "y1"}, y: {scale: "y", field: "row"},
          height: {scale: "y", band: 1}, fill: {scale: "colour", field: "part"}, tooltip: {field: "tip"}, fillOpacity: {value: 1},
        },
        hover: {fillOpacity: {value: 0.75}},
      },
    }],
  });
}

/** Standing bars over ranges, each a {label, value, tip}. */
function columns({values, axis, below, colourName = "series-1"}) {
  return (width) => ({
    height: 210,
    data: [{name: "values", values: values.map((value) => ({...value}))}],
    scales: [
      {name: "x", type: "band", range: "width", domain: values.map((value) => value.label), padding: 0.15},
      {name: "y", type: "linear", range: "height", nice: true, zero: true, domain: {data: "values", field: "value"}},
    ],
    axes: [
      {orient: "left", scale: "y", grid: true, domain: false, ticks: false, format: "~s", title: axis, tickCount: 5},
      {orient: "bottom", scale: "x", ticks: false, title: below, labelOverlap: true, labelFontSize: width < 480 ? 10 : 12},
    ],
    marks: [{
      type: "rect", from: {data: "values"},
      encode: {
        update: {
          x: {scale: "x", field: "label"}, width: {scale: "x", band: 1}, y: {scale: "y", field: "value"}, y2: {scale: "y", value: 0},
          fill: {value: colour(colourName)}, tooltip: {field: "tip"}, fillOpacity: {value: 1},
        },
        hover: {fillOpacity: {value: 0.75}},
      },
    }],
  });
}
