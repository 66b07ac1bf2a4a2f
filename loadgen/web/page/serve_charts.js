// serve_charts.js - live charts. Comes after chart.js.
//
// A point is an object with the columns of loadgen/web/page/view.c. makeLive() returns
// {show(points, state), clear()}. A chart is made when there is something to draw, so that dygraphs
// never has a logarithmic axis without data. Which series it has is decided then, by isIn(state). A
// zoom applies to all charts, until it is reset.

// Without dygraphs' legend: no chart uses it, and it sets style attributes, which the page's policy forbids.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter(plugin => plugin !== Dygraph.Plugins.Legend);

const perSecond = name => point => point[name] / point.seconds;
const time = name => point => (point[name] === null ? null : drawn(point[name]));

// Percent of a number of CPUs, or of pods that are throttled; null: not known.
const ofTime = (point, name, all) => (typeof point[name] === 'number' ? point[name] / point.seconds / 10 / all : null);

function clock(seconds) {
    const whole = Math.round(seconds);
    const two = value => String(value).padStart(2, '0');
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    return (hours > 0 ? `${hours}:${two(minutes)}` : String(minutes)) + ':' + two(whole % 60);
}

// Ticks at whole minutes, or parts of them that people count in.
function clockTicks(from, to, pixels) {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
    const least = (to - from) / Math.max(1, pixels / 80);
    const step = steps.find(one => one >= least) || 86400 * Math.ceil(least / 86400);
    const ticks = [];
    for (let v = Math.ceil(from / step) * step; v <= to; v += step) {
        ticks.push({v, label: clock(v)});
    }
    return ticks;
}

function share(value) {
    return digits(value, 3) + '%';
}

const rate = value => digits(value, 4) + '/s';

const LIVE = [
    {id: 'latency', unit: 'latency', isLog: true, yLabel: latency, label: 'Latency over time.', all: [
        {text: 'p50', color: '--s2', stroke: 2.5, value: time('p50')},
        {text: 'p95', color: '--s0', stroke: 1.5, value: time('p95')},
        {text: 'p99', color: '--s3', stroke: 1.5, dash: [6, 3], value: time('p99')},
        {text: 'max', color: '--s1', stroke: 1, value: time('max')},
        {text: 'p99 of the worst second', color: '--s4', stroke: 1, dash: [2, 3], isOn: false,
         value: time('worst_p99')},
    ]},
    {id: 'rate', unit: 'requests/s', yLabel: count, word: rate, label: 'Requests per second over time.', all: [
        {text: 'scheduled', color: '--s1', stroke: 1.5, dash: [6, 3], value: perSecond('intended')},
        {text: 'sent', color: '--s0', stroke: 2.5, value: perSecond('started')},
        {text: 'ended', color: '--s2', stroke: 1, value: perSecond('ended')},
    ]},
    {id: 'users', unit: '', yLabel: count, label: 'Users and requests in flight over time.', all: [
        {text: 'users', color: '--s0', stroke: 2.5, value: point => point.users,
         isIn: state => (state.kinds || ['users']).includes('users')},
        {text: 'in flight, peak', color: '--s3', stroke: 1, value: point => point.in_flight},
    ]},
    {id: 'errors', unit: 'errors/s', yLabel: value => digits(value, 3), word: rate, label: 'Errors per second over time.',
     all: [{text: 'errors', color: '--failure', stroke: 2, isFilled: true, value: perSecond('failures')}]},
    {id: 'lag', unit: 'lag', isLog: true, yLabel: latency,
     label: 'Lag of the generator over time.', all: [
        {text: 'p50', color: '--s2', stroke: 2, value: time('lag_p50')},
        {text: 'p99', color: '--s3', stroke: 1.5, dash: [6, 3], value: time('lag_p99')},
        {text: 'max', color: '--s1', stroke: 1, value: time('lag_max')},
    ]},
    {id: 'cpu', unit: '% of its limit', yLabel: share, word: share, label: 'CPU of the generator over time.', all: [
        {text: 'used', color: '--s0', stroke: 2, isFilled: true,
         value: (point, state) => ofTime(point, 'cpu_ms', state.cpu_limit || 1)},
        {text: 'throttled, share of time', color: '--failure', stroke: 1.5,
         value: point => ofTime(point, 'throttled_ms', 1)},
    ]},
    {id: 'target', unit: '% of its limit', yLabel: share, word: share,
     label: 'CPU of the target over time.', all: [
        {text: 'used', color: '--s0', stroke: 2, isFilled: true,
         value: (point, {target}) => ofTime(point, 'target_cpu_ms', (target && target.cpu_limit) || 1)},
        {text: 'throttled, share of time', color: '--failure', stroke: 1.5,
         value: (point, {target}) => ofTime(point, 'target_throttled_ms', (target && target.pods) || 1)},
    ]},
];

