// chart.js - one dygraphs chart of a page: its look, readout, zoom and check boxes.
//
// A chart is an object:
//
//     id          id of its section, which contains .controls, .chart and .readout
//     label       description for screen readers
//     rows        dygraphs' data: [x, one value or null per series]
//     series      [{color: a CSS variable, stroke, dash, isStep, isDots: points and no line,
//                 isMarked: both, pointSize, isFilled, shape: a character drawn at each point,
//                 shift: its offset in x, hasEdges: false if the edges of gaps are no points, isOn}]
//     unit, yLabel, xUnit, xLabel, xTicker, options
//     isLog       true if the y axis is logarithmic
//     show(x)     writes the readout for x
//
// makeChart adds graph, box, controls, readout and refresh(). Target names are only ever inserted as
// text nodes.
'use strict';

const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const digits = (value, most) => value.toLocaleString('en', {maximumSignificantDigits: most});
const count = value => Math.round(value).toLocaleString('en');
const requests = value => count(value) + (Math.round(value) === 1 ? ' request' : ' requests');

function latency(ms) {
    return ms >= 1000 ? digits(ms / 1000, 4) + ' s'
        : ms >= 1 || ms === 0 ? digits(ms, 4) + ' ms' : digits(ms * 1000, 4) + ' µs';
}

// A logarithmic axis has no 0; no latency is below a nanosecond.
const drawn = ms => Math.max(ms, 1e-6);

function percentile(x) {
    const places = Math.max(0, Math.ceil(x) - 1);
    return (100 - 100 / Math.pow(10, x)).toFixed(Math.min(places + 1, 9)).replace(/\.?0+$/, '') + '%';
}

// Ticks at each nine.
function percentileTicks(from, to) {
    const ticks = [];
    for (let x = Math.ceil(from - 1e-9); x <= to; x++) {
        ticks.push({v: x, label: percentile(x)});
    }
    return ticks;
}

// ---- elements ----

function make(tag, parent, text) {
    const element = document.createElement(tag);
    if (text !== undefined) {
        element.textContent = text;
    }
    parent.append(element);
    return element;
}

// The legend key of a series: a line, dashed or not, or the shape of its points.
function drawKey(parent, series) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('width', 22);
    svg.setAttribute('height', 14);
    svg.setAttribute('aria-hidden', 'true');
    const part = document.createElementNS(svg.namespaceURI, series.shape ? 'text' : 'line');
    if (series.shape) {
        part.setAttribute('x', 11);
        part.setAttribute('y', 12);
        part.setAttribute('text-anchor', 'middle');
        part.textContent = series.shape;
        part.style.fill = `var(${series.color})`;
    } else {
        part.setAttribute('x2', 22);
        part.setAttribute('y1', 7);
        part.setAttribute('y2', 7);
        part.setAttribute('stroke-width', series.stroke || 2);
        part.setAttribute('stroke-dasharray', (series.dash || []).join(' '));
        part.style.stroke = `var(${series.color})`;
    }
    svg.append(part);
    parent.append(svg);
}

// A group of check boxes, each {text, key: a series to draw as legend, isOn, toggle}.
function makeBoxes(controls, legend, boxes) {
    const set = make('fieldset', controls);
    make('legend', set, legend);
    for (const box of boxes) {
        const label = make('label', set);
        const input = make('input', label);
        input.type = 'checkbox';
        input.checked = box.isOn;
        input.addEventListener('change', () => box.toggle(input.checked));
        if (box.key) {
            drawKey(label, box.key);
        }
        make('span', label, box.text);
    }
}

// ---- one chart ----

// Ticks of a logarithmic axis: 1, 2 and 5 times each power of ten, or 1 alone if space is short.
function logTicks(from, to, pixels, options, graph) {
    const format = options('axisLabelFormatter');
    const first = Math.floor(Math.log10(from));
    const last = Math.ceil(Math.log10(to));
    const room = pixels / Math.log10(to / from); // pixels per power of ten
    const step = Math.ceil(25 / room);
    const ticks = [];
    for (let power = first; power <= last; power += step) {
        for (const part of room > 70 ? [1, 2, 5] : [1]) {
            const v = part * Math.pow(10, power);
            if (v >= from && v <= to) {
                ticks.push({v, label: format(v, 0, options, graph)});
            }
        }
    }
    return ticks.length > 1 ? ticks : Dygraph.numericTicks(from, to, pixels, options, graph);
}

// A drawPointCallback that draws a shape; `shift` is in units of x.
function shapePainter(shape, name, shift) {
    return (graph, series, context, left, y) => {
        const x = left + graph.toDomXCoord(shift) - graph.toDomXCoord(0);
        context.font = 'bold 14px sans-serif';
        context.textAlign = 'center';
        context.textBaseline = 'middle';
        context.fillStyle = color(name);
        context.fillText(shape, x, y);
    };
}

function seriesOptions(series) {
    const options = {
        color: color(series.color), strokeWidth: series.stroke || 1.5,
        strokePattern: series.dash || null, pointSize: series.pointSize || 1.5,
        stepPlot: !!series.isStep, drawPoints: !!(series.isDots || series.isMarked), drawGapEdgePoints: series.hasEdges !== false,
        fillGraph: !!series.isFilled,
    };
    if (series.shape) {
        Object.assign(options, {strokeWidth: 0, drawPoints: true, pointSize: 5,
            drawPointCallback: shapePainter(series.shape, series.color, series.shift || 0),
            drawHighlightPointCallback: shapePainter(series.shape, series.color, series.shift || 0)});
    } else if (series.isDots) {
        options.strokeWidth = 0;
    }
    return options;
}

