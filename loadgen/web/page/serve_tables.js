// serve_tables.js - tables of requests, failures, exceptions, workers, and the log (serve_words.js).
'use strict';

const tables = (function () {

const titleOf = row => (row.method ? `${row.method} ${row.name}` : row.name);
const timeOf = ms => new Date(ms).toLocaleTimeString();

function requestCells(row) {
    return [titleOf(row), count(row.requests), count(row.failures), orDash(row.rate, rate)].concat(
        ['p50', 'p95', 'p99', 'max'].map(name => orDash(row[name], latency)));
}

function showRequests(state) {
    const total = Object.assign({method: '', name: 'All requests'}, state.total,
        isOn(state) && state.recent ? {rate: state.recent.rate} : {});
    const column = row => (isOn(state) ? row : Object.assign({}, row, {rate: row.mean_rate}));
    say('requests-title', kindOf(state) !== 'capacity' ? 'Requests'
        : isOn(state) ? 'Requests of this trial' : 'Requests of the last trial');
    showRows('requests', state.requests.map(row => ({list: requestCells(column(row))}))
        .concat({list: requestCells(total), isTotal: true}));
}

function showFailures(list) {
    by('failures-section').hidden = list.length === 0;
    showRows('failures', list.map(one => ({texts: [3],
        list: [titleOf(one) || 'any', count(one.count), timeOf(one.last_ms), one.text]})));
}

function showExceptions(list) {
    const box = by('exceptions');
    by('exceptions-section').hidden = list.length === 0;
    while (box.children.length > list.length) {
        box.lastElementChild.remove();
    }
    list.forEach((one, i) => {
        let item = box.children[i];
        if (!item) {
            item = make('li', box);
            const details = make('details', item);
            make('summary', details);
            make('pre', details);
        }
        setText(item.querySelector('summary'), `${count(one.count)} × ${one.message || 'other errors'}`);
        setText(item.querySelector('pre'), one.traceback || '');
    });
}

// Also before the first test, as the log.
function showWorkers(list) {
    by('workers-section').hidden = list.length === 0;
    showRows('workers', list.map(one => ({texts: [0, 1],
        list: [String(one.id), String(one.state), count(one.threads), orDash(one.cpu_percent, share), orDash(one.users, count)]})));
}

function showLog(list) {
    by('log-section').hidden = list.length === 0;
    showRows('log', [...list].reverse().map(line => ({texts: [1], list: [timeOf(line.ms), line.text]})));
}

function show(state) {
    showRequests(state);
    showFailures(state.failures);
    showExceptions(state.exceptions);
}

return {show, showWorkers, showLog};

})();
