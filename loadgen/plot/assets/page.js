// page.js - draws the four charts of the page from its data (described in loadgen/plot/data.h).
'use strict';
(function () {

const data = JSON.parse(document.getElementById('data').textContent);
const isReduced = data.points === null;
const end = data.width * data.length;
window.charts = []; // for tests and the console

if (data.requests === 0) {
    ['latency', 'rate', 'flight', 'distribution'].forEach(id => {
        document.getElementById(id).hidden = true;
    });
    return;
}

// Marks of the kinds of failures, in the order of data.failures.
const SHAPES = ['×', '▲', '■', '+', '▼', '●', '○', '◊'];

// ---- words ----

function span(seconds) {
    return seconds >= 1 ? digits(seconds, 6) + ' s' : digits(seconds * 1000, 6) + ' ms';
}

function moment(seconds) {
    return seconds.toFixed(data.width < 0.01 ? 4 : data.width < 1 ? 2 : 0) + ' s';
}

// ---- latency over time ----

// The lines of a target when results are reduced; `at` is the index into a cell.
const LINES = [
    {text: 'slowest', at: 5, stroke: 1, isOn: true},
    {text: '99th percentile', at: 4, stroke: 1.5, dash: [5, 3], isOn: false},
    {text: 'median', at: 3, stroke: 2.5, isOn: true},
    {text: 'fastest', at: 2, stroke: 1, dash: [1, 3], isOn: false},
];

const targets = data.series.map((series, i) => Object.assign(series, {index: i, isOn: true}))
    .filter(series => series.requests > 0);
const kinds = data.failures.map((failure, i) => Object.assign(failure, {index: i, isOn: true}))
    .filter(failure => failure.requests > 0);

const targetColor = target => '--s' + target.index;

function failureSeries() {
    const shift = isReduced ? data.width / 2 : 0; // marks go to the middle of the interval
    return kinds.map(kind => ({kind, shift, shape: SHAPES[kind.index], color: '--failure'}));
}

// One row per interval: the lines of each target, and the failures of each kind.
function reducedLatency() {
    const series = [];
    const rows = Array.from({length: data.length}, (_, i) => [i * data.width]);
    const add = (one, cells, at) => {
        series.push(one);
        rows.forEach(row => row.push(null));
        cells.forEach(cell => { rows[cell[0]][series.length] = drawn(cell[at]); });
    };
    for (const line of LINES) {
        for (const target of targets) {
            add({target, line, color: targetColor(target), stroke: line.stroke, dash: line.dash,
                 isStep: true, isOn: line.isOn}, target.cells, line.at);
        }
    }
    failureSeries().forEach(one => add(one, one.kind.marks, 2));
    rows.push([end].concat(series.map(() => null))); // ends the last step
    return {rows, series};
}

// One row per request.
function wholeLatency() {
    const series = targets.map(target => ({target, color: targetColor(target), isDots: true,
        pointSize: 2})).concat(failureSeries());
    const column = new Map(series.map((one, i) => [one.target || one.kind, i + 1]));
    const rows = data.points.map(point => {
        const row = [point[0]].concat(series.map(() => null));
        row[column.get(data.series[point[2]])] = drawn(point[1]);
        if (point[3] >= 0) {
            row[column.get(data.failures[point[3]])] = drawn(point[1]);
        }
        return row;
    });
    const nothing = series.map(() => null);
    return {rows: [[0].concat(nothing), ...rows, [end].concat(nothing)], series};
}

function readInterval(chart, x) {
    const i = Math.min(Math.floor(x / data.width + 1e-6), data.length - 1);
    const parts = [];
    for (const target of targets.filter(target => target.isOn)) {
        const cell = target.byInterval.get(i);
        if (cell) {
            parts.push([target.name + ':', `${requests(cell[1])}, median ${latency(cell[3])}, `
                + `99th ${latency(cell[4])}, slowest ${latency(cell[5])} at ${cell[6].toFixed(4)} s`]);
        }
    }
    for (const kind of kinds) {
        const mark = kind.byInterval.get(i);
        if (mark) {
            parts.push([SHAPES[kind.index] + ' ' + kind.kind, requests(mark[1])]);
        }
    }
    showReadout(chart, `${moment(i * data.width)} to ${moment((i + 1) * data.width)}`, parts);
}

function readRequests(chart, x) {
    const parts = data.points.filter(point => point[0] === x).map(point =>
        [data.series[point[2]].name + ':', latency(point[1])
            + (point[3] >= 0 ? `, ${SHAPES[point[3]]} ${data.failures[point[3]].kind}` : '')]);
    showReadout(chart, x.toFixed(4) + ' s', parts);
}

// How many requests the visible part of the chart shows, and what each point summarizes.
function noteLatency(chart) {
    const note = document.querySelector('#latency .note');
    if (!isReduced) {
        note.textContent = `${requests(data.requests)}, each drawn as a point.`;
        return;
    }
    const [from, to] = chart.graph.xAxisRange();
    let shown = 0, most = 0;
    const intervals = new Set();
    for (const target of targets.filter(target => target.isOn)) {
        for (const cell of target.cells) {
            if ((cell[0] + 1) * data.width > from && cell[0] * data.width < to) {
                shown += cell[1];
                most = Math.max(most, cell[1]);
                intervals.add(cell[0]);
            }
        }
    }
    note.textContent = `${requests(shown)}. Each point summarizes one target over `
        + `${span(data.width)} (at most ${requests(most)}). Slowest and fastest are exact; `
        + 'percentiles count every request and are at most 3.2% off.'
        + (intervals.size < 20 ? ' This is the finest resolution of this page.' : '');
}

function makeLatency() {
    const chart = makeChart(Object.assign(isReduced ? reducedLatency() : wholeLatency(), {
        id: 'latency', unit: 'latency', isLog: true, yLabel: latency,
        xUnit: 'seconds since start', xLabel: x => digits(x, 6), options: {},
        show: x => (isReduced ? readInterval : readRequests)(chart, x),
        label: 'Latency over time of ' + targets.map(target => target.name).join(', ')
            + '. The table below lists the values.',
    }));
    targets.concat(kinds).forEach(one => {
        one.byInterval = new Map((one.cells || one.marks).map(cell => [cell[0], cell]));
    });
    const update = () => {
        for (const series of chart.series) {
            series.isOn = (series.target || series.kind).isOn
                && (!series.line || series.line.isOn);
        }
        chart.refresh();
        noteLatency(chart);
    };
    const box = (one, text, key) => ({text, key, isOn: one.isOn,
        toggle: isOn => { one.isOn = isOn; update(); }});
    makeBoxes(chart.controls, targets.length > 1 ? 'Targets' : 'Target',
        targets.map(target => box(target, target.name, {color: targetColor(target), stroke: 3})));
    if (isReduced) {
        makeBoxes(chart.controls, 'Lines', LINES.map(line => box(line, line.text,
            {color: '--ink', stroke: line.stroke, dash: line.dash})));
    }
    if (kinds.length > 0) {
        makeBoxes(chart.controls, 'Failed', kinds.map(kind => box(kind,
            `${kind.kind} (${count(kind.requests)})`,
            {shape: SHAPES[kind.index], color: '--failure'})));
    }
    makeBoxes(chart.controls, 'Axis', [{text: 'logarithmic', isOn: true,
        toggle: isOn => { chart.isLog = isOn; chart.refresh(); }}]);
    return chart;
}

// ---- rate and in flight ----

function makeFlow(chart) {
    return makeChart(Object.assign(chart, {xUnit: 'seconds since start',
        xLabel: x => digits(x, 6), yLabel: y => digits(y, 5), options: {}}));
}

// One row per span [begin, end, values...].
function spanRows(spans) {
    return spans.map(span => [span[0] * data.width].concat(span.slice(2)))
        .concat([[end].concat(spans[0].slice(2).map(() => null))]);
}

function showSpan(chart, spans, x, words) {
    const at = spans.find(span => x < span[1] * data.width - 1e-9) || spans[spans.length - 1];
    if (at) {
        showReadout(chart, `${moment(at[0] * data.width)} to ${moment(at[1] * data.width)}`,
            words(at));
    }
}

function makeRate() {
    const hasFailures = data.rates.some(span => span[4] > 0);
    const series = [
        {text: 'sent', color: '--s0', stroke: 2.5, isStep: true},
        {text: 'succeeded', color: '--s2', stroke: 2, dash: [6, 3], isStep: true},
        {text: 'failed', color: '--failure', stroke: 2, dash: [2, 2], isStep: true,
         isOn: hasFailures},
    ];
    const chart = makeFlow({id: 'rate', unit: 'requests/s', rows: spanRows(data.rates), series,
        label: 'Requests sent, successes and failures per second, over time.',
        show: x => showSpan(chart, data.rates, x,
            at => series.map((one, i) => [one.text, digits(at[i + 2], 5) + '/s']))});
    makeBoxes(chart.controls, 'Lines', series.map(one => ({text: one.text, key: one,
        isOn: one.isOn !== false, toggle: isOn => { one.isOn = isOn; chart.refresh(); }})));
    return chart;
}

function makeFlight() {
    return makeFlow({id: 'flight', unit: 'requests', rows: spanRows(data.in_flight),
        series: [{text: 'in flight', color: '--s0', stroke: 1.5, isStep: true, isFilled: true}],
        label: 'Requests in flight over time.',
        show(x) {
            showSpan(this, data.in_flight, x,
                at => [['in flight', digits(at[2], 4) + ' on average']]);
        }});
}

// ---- percentiles ----

// The lines of a target: where they differ, the generator delayed requests.
const SPANS = [
    {text: 'latency', key: 'latency', words: '', isOn: true},
    {text: 'response (without the generator\u2019s lag)', key: 'response', words: ', response',
     stroke: 1, dash: [2, 2], isOn: true},
].filter(span => data.percentiles[span.key].all.length > 0);

function distributions() {
    const names = targets.map(target => ({text: target.name, color: targetColor(target), stroke: 2,
        isOn: true, points: key => data.percentiles[key].series[target.index]}));
    if (names.length > 1) {
        names.unshift({text: 'all', color: '--ink', stroke: 3, dash: [7, 3], isOn: true,
            points: key => data.percentiles[key].all});
    }
    const lists = names.flatMap(name => SPANS.map(span => Object.assign({}, name, span,
        {name, span, text: name.text + span.words, stroke: span.stroke || name.stroke,
         dash: span.dash || name.dash, points: name.points(span.key)})));
    return {names, lists};
}

function makeDistribution() {
    const {names, lists} = distributions();
    const places = [...new Set(lists.flatMap(list => list.points.map(point => point[0])))]
        .sort((a, b) => a - b);
    const maps = lists.map(list => new Map(list.points));
    const rows = places.map(x => [x].concat(maps.map(map => map.has(x) ? drawn(map.get(x)) : null)));
    const chart = makeChart({
        id: 'distribution', unit: 'latency', isLog: true, yLabel: latency, rows, series: lists,
        xUnit: 'percentile', xLabel: percentile,
        xTicker: percentileTicks,
        options: {connectSeparatedPoints: true, dateWindow: [0, places[places.length - 1]]},
        label: 'Latency by percentile, up to the slowest request.',
        show: x => showReadout(chart, percentile(x), lists.filter((list, i) => maps[i].has(x))
            .map(list => [list.text, latency(maps[lists.indexOf(list)].get(x))])),
    });
    const update = () => {
        lists.forEach(list => { list.isOn = list.name.isOn && list.span.isOn; });
        chart.refresh();
    };
    const box = (one, key) => ({text: one.text, key, isOn: true,
        toggle: isOn => { one.isOn = isOn; update(); }});
    makeBoxes(chart.controls, 'Targets', names.map(name => box(name, name)));
    makeBoxes(chart.controls, 'Lines', SPANS.map(span => box(span,
        {color: '--ink', stroke: span.stroke || 2, dash: span.dash})));
    return chart;
}

// ---- all charts ----

const latencyChart = makeLatency();
const charts = [latencyChart, makeRate(), makeFlight(), makeDistribution()];
link(charts.slice(0, 3), end, () => noteLatency(latencyChart));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    charts.forEach(chart => chart.refresh());
});
window.charts = charts;

})();
