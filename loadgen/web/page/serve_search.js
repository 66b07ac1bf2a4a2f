// serve_search.js - a capacity search: its result, the interval that narrows, and each trial
// (serve_words.js). The wording is that of loadgen/plot/capacity/words.c.
'use strict';

const search = (function () {

const OUTCOMES = {
    good: {text: 'good', shape: '●', color: '--good'},
    bad: {text: 'bad', shape: '×', color: '--bad'},
    invalid: {text: 'invalid', shape: '▲', color: '--s5'},
};
const NOW = {text: 'now', shape: '○', color: '--accent'};
const BOUNDS = [
    {text: 'meets the SLO', color: '--good', stroke: 2, isStep: true, hasEdges: false},
    {text: 'misses it', color: '--bad', stroke: 2, dash: [6, 3], isStep: true, hasEdges: false},
];
const SERIES = [...BOUNDS, ...Object.values(OUTCOMES), NOW];
const NONE = Object.values(OUTCOMES).map(() => null);

let chart = null;
let drawnRows = '';
let trials = [];

const perSecond = value => digits(value, 5);
const perS = value => perSecond(value) + '/s';

// ---- the bracket ----

// The bounds after each trial: the majority of the trial time at a rate decides, as in
// loadgen/capacity/search/loads.h. The last ones are the search's own.
function boundsOf(list, now) {
    const seconds = new Map(); // of a rate: good minus bad
    const bounds = list.map(({rate: at, outcome, seconds: length}) => {
        const sign = {good: 1, bad: -1, invalid: 0}[outcome] || 0;
        if (sign !== 0) {
            seconds.set(at, (seconds.get(at) || 0) + sign * length);
        }
        const tried = [...seconds.keys()];
        const upper = Math.min(...tried.filter(one => seconds.get(one) < 0));
        const lower = Math.max(...tried.filter(one => seconds.get(one) >= 0 && one < upper));
        return [Number.isFinite(lower) ? lower : null, Number.isFinite(upper) ? upper : null];
    });
    if (bounds.length > 0) {
        bounds[bounds.length - 1] = [now.lower, now.upper].map(one => (isKnown(one) ? one : null));
    }
    return bounds;
}

// Rows [trial, bounds, outcomes, the rate of the current trial], with some room at both ends.
function makeRows(state) {
    const bounds = boundsOf(trials, state.search);
    const rows = [[0.5, null, null, ...NONE, null]];
    trials.forEach((trial, i) => rows.push([i + 1, ...bounds[i],
        ...Object.keys(OUTCOMES).map(name => (name === trial.outcome ? trial.rate : null)), null]));
    const last = bounds.length > 0 ? bounds[bounds.length - 1] : [null, null];
    if (isOn(state) && state.search.rate > 0) {
        rows.push([trials.length + 1, ...last, ...NONE, state.search.rate]);
    }
    rows.push([rows[rows.length - 1][0] + 0.5, ...last, ...NONE, null]);
    return rows;
}

// The interval that the capacity is in, after each trial.
function underRows(context, area, graph) {
    context.save();
    context.globalAlpha = 0.14;
    context.fillStyle = color('--accent');
    for (let i = 1; i + 1 < chart.rows.length; i++) {
        const [x, lower, upper] = chart.rows[i];
        if (lower !== null && upper !== null) {
            const left = graph.toDomXCoord(x), top = graph.toDomYCoord(upper);
            context.fillRect(left, top, graph.toDomXCoord(chart.rows[i + 1][0]) - left,
                Math.max(2, graph.toDomYCoord(lower) - top));
        }
    }
    context.restore();
}

function trialTicks(from, to, pixels) {
    const step = Math.max(1, Math.ceil((to - from) * 40 / pixels));
    const ticks = [];
    for (let v = Math.max(1, Math.ceil(from)); v <= to; v += step) {
        ticks.push({v, label: String(v)});
    }
    return ticks;
}

function read(x) {
    const row = chart.rows.find(one => one[0] === x);
    const trial = trials[x - 1];
    const bounds = BOUNDS.map((bound, i) => [bound.text, row[1 + i]])
        .filter(([, value]) => value !== null).map(([text, value]) => [text, perS(value)]);
    showReadout(chart, trial ? `Trial ${x}` : row[row.length - 1] !== null ? `Trial ${x}, now` : '',
        (trial ? [[trial.outcome + ' at', perS(trial.rate)]] : row[row.length - 1] !== null
            ? [['at', perS(row[row.length - 1])]] : []).concat(bounds));
}

function showChart(state) {
    const rows = makeRows(state);
    const text = JSON.stringify(rows);
    const isEmpty = rows.length < 3;
    by('bracket').hidden = isEmpty;
    if (isEmpty || text === drawnRows) {
        return;
    }
    drawnRows = text;
    if (chart) {
        const row = chart.graph.getSelection();
        chart.rows = rows;
        chart.graph.updateOptions({file: rows});
        if (row >= 0 && row < rows.length) {
            chart.graph.setSelection(row);
        }
        return;
    }
    chart = {id: 'bracket', unit: `${unitOf(state)}/s`, isLog: true, yLabel: y => digits(y, 5), rows, series: SERIES,
        xUnit: 'trial', xLabel: String, xTicker: trialTicks, options: {underlayCallback: underRows},
        label: 'Rate of each trial. The table of trials lists the values.', show: read};
    makeChart(chart);
    makeBoxes(chart.controls, 'Show', SERIES.map(series => ({text: series.text, key: series,
        isOn: series.isOn !== false, toggle: isShown => { series.isOn = isShown; chart.refresh(); }})));
}

// ---- words ----

const unitOf = state => (hasUsers(state) ? 'iterations' : 'requests');

// Until there is a result: the large text, and the small one.
function progressWords({lower, upper}, unit) {
    if (isKnown(lower) && isKnown(upper)) {
        return `Between ${perSecond(lower)} and ${perSecond(upper)} ${unit} per second`;
    }
    return isKnown(lower) ? `At least ${perSecond(lower)} ${unit} per second`
        : isKnown(upper) ? `Below ${perSecond(upper)} ${unit} per second` : 'The capacity is not known yet';
}

function bracketWords({lower, upper}) {
    if (isKnown(lower) && isKnown(upper)) {
        return `${perS(lower)} meets the SLO, ${perS(upper)} does not.`;
    }
    return isKnown(lower) ? `${perS(lower)} meets the SLO; no higher rate has missed it.`
        : isKnown(upper) ? `${perS(upper)} does not meet the SLO.` : 'No trial has ended yet.';
}

function answerWords(state) {
    const {low, high, capacity} = state.search.result;
    if (isKnown(capacity) || isKnown(low)) {
        return `The target sustains ${isKnown(capacity) ? perSecond(capacity) : `at least ${perSecond(low)}`} `
            + `${unitOf(state)} per second.`;
    }
    return isKnown(high) ? `The target does not sustain ${perSecond(high)} ${unitOf(state)} per second.`
        : 'The capacity was not found.';
}

function limitWords(result) {
    const misses = trials.filter(trial => trial.outcome !== 'good' && trial.rate > (result.low || 0));
    const nearest = misses.reduce((least, trial) => (!least || trial.rate <= least.rate ? trial : least), null);
    if (!nearest) {
        return trials.length > 0 ? 'Nothing: no rate missed the SLO.' : 'Not known.';
    }
    return nearest.outcome === 'bad' ? `The target. At ${perS(nearest.rate)}, it did not meet the SLO: ${withStop(nearest.why)}`
        : `The generator, not the target. At ${perS(nearest.rate)}: ${withStop(nearest.why)}`;
}

function showAnswer(state) {
    const {result} = state.search;
    by('reasons').hidden = !result;
    if (!result) {
        const at = state.search.rate > 0 ? ` Trial ${trials.length + 1} is at ${perS(state.search.rate)}.` : '';
        say('answer', progressWords(state.search, unitOf(state)));
        say('bracket-now', `${bracketWords(state.search)}${at} SLO: ${state.slo}`);
        return;
    }
    say('answer', answerWords(state));
    say('bracket-now', `A rate is sustained if the SLO is met at that rate: ${state.slo}. ${sentence(result.text)}`);
    by('reasons').className = `verdict reasons ${isKnown(result.capacity) ? 'clean' : 'unknown'}`;
    say('sure', result.confidence ? sentence(result.confidence) : 'Not known.');
    say('limited', limitWords(result));
    say('of-generator', state.generator ? state.generator.text : 'Not known.');
}

// The newest trial comes first: a search can have many.
function showTrials() {
    showRows('tried', trials.map((trial, i) => ({texts: [5], kinds: {3: 'outcome ' + trial.outcome},
        list: [String(i + 1), perS(trial.rate), `${digits(trial.seconds, 3)} s`,
            `${(OUTCOMES[trial.outcome] || {shape: ''}).shape} ${trial.outcome}`, orDash(trial.p99_ms, latency),
            trial.why || '']})).reverse());
}

function clear() {
    if (chart) {
        chart.graph.destroy();
        chart.controls.textContent = '';
        chart.readout.textContent = '';
    }
    chart = null;
    drawnRows = '';
}

function show(state) {
    const isShown = kindOf(state) === 'capacity' && !!state.search;
    by('search').hidden = !isShown;
    by('tried-section').hidden = !isShown || trialsOf(state).length === 0;
    if (!isShown) {
        return;
    }
    trials = trialsOf(state);
    showAnswer(state);
    showTrials();
    showChart(state);
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    if (chart) {
        chart.refresh();
    }
});

return {show, clear, chart: () => chart};

})();
