// serve.js - polls the state of the server once per second, and shows it with the other parts of the
// page, which serve_words.js lists.
//
// Texts of the server are never read as HTML. All URLs are relative to the page. With an element
// #data, whose text is the state as JSON, the page is a report, and sends no requests.
'use strict';
(function () {

const POLL_MS = 1000;
const PATIENCE_MS = 10000; // for an answer

const live = makeLive();
const points = [];
let known = {generation: 0, width: 0};
let state = null; // the last one; null: none yet
let timer = 0;
let isLocked = false; // until a token is entered
let complaint = ''; // of the last click

// ---- state ----

function showState(name, text) {
    by('state').dataset.state = name;
    say('state', text);
    document.title = `${text} – loadgen`;
}

function detailWords() {
    const {order} = state;
    const kind = kindOf(state);
    const last = points[points.length - 1];
    if (state.state === 'ready') {
        return ['No test has been started yet.'];
    }
    const elapsed = last ? clock(last.first + last.seconds) : '0:00';
    const parts = [order.run_time_s ? `${elapsed} of ${clock(order.run_time_s)}` : elapsed];
    if (kind === 'users' && isOn(state)) {
        parts.push(order.users ? `${count(state.users)} of ${plural(order.users, 'user', 'users')}`
            : plural(state.users, 'user', 'users'));
    } else if (kind === 'capacity') {
        parts.push(plural(trialsOf(state).length, 'trial', 'trials'));
    } else if (kind === 'rate' && courseWords(order)) {
        parts.push(courseWords(order));
    }
    return order.host ? parts.concat(order.host) : parts;
}

function showDetail() {
    say('detail', detailWords().join(' · '));
    const trouble = complaint || state.problem || '';
    by('trouble').hidden = !trouble;
    say('trouble', trouble);
}

// ---- history ----

function takeHistory() {
    const {history, generation} = state;
    if (generation !== known.generation) {
        live.clear();
        search.clear();
    }
    points.length = history.from;
    for (const values of history.points) {
        points.push(Object.fromEntries(history.columns.map((name, i) => [name, values[i]])));
    }
    known = {generation, width: history.width};
}

function showCharts() {
    const {width} = state.history;
    say('users-title', hasUsers(state) ? 'Users and requests in flight' : 'Requests in flight');
    live.show(points, state);
    say('thinned', width > 1 ? `Each point covers ${width} seconds; its percentiles are of all its requests.` : '');
}

// ---- buttons ----

async function act(button, path) {
    if (isOff(button)) {
        return;
    }
    setOff(button, true);
    complaint = '';
    try {
        const answering = send(path, {});
        pollNow();
        await answering;
    } catch (error) {
        complaint = `${button.textContent}: ${error.message}`;
    }
    setOff(button, false);
    pollNow();
}

async function logIn(event) {
    event.preventDefault();
    try {
        await send('login', {token: by('token').value});
        by('token').value = '';
        form.setError(by('token'), '');
        isLocked = false;
    } catch (error) {
        form.setError(by('token'), error.message);
        by('token').focus();
        return;
    }
    pollNow();
}

// ---- the loop ----

function showNumbers() {
    const isReady = state.state === 'ready';
    by('numbers').hidden = isReady;
    if (!isReady) {
        search.show(state);
        numbers.show(state, points);
        tables.show(state);
        showCharts();
    }
}

function show(next) {
    state = next;
    takeHistory();
    say('version', state.version);
    by('login').hidden = true;
    showState(...stateWords(state));
    showDetail();
    showNumbers();
    tables.showWorkers(state.workers || []);
    tables.showLog(state.log || []);
}

// A search has no reset: its numbers are those of one trial.
function showLive(next) {
    show(next);
    form.show(state);
    kept.show(state);
    by('reset').hidden = state.state === 'ready' || kindOf(state) === 'capacity';
}

function showLost() {
    showState('lost', STATES.lost);
    say('detail', 'The server does not answer. This page retries every second'
        + (state && state.state !== 'ready' ? '; the numbers below are the last ones received.' : '.'));
    setOff(by('stop'), true);
}

function askForToken() {
    isLocked = true;
    showState('locked', STATES.locked);
    say('detail', '');
    by('login').hidden = false;
    ['order', 'numbers', 'kept', 'log-section'].forEach(id => { by(id).hidden = true; });
}

// The answer of the server; null: there is none.
async function ask() {
    const from = Math.max(0, points.length - 1);
    const query = `generation=${known.generation}&width=${known.width}&from=${from}`;
    try {
        const answer = await fetch(`page/state?${query}`, {signal: AbortSignal.timeout(PATIENCE_MS)});
        return {status: answer.status, state: answer.ok ? await answer.json() : null};
    } catch {
        return null;
    }
}

async function poll() {
    clearTimeout(timer);
    const answer = await ask();
    if (answer && answer.state) {
        showLive(answer.state);
    } else if (answer && answer.status === 401) {
        askForToken();
    } else {
        showLost();
    }
}

// One request at a time.
let asking = null;
let isAgain = false;
function pollNow() {
    if (asking) {
        isAgain = true;
        return;
    }
    asking = poll().finally(() => {
        asking = null;
        if (!isLocked) {
            timer = setTimeout(pollNow, isAgain ? 0 : POLL_MS);
        }
        isAgain = false;
    });
}

function goLive() {
    form.onSent(pollNow);
    by('login').addEventListener('submit', logIn);
    by('stop').addEventListener('click', event => act(event.target, 'stop'));
    by('reset').addEventListener('click', event => act(event.target, 'stats/reset'));
    pollNow();
}

function showReport(data) {
    by('downloads').hidden = true;
    show(JSON.parse(data.textContent));
}

if (by('data')) {
    showReport(by('data'));
} else {
    goLive();
}

})();