// A line at each limit of the SLO.
function limitSeries(state) {
    return (state.slo_limits || []).map(limit => ({text: `limit of ${limit.percentile}`, color: '--failure',
        stroke: 1.5, dash: [8, 4], isConstant: true, value: () => limit.limit_ms}));
}

function seriesOf(chart, state) {
    const series = chart.all.filter(one => !one.isIn || one.isIn(state));
    return chart.id === 'latency' ? series.concat(limitSeries(state)) : series;
}

function makeLive() {
    let shown = null; // the x range of a zoom
    let isMoving = false;
    const made = () => LIVE.filter(chart => chart.graph);

    // Takes a zoom of this chart over to the others.
    function follow(chart) {
        if (isMoving) {
            return;
        }
        const range = chart.graph.isZoomed('x') ? chart.graph.xAxisRange() : null;
        isMoving = true;
        if (String(range) !== String(shown)) {
            shown = range;
            made().filter(other => other !== chart)
                .forEach(other => other.graph.updateOptions({dateWindow: shown}));
        }
        made().forEach(one => { one.button.hidden = !shown && !one.graph.isZoomed('y'); });
        isMoving = false;
    }

    function read(chart, x) {
        const i = chart.rows.findIndex(row => row[0] === x);
        const row = chart.rows[i];
        const word = chart.word || chart.yLabel;
        const from = i > 0 ? chart.rows[i - 1][0] : 0;
        showReadout(chart, x - from > 1 ? `${clock(from)} to ${clock(x)}` : clock(x), chart.series
            .map((series, k) => [series.text, row[k + 1], series])
            .filter(([, value, series]) => value !== null && series.isOn !== false)
            .map(([text, value]) => [text, word(value)]));
    }

    function create(chart) {
        chart.show = x => read(chart, x);
        makeChart(Object.assign(chart, {xUnit: '', xLabel: clock, xTicker: clockTicks,
            options: {dateWindow: shown, xlabel: undefined}}));
        if (chart.series.length > 1 && chart.controls.childElementCount === 0) {
            makeBoxes(chart.controls, 'Lines', chart.series.map(series => ({text: series.text, key: series,
                isOn: series.isOn !== false,
                toggle: isOn => { series.isOn = isOn; chart.refresh(); }})));
        }
        chart.button = make('button', chart.controls, 'Reset zoom');
        chart.button.type = 'button';
        chart.button.hidden = true;
        chart.button.addEventListener('click', () => {
            chart.graph.resetZoom();
            chart.box.focus();
        });
        chart.graph.updateOptions({drawCallback: () => follow(chart)});
    }

    function update(chart) {
        const row = chart.graph.getSelection();
        isMoving = true;
        chart.graph.updateOptions({file: chart.rows});
        isMoving = false;
        if (row >= 0) {
            chart.graph.setSelection(row);
        }
    }

    // A point is drawn where it ends.
    function show(points, state) {
        for (const chart of LIVE) {
            chart.series = chart.graph ? chart.series : seriesOf(chart, state);
            const rows = points.map(point => [point.first + point.seconds].concat(
                chart.series.map(series => series.value(point, state))));
            const section = document.getElementById(chart.id);
            const isEmpty = !rows.some(row => chart.series.some((series, k) => !series.isConstant && row[k + 1] !== null));
            chart.rows = [[0].concat(chart.series.map(series => (series.isConstant ? series.value() : null))), ...rows];
            section.hidden = isEmpty;
            if (!isEmpty && !chart.graph) {
                create(chart);
            } else if (!isEmpty) {
                update(chart);
            }
        }
    }

    // For another run: discards everything but the choice of series.
    function clear() {
        shown = null;
        made().forEach(chart => {
            chart.graph.destroy();
            chart.graph = null;
            chart.controls.textContent = '';
            chart.readout.textContent = '';
        });
    }

    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        made().forEach(chart => chart.refresh());
    });
    return {show, clear};
}

window.charts = LIVE; // for tests and the console
