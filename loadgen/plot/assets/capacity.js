// capacity.js - draws the charts of a capacity from the page's data (loadgen/plot/capacity/data.h).
'use strict';
(function () {

const data = JSON.parse(document.getElementById('data').textContent);
const result = data.result;
const NS_PER_MS = 1e6;
const ms = ns => ns / NS_PER_MS;
const perSecond = rate => digits(rate, 5) + '/s';
const percent = part => digits(100 * part, 3) + '%';
window.charts = []; // for tests and the console

// What is drawn of each outcome.
const OUTCOMES = {
    good: {text: 'good', shape: '●', color: '--good'},
    bad: {text: 'bad', shape: '×', color: '--bad'},
    invalid: {text: 'invalid', shape: '▲', color: '--s5'},
};

// Those that can be drawn: the result may come from anywhere.
const trials = result.trials.map((trial, i) => Object.assign({over_time: [], slo: []}, trial,
    {index: i, number: i + 1}))
    .filter(trial => trial.rate > 0 && trial.latencies && OUTCOMES[trial.outcome]);
const trialOf = index => trials.find(trial => trial.index === index);
const capacity = result.capacity || {rate: null, upper: null};

// The limits of the SLO that are times, in milliseconds; the first of them is the one that is shown.
const limits = (trials.length > 0 ? trials[0].slo : []).filter(one => one.unit === 'ns')
    .map(one => ({text: one.criterion, ms: ms(one.limit)}));

function nameOf(trial) {
    return `trial ${trial.number}, ${perSecond(trial.rate)}, ${trial.outcome}`;
}

// ---- what lies under the lines ----

// Fills from x to x over the whole height, at least `least` pixels wide.
function fillBand(graph, context, area, from, to, name, alpha, least) {
    const left = graph.toDomXCoord(from), right = graph.toDomXCoord(to);
    const width = Math.max(right - left, least);
    context.save();
    context.globalAlpha = alpha;
    context.fillStyle = color(name);
    context.fillRect((left + right - width) / 2, area.y, width, area.h);
    context.restore();
}

// Text at the top of a chart, kept inside it.
function writeLabel(context, area, x, row, text) {
    context.save();
    context.font = '12px sans-serif';
    context.fillStyle = color('--ink');
    context.textBaseline = 'top';
    const width = context.measureText(text).width;
    const left = Math.min(Math.max(x - width / 2, area.x + 2), area.x + area.w - width - 2);
    context.fillText(text, left, area.y + 2 + 15 * row);
    context.restore();
}

// The interval of the capacity on an axis of rates.
function underRates(context, area, graph) {
    const from = capacity.rate || capacity.upper;
    const to = capacity.upper || capacity.rate;
    if (from === null || from === undefined) {
        return;
    }
    fillBand(graph, context, area, from, to, '--accent', 0.22, 3);
    const words = !capacity.rate ? `${perSecond(to)} is too high`
        : `${capacity.upper ? 'capacity' : 'at least'} ${perSecond(capacity.rate)}`;
    writeLabel(context, area, graph.toDomXCoord(from), 0, words);
}

// ---- latency over rate ----

const median = list => {
    const sorted = [...list].sort((a, b) => a - b);
    return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

const LINES = [
    {text: 'slowest', key: 'max', color: '--s5', stroke: 1, dash: [2, 2], isOn: false},
    {text: '99th percentile', key: '99th', color: '--s1', stroke: 2, isOn: true},
    {text: '95th percentile', key: '95th', color: '--s3', stroke: 1.5, dash: [5, 3], isOn: false},
    {text: 'median', key: '50th', color: '--s0', stroke: 2, isOn: true},
];

// The time that the first limit is about, or the 99th percentile.
function limitedMs(trial) {
    const one = trial.slo.find(finding => finding.unit === 'ns');
    if (!one) {
        return ms(trial.latencies['99th']);
    }
    return ms(one.value === null ? trial.latencies.max : one.value);
}

const rates = [...new Set(trials.map(trial => trial.rate))].sort((a, b) => a - b);
const trialsAt = rate => trials.filter(trial => trial.rate === rate);
const outcomesSeen = Object.keys(OUTCOMES).filter(name =>
    trials.some(trial => trial.outcome === name));

// Some room beside the outermost rates; one rate alone gets a tenth to each side.
function rateWindow() {
    const first = rates[0], last = rates[rates.length - 1];
    const room = last > first ? (last - first) * 0.04 : first * 0.1;
    return [Math.max(0, first - room), last + room];
}

// Boxes that switch series on and off.
function addBoxes(chart, legend, series) {
    makeBoxes(chart.controls, legend, series.map(one => ({text: one.text, key: one,
        isOn: one.isOn !== false, toggle: isOn => { one.isOn = isOn; chart.refresh(); }})));
}

function addAxisBox(chart) {
    makeBoxes(chart.controls, 'Axis', [{text: 'logarithmic', isOn: chart.isLog,
        toggle: isOn => { chart.isLog = isOn; chart.refresh(); }}]);
}

function limitSeries() {
    return limits.map(limit => ({text: `limit ${limit.text}`, color: '--failure', stroke: 1.5,
        dash: [8, 4], ms: limit.ms}));
}

// Rows [x, lines, marks, limits]: the first of a rate has the medians, each has the mark of a trial.
function makeRates() {
    const lines = LINES.map(line => Object.assign({isMarked: true, pointSize: 2.5}, line));
    const marks = outcomesSeen.map(name => Object.assign({outcome: name}, OUTCOMES[name]));
    const bounds = limitSeries();
    const [from, to] = rateWindow();
    const blank = x => [x, ...lines.concat(marks).map(() => null), ...bounds.map(one => one.ms)];
    const rows = [blank(from)];
    for (const rate of rates) {
        trialsAt(rate).forEach((trial, i) => {
            const row = blank(rate);
            if (i === 0) {
                lines.forEach((line, k) => {
                    row[1 + k] = drawn(ms(median(trialsAt(rate).map(one => one.latencies[line.key]))));
                });
            }
            row[1 + lines.length + outcomesSeen.indexOf(trial.outcome)] = drawn(limitedMs(trial));
            rows.push(row);
        });
    }
    rows.push(blank(to));
    const chart = makeChart({
        id: 'rates', unit: 'latency', isLog: true, yLabel: latency, rows,
        series: [...lines, ...marks, ...bounds],
        xUnit: 'requests per second', xLabel: x => digits(x, 5),
        options: {connectSeparatedPoints: true, dateWindow: [from, to],
                  underlayCallback: underRates},
        label: 'Latency over rate. The table of trials lists the values.',
        show: x => showReadout(chart, perSecond(x), trialsAt(x).flatMap(trial => [
            [`${trial.outcome}:`, `median ${latency(ms(trial.latencies['50th']))}, `
                + `99th ${latency(ms(trial.latencies['99th']))}, `
                + `slowest ${latency(ms(trial.latencies.max))}`]])),
    });
    addBoxes(chart, 'Lines', [...lines, ...bounds]);
    addBoxes(chart, 'Trials', marks);
    addAxisBox(chart);
    return chart;
}

// ---- latency over time ----

const GAP = 1; // seconds drawn between two trials
let length = 0;
for (const trial of trials) {
    const last = trial.over_time[trial.over_time.length - 1];
    trial.from = length;
    trial.to = length + (last ? last.to_seconds : 0);
    length = trial.to + GAP;
}
length = Math.max(length - GAP, 1);
const trialWhen = x => trials.find(trial => x >= trial.from && x <= trial.to);
const intervalWhen = (trial, x) => trial.over_time.find(one => x < trial.from + one.to_seconds)
    || trial.over_time[trial.over_time.length - 1];

// The outcome of each trial as a color, and its number if there is room.
function underTrials(context, area, graph) {
    for (const trial of trials) {
        fillBand(graph, context, area, trial.from, trial.to, OUTCOMES[trial.outcome].color, 0.13, 1);
        const left = graph.toDomXCoord(trial.from), right = graph.toDomXCoord(trial.to);
        const isSeen = left >= area.x - 1 && right <= area.x + area.w + 1;
        if (isSeen && right - left > 22) {
            writeLabel(context, area, (left + right) / 2, 0, String(trial.number));
        }
    }
}

// One row per interval, and one with the values of no trial after each.
function timeRows(none, values) {
    const rows = [];
    for (const trial of trials) {
        for (const one of trial.over_time) {
            rows.push([trial.from + one.from_seconds, ...values(trial, one)]);
        }
        rows.push([trial.to, ...none]); // ends the last step
    }
    return rows;
}

function showInterval(chart, x, words) {
    const trial = trialWhen(x);
    const one = trial && intervalWhen(trial, x);
    if (one) {
        showReadout(chart, `${nameOf(trial)}, ${one.from_seconds} to ${one.to_seconds} s`,
            words(trial, one));
    }
}

const TIME_LINES = [
    {text: 'slowest', key: 'max', color: '--s5', stroke: 1},
    {text: '99th percentile', key: '99th', color: '--s1', stroke: 1.5},
    {text: 'median', key: '50th', color: '--s0', stroke: 2},
].map(line => Object.assign({isStep: true, hasEdges: false}, line));

// A trial without an answer in an interval has no line there.
function makeTime() {
    const bounds = limitSeries();
    const chart = makeChart({
        id: 'time', unit: 'latency', isLog: true, yLabel: latency,
        rows: timeRows([...TIME_LINES.map(() => null), ...bounds.map(bound => bound.ms)],
            (trial, one) => [
                ...TIME_LINES.map(line => one.requests > 0 ? drawn(ms(one[line.key])) : null),
                ...bounds.map(bound => bound.ms)]),
        series: [...TIME_LINES, ...bounds],
        xUnit: 'seconds of measurement', xLabel: x => digits(x, 6),
        options: {underlayCallback: underTrials, dateWindow: [0, length]},
        label: 'Latency over time in each trial. The table of trials lists the values.',
        show: x => showInterval(chart, x, (trial, one) => [
            ['median', latency(ms(one['50th']))], ['99th', latency(ms(one['99th']))],
            ['slowest', latency(ms(one.max))], ['', requests(one.requests)],
            ['failed', count(one.failures)]]),
    });
    addBoxes(chart, 'Lines', [...TIME_LINES, ...bounds]);
    addAxisBox(chart);
    return chart;
}

// False for the rest of a trial, in which nothing or less was scheduled: its drain, or its early end.
function isWhole(trial, one) {
    const last = trial.over_time[trial.over_time.length - 1];
    return one.from_seconds < trial.duration_seconds && !(trial.ended_early && one === last);
}

function makeLoad() {
    const series = [
        {text: 'scheduled', color: '--s0', stroke: 2.5, isStep: true, hasEdges: false},
        {text: 'succeeded', color: '--s2', stroke: 2, dash: [6, 3], isStep: true, hasEdges: false},
    ];
    const succeeded = one => (one.requests - one.failures)
        / Math.max(1, one.to_seconds - one.from_seconds);
    const chart = makeChart({
        id: 'load', unit: 'requests/s', yLabel: y => digits(y, 5),
        rows: timeRows([null, null], (trial, one) => isWhole(trial, one)
            ? [trial.rate, succeeded(one)] : [null, null]),
        series, xUnit: 'seconds of measurement', xLabel: x => digits(x, 6),
        options: {underlayCallback: underTrials, dateWindow: [0, length]},
        label: 'Scheduled rate of each trial, and successes per second.',
        show: x => showInterval(chart, x, (trial, one) => [
            ['scheduled', perSecond(trial.rate)], ['succeeded', perSecond(succeeded(one))]]),
    });
    addBoxes(chart, 'Lines', series);
    return chart;
}

// A list to look at one trial.
function addTrialList(chart) {
    const label = make('label', chart.controls, 'Trial ');
    const list = make('select', label);
    make('option', list, 'all').value = '';
    for (const trial of trials) {
        make('option', list, `${trial.number}: ${perSecond(trial.rate)}, ${trial.outcome}`)
            .value = trial.index;
    }
    list.addEventListener('change', () => {
        const trial = list.value === '' ? null : trialOf(Number(list.value));
        chart.graph.updateOptions({dateWindow: trial ? [trial.from, trial.to] : [0, length]});
    });
}

// ---- percentiles ----

const COLORS = {
    'below the capacity': '--s2', 'at the capacity': '--s0', 'above the capacity': '--s1',
};

function makeDistribution() {
    const series = data.distributions.filter(one => trialOf(one.trial)).flatMap(one => {
        const trial = trialOf(one.trial);
        const text = `${perSecond(trial.rate)}, ${one.what}`;
        const hue = COLORS[one.what] || '--ink';
        return [
            {text, color: hue, stroke: 2, points: one.latency},
            {text: text + ', response', color: hue, stroke: 1, dash: [2, 2], points: one.response,
             isOn: false},
        ].filter(line => line.points.length > 0);
    });
    const places = [...new Set(series.flatMap(one => one.points.map(point => point[0])))]
        .sort((a, b) => a - b);
    const maps = series.map(one => new Map(one.points));
    const bounds = limitSeries();
    const chart = makeChart({
        id: 'distribution', unit: 'latency', isLog: true, yLabel: latency,
        rows: places.map(x => [x, ...maps.map(map => map.has(x) ? drawn(map.get(x)) : null),
            ...bounds.map(one => one.ms)]),
        series: [...series, ...bounds], xUnit: 'percentile', xLabel: percentile,
        xTicker: percentileTicks,
        options: {connectSeparatedPoints: true, dateWindow: [0, places[places.length - 1]]},
        label: 'Latency by percentile below, at and above the capacity.',
        show: x => showReadout(chart, percentile(x), series.filter((one, i) => maps[i].has(x))
            .map(one => [one.text, latency(maps[series.indexOf(one)].get(x))])),
    });
    addBoxes(chart, 'Lines', [...series, ...bounds]);
    return chart;
}

// ---- CPU ----

// Parts of the CPU limit, and throttled parts of the time (lower bounds), by who used it; null: not known.
const CPU_LINES = [
    {text: 'CPU of the target', color: '--s1', stroke: 2.5, of: trial => share(ofTarget(trial))},
    {text: 'target throttled (lower bound)', color: '--s3', stroke: 2, dash: [5, 3],
     of: trial => throttled(ofTarget(trial))},
    {text: 'CPU of the generator', color: '--s0', stroke: 2, dash: [6, 3],
     of: trial => share(trial.generator)},
    {text: 'generator throttled (lower bound)', color: '--s6', stroke: 1.5, dash: [2, 2],
     of: trial => throttled(trial.generator)},
];

// The target's account in the form of the generator's. Pods without a limit count as one CPU each, those
// that could not be read not at all.
function ofTarget(trial) {
    const target = trial.target;
    const pods = (target && target.pods || []).filter(pod => typeof pod.cpu_seconds === 'number');
    return target && {
        cpu_seconds: target.cpu_seconds, wall_seconds: target.seconds,
        throttled_seconds: target.throttled_seconds,
        cpu_limit: pods.reduce((sum, pod) => sum + (pod.cpu_limit || 1), 0),
    };
}

function share(used) {
    return used && used.cpu_limit > 0 && used.wall_seconds > 0
        && typeof used.cpu_seconds === 'number'
        ? used.cpu_seconds / (used.cpu_limit * used.wall_seconds) : null;
}

function throttled(used) {
    return used && used.wall_seconds > 0 && typeof used.throttled_seconds === 'number'
        ? used.throttled_seconds / used.wall_seconds : null;
}

// What the target says that one request costs, at the rate of the capacity or the lowest one.
function noteCpu() {
    const note = document.querySelector('#cpu .note');
    const asked = trials.filter(trial => trial.target);
    const at = asked.find(trial => trial.rate === capacity.rate) || asked[0];
    const cost = at && at.target.cpu_seconds_per_request;
    note.textContent = asked.length === 0
        ? 'The CPU time of the target is unknown, because -target-metrics was not set.'
        : cost > 0 ? `At ${perSecond(at.rate)} each request cost the target ${latency(1000 * cost)} `
            + 'of CPU time.' : '';
}

function makeCpu() {
    const known = CPU_LINES.filter(line => trials.some(trial => line.of(trial) !== null))
        .map(line => Object.assign({isMarked: true, pointSize: 2.5}, line));
    const [from, to] = rateWindow();
    const at = (rate, line) => {
        const values = trialsAt(rate).map(line.of).filter(value => value !== null);
        return values.length > 0 ? median(values) : null;
    };
    const chart = makeChart({
        id: 'cpu', unit: 'share of the limit', yLabel: percent,
        rows: rates.map(rate => [rate, ...known.map(line => at(rate, line))]), series: known,
        xUnit: 'requests per second', xLabel: x => digits(x, 5),
        options: {connectSeparatedPoints: true, dateWindow: [from, to],
                  underlayCallback: underRates},
        label: 'CPU used and throttled time (lower bound) over rate.',
        show: x => showReadout(chart, perSecond(x), known.map(line => [line, at(x, line)])
            .filter(([, value]) => value !== null)
            .map(([line, value]) => [line.text, percent(value)])),
    });
    addBoxes(chart, 'Lines', known);
    noteCpu();
    return chart;
}

// ---- all charts ----

function drawAll() {
    const time = makeTime();
    const charts = [makeRates(), time, makeLoad()];
    addTrialList(time);
    if (data.distributions.length > 0) {
        charts.push(makeDistribution());
    } else {
        document.getElementById('distribution').hidden = true;
    }
    charts.push(makeCpu());
    link(charts.slice(1, 3), length, () => {});
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        charts.forEach(chart => chart.refresh());
    });
    window.charts = charts;
}

if (trials.length > 0) {
    drawAll();
} else {
    ['rates', 'time', 'load', 'distribution', 'cpu'].forEach(id => {
        document.getElementById(id).hidden = true;
    });
}

})();