function makeChart(chart) {
    const section = document.getElementById(chart.id);
    chart.box = section.querySelector('.chart');
    chart.controls = section.querySelector('.controls');
    chart.readout = section.querySelector('.readout');
    chart.isLog = !!chart.isLog;
    const names = chart.series.map((series, i) => 's' + i);
    const perSeries = () => Object.fromEntries(
        chart.series.map((series, i) => [names[i], seriesOptions(series)]));
    const look = () => ({
        series: perSeries(), axisLineColor: color('--soft'), gridLineColor: color('--line'),
    });
    chart.graph = new Dygraph(chart.box, chart.rows, Object.assign({
        labels: ['x'].concat(names), legend: 'never', logscale: chart.isLog,
        visibility: chart.series.map(series => series.isOn !== false),
        includeZero: !chart.isLog, yRangePad: 14, ylabel: chart.unit,
        xlabel: chart.xUnit, axisLabelFontSize: 12, labelsKMB: false, digitsAfterDecimal: 6,
        highlightCircleSize: 4, connectSeparatedPoints: false, animatedZooms: false,
        axes: {x: {axisLabelFormatter: chart.xLabel, ticker: chart.xTicker || Dygraph.numericTicks,
                   axisLabelWidth: 70, pixelsPerLabel: 70},
               y: {axisLabelFormatter: chart.yLabel, axisLabelWidth: 76,
                   ticker: (...range) => (chart.isLog ? logTicks : Dygraph.numericTicks)(...range)}},
        highlightCallback: (event, x) => chart.show(x),
        unhighlightCallback: () => { chart.readout.textContent = ''; },
    }, chart.options, look()));
    chart.refresh = () => {
        const visibility = chart.series.map(series => series.isOn !== false);
        const logscale = chart.isLog && visibility.includes(true); // dygraphs has no log axis without data
        chart.graph.updateOptions(Object.assign({visibility, logscale, includeZero: !logscale},
            look()));
    };
    chart.box.tabIndex = 0;
    chart.box.setAttribute('role', 'application'); // so that arrow keys reach pressKey
    chart.box.setAttribute('aria-roledescription', 'chart');
    chart.box.setAttribute('aria-label', chart.label);
    chart.box.onkeydown = event => pressKey(chart, event); // a box can get another chart
    return chart;
}

// Writes the readout: where it is, then [name, value] pairs.
function showReadout(chart, where, parts) {
    chart.readout.textContent = '';
    make('b', make('span', chart.readout), where);
    for (const [name, value] of parts) {
        make('span', chart.readout, `${name} ${value}`);
    }
}

// Zooms by a factor around the selected row, or the middle.
function zoomBy(chart, factor) {
    const [from, to] = chart.graph.xAxisRange();
    const row = chart.graph.getSelection();
    const around = row >= 0 ? chart.rows[row][0] : (from + to) / 2;
    const [least, most] = chart.graph.xAxisExtremes();
    chart.graph.updateOptions({dateWindow: [Math.max(least, around - (around - from) * factor),
        Math.min(most, around + (to - around) * factor)]});
}

function stepBy(chart, step) {
    const [from, to] = chart.graph.xAxisRange();
    let row = chart.graph.getSelection();
    row = row < 0 ? chart.rows.findIndex(r => r[0] >= from) : row + step;
    if (row >= 0 && row < chart.rows.length) {
        const x = chart.rows[row][0];
        if (x < from || x > to) {
            const shift = x < from ? x - from : x - to;
            chart.graph.updateOptions({dateWindow: [from + shift, to + shift]});
        }
        chart.graph.setSelection(row);
        chart.show(x);
    }
}

function pressKey(chart, event) {
    const act = {
        ArrowLeft: () => stepBy(chart, -1), ArrowRight: () => stepBy(chart, 1),
        '+': () => zoomBy(chart, 0.5), '=': () => zoomBy(chart, 0.5),
        '-': () => zoomBy(chart, 2), '0': () => chart.graph.resetZoom(),
    }[event.key];
    if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
        act();
        event.preventDefault();
    }
}

// Keeps the x ranges of charts in step; all of them end at `end`. Calls whenMoved after each change.
function link(charts, end, whenMoved) {
    let isMoving = false;
    const buttons = charts.map(chart => {
        const button = make('button', chart.controls, 'Reset zoom');
        button.type = 'button';
        button.disabled = true;
        button.addEventListener('click', () => chart.graph.resetZoom());
        return button;
    });
    const move = chart => {
        if (isMoving) {
            return;
        }
        isMoving = true;
        const shown = chart.graph.xAxisRange();
        for (const other of charts.filter(other => other !== chart)) {
            other.graph.updateOptions({dateWindow: shown});
        }
        const isAll = shown[0] <= 0 && shown[1] >= end
            && !charts.some(one => one.graph.isZoomed('y'));
        buttons.forEach(button => { button.disabled = isAll; });
        whenMoved();
        isMoving = false;
    };
    charts.forEach(chart => chart.graph.updateOptions({drawCallback: () => move(chart)}));
}
