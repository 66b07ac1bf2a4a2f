// serve_runs.js - the tests that the server has kept: a list, files, a comparison (serve_words.js).
//
// The list is read when a test begins or ends, and after the page has changed it (docs/api.md).
'use strict';

const kept = (function () {

const BASE = 'api/v1/runs';
const NAMES = {rate: 'Requests per second', p50_ms: 'p50', p95_ms: 'p95', p99_ms: 'p99', failures: 'Failures',
    capacity: 'Capacity'};

let read = ''; // for which state the list was read
let runs = [];
let isKept = false; // or else the last test alone is known, which is shown anyway, and writes no file
let picked = []; // ids of at most two runs, to compare

const isEnded = run => !['spawning', 'running', 'stopping'].includes(run.state);
const begun = run => new Date(run.begun_ms).toLocaleString();

// ---- words ----

function orderWords({kind, order}) {
    const time = order.run_time || order.duration;
    const during = time ? ` for ${time}` : '';
    if (kind === 'users') {
        const users = isKnown(order.users) ? plural(order.users, 'user', 'users') : 'Users of a Shape';
        return `${users}${during}${order.host ? `, ${order.host}` : ''}`;
    }
    return kind === 'rate' ? `${courseWords(order) || rate(order.rate)}${during}`
        : `Capacity${order.quick ? ', quick' : ''}${order.host ? `, ${order.host}` : ''}`;
}

function summaryWords(summary) {
    const failed = summary.requests > 0 ? 100 * summary.failures / summary.requests : 0;
    return [rate(summary.rate), isKnown(summary.p99_ms) ? `p99 ${latency(summary.p99_ms)}` : null,
        `${share(failed)} errors`].filter(isKnown);
}

function searchWords({result}) {
    return result ? [isKnown(result.capacity) ? rate(result.capacity) : 'not found'] : ['not complete'];
}

function resultWords(run) {
    const parts = run.search ? searchWords(run.search) : run.summary ? summaryWords(run.summary) : [];
    const met = run.verdict ? {true: 'SLO met', false: 'SLO not met', null: 'SLO not judged'}[run.verdict.met] : null;
    return parts.concat(met || []).join(', ');
}

const endWords = run => [run.state, run.problem, run.unkept].filter(isKnown).join(': ');

// ---- the list ----

function pick(id, isPicked) {
    picked = picked.filter(one => one !== id).concat(isPicked ? id : []).slice(-2);
    for (const box of document.querySelectorAll('#runs input')) {
        box.checked = picked.includes(box.value);
    }
    setOff(by('compare'), picked.length !== 2);
}

function addBox(cell, run) {
    const box = make('input', cell);
    box.type = 'checkbox';
    box.value = run.id;
    box.checked = picked.includes(run.id);
    box.setAttribute('aria-label', `Compare the test of ${begun(run)}`);
    box.addEventListener('change', () => pick(run.id, box.checked));
}

function addActions(cell, run) {
    const box = make('div', cell);
    box.className = 'links';
    if (run.has_result) {
        const link = make('a', box, 'Result');
        link.href = `${BASE}/${run.id}/result`;
        link.download = '';
        link.setAttribute('aria-label', `Result of the test of ${begun(run)}`);
    }
    const button = make('button', box, 'Delete');
    button.type = 'button';
    button.setAttribute('aria-label', `Delete the test of ${begun(run)}`);
    button.addEventListener('click', () => remove(button, run));
    button.addEventListener('blur', () => ask(button, run, false));
}

function addRow(body, run) {
    const row = make('tr', body);
    make('th', row, begun(run)).scope = 'row';
    for (const text of [orderWords(run), endWords(run), resultWords(run)]) {
        make('td', row, text).className = 'text';
    }
    addBox(make('td', row), run);
    addActions(make('td', row), run);
}

function showList() {
    const body = by('runs').tBodies[0];
    body.textContent = '';
    runs.forEach(run => addRow(body, run));
    pick(null, false);
}

// The result of the test that is shown above. Until its end has been kept, it counts as lost: then
// the list is read again.
function showDownload({runs: list, kept: hasFolder}, state) {
    const current = list.find(run => run.id === String(state.generation));
    read = current && current.state === 'lost' ? '' : read;
    const link = by('result');
    link.parentElement.hidden = !current || !current.has_result;
    link.href = `${BASE}/${state.generation}/result`;
    by('no-result').hidden = hasFolder !== false || !current || current.has_result;
}

async function readList(state) {
    let answer = {runs: [], kept: null};
    try {
        answer = await fetchJson(BASE);
    } catch (error) {
        say('kept-error', `The list of tests cannot be read: ${error.message}`);
    }
    showDownload(answer, state);
    runs = answer.runs.filter(isEnded);
    picked = picked.filter(id => runs.some(run => run.id === id));
    isKept = answer.kept === true;
    by('kept').hidden = !isKept || runs.length === 0;
    showList();
}

// ---- deleting ----

// Asks for a second click.
function ask(button, run, isAsked) {
    button.dataset.asked = isAsked ? 'yes' : '';
    setText(button, isAsked ? 'Delete for good' : 'Delete');
    button.setAttribute('aria-label', `${button.textContent} the test of ${begun(run)}`);
}

async function remove(button, run) {
    if (!button.dataset.asked) {
        ask(button, run, true);
        return;
    }
    const refusal = await call('DELETE', `${BASE}/${run.id}`).catch(error => ({text: error.message}));
    say('kept-error', refusal ? refusal.text : '');
    read = '';
    by('runs').closest('.scroll').focus();
}

// ---- comparing ----

function valueWords(name, value) {
    return name === 'failures' ? share(100 * value) : name.endsWith('_ms') ? latency(value) : rate(value);
}

function showComparison({a, b, text, metrics, remarks}) {
    say('compared-a', `a: ${begun(a)}`);
    say('compared-b', `b: ${begun(b)}`);
    showRows('comparison', metrics.map(one => ({texts: [3], list: [NAMES[one.name] || one.name,
        valueWords(one.name, one.a), valueWords(one.name, one.b), one.text.replace(`${one.name}: `, '')]})));
    say('compared-say', [text, ...remarks].map(sentence).join(' '));
    by('compared').hidden = false;
    by('compared').focus();
}

// The older one is a.
async function compare() {
    if (isOff(by('compare'))) {
        return;
    }
    const [a, b] = runs.filter(run => picked.includes(run.id)).sort((one, other) => one.begun_ms - other.begun_ms);
    say('kept-error', '');
    try {
        showComparison(await fetchJson(`api/v1/compare?a=${a.id}&b=${b.id}`));
    } catch (error) {
        by('compared').hidden = true;
        say('kept-error', error.message);
    }
}

function show(state) {
    const now = `${state.generation} ${isOn(state)}`;
    by('kept').hidden = !isKept || runs.length === 0;
    if (now !== read) {
        read = now;
        readList(state);
    }
}

by('compare').addEventListener('click', compare);
setOff(by('compare'), true);

return {show};

})();
