// serve_words.js - texts and formats of the page, and functions that its parts share. Comes after
// chart.js and serve_charts.js, whose number formats it uses.
//
// The page's parts are functions with private state:
//
//     serve_numbers.js    numbers.show(state, points)     verdicts and the large figures
//     serve_tables.js     tables.show(state)
//     serve_search.js     search.show(state)              a capacity search
//     serve_form.js       form.show(state)                starts and changes tests
//     serve_runs.js       kept.show(state)                earlier tests
//     serve.js            polls the state once per second, and shows it
//
// `state` is described in loadgen/web/page/view.h. An absent key counts as unknown, so that an open
// page keeps working when its server is replaced.
'use strict';

const by = id => document.getElementById(id);

function setText(element, text) {
    if (element.textContent !== text) {
        element.textContent = text;
    }
}

const say = (id, text) => setText(by(id), text);

// Disables a button, which keeps the focus, unlike with `disabled`.
function setOff(button, off) {
    button.setAttribute('aria-disabled', off ? 'true' : 'false');
}

const isOff = button => button.getAttribute('aria-disabled') === 'true';

// Short enough for a tile.
const short = ms => (ms >= 1000 ? digits(ms / 1000, 3) + ' s'
    : ms >= 1 || ms === 0 ? digits(ms, 3) + ' ms' : digits(ms * 1000, 3) + ' µs');
const isKnown = value => value !== null && value !== undefined;
const orDash = (value, word) => (isKnown(value) ? word(value) : '–');
const withStop = text => text + (/[.!?]$/.test(text) ? '' : '.');
const sentence = text => withStop(text.replace(/^./, first => first.toUpperCase()));
const plural = (n, one, many) => `${count(n)} ${n === 1 ? one : many}`;

// ---- a state ----

const isOn = state => ['spawning', 'running', 'stopping'].includes(state.state);
const kindsOf = state => state.kinds || ['users'];
// Of the running or the last test.
const kindOf = state => state.kind || (state.order && state.order.kind) || kindsOf(state)[0];
// Does the server run a scenario?
const hasUsers = state => kindsOf(state).includes('users');
const trialsOf = state => (state.search && state.search.trials) || [];

// Schedules that change the rate, by the fields that say them; and one of them in words, or null.
const COURSES = ['ramp', 'sine', 'stages'];
const courseOf = order => COURSES.find(name => isKnown(order[name])) || null;
const courseWords = order => (courseOf(order) ? `${courseOf(order)} ${order[courseOf(order)]}` : null);

const STATES = {ready: 'Ready', spawning: 'Starting users', running: 'Running', stopping: 'Stopping',
    stopped: 'Stopped', failed: 'The test has failed', lost: 'No connection', locked: 'A token is needed'};

const PHASES = {'warming up': 'Warming up', searching: 'Searching', verifying: 'Verifying'};

// The state in a word or two: [name, words].
function stateWords(state) {
    const name = state.state === 'stopped' && state.problem ? 'failed' : state.state;
    const phase = name === 'running' && kindOf(state) === 'capacity' && state.search
        ? PHASES[state.search.phase] : null;
    const result = name === 'stopped' && kindOf(state) === 'capacity' && state.search ? state.search.result : null;
    return [name, phase || (result && isKnown(result.capacity) ? 'Finished' : STATES[name])];
}

// ---- tables ----

// Shows rows {list: texts, texts: which cells are prose, kinds: classes of cells, isTotal}. Cells are
// changed in place, so that a selection stays.
function showRows(id, rows) {
    const body = by(id).tBodies[0];
    while (body.rows.length > rows.length) {
        body.deleteRow(-1);
    }
    rows.forEach((cells, i) => {
        const row = body.rows[i] || make('tr', body);
        row.className = cells.isTotal ? 'total' : '';
        cells.list.forEach((text, k) => {
            let cell = row.cells[k];
            if (!cell) {
                cell = make(k === 0 ? 'th' : 'td', row);
                if (k === 0) {
                    cell.scope = 'row';
                }
            }
            cell.className = cells.texts && cells.texts.includes(k) ? 'text' : (cells.kinds && cells.kinds[k]) || '';
            setText(cell, text);
        });
    });
}

// ---- requests to the server ----

// {field, text}: the error of the API, or the text of any other answer.
async function readRefusal(answer) {
    const text = (await answer.text()).trim();
    const isJson = (answer.headers.get('Content-Type') || '').startsWith('application/json');
    return (isJson && JSON.parse(text).error) || {field: null, text: text || `status ${answer.status}`};
}

// Sends a form. Fails with the reason if it is refused.
async function send(path, fields) {
    const answer = await fetch(path, {method: 'POST', body: new URLSearchParams(fields)});
    if (!answer.ok) {
        throw new Error((await readRefusal(answer)).text);
    }
    return answer;
}

// Sends JSON. Returns {field, text} if it is refused, or else null.
async function call(method, path, body) {
    const answer = await fetch(path, body === undefined ? {method}
        : {method, headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
    return answer.ok ? null : readRefusal(answer);
}

// Reads JSON. Fails with the reason if there is none.
async function fetchJson(path) {
    const answer = await fetch(path);
    if (!answer.ok) {
        throw new Error((await readRefusal(answer)).text);
    }
    return answer.json();
}
