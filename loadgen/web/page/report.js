// report.js - turns the page into a report of a test. Comes after all other scripts of the page, which
// have already shown the state in #data.
//
// Removes what needs a server: forms, buttons, downloads. Adds what a report needs: when the test
// began, how long it took, and when the report was made.
'use strict';
(function () {

const state = JSON.parse(document.getElementById('data').textContent);
const {columns, points} = state.history;
const heading = document.getElementById('state');
const wasOn = state.report.state !== state.state;

function moment(ms) {
    return new Date(ms).toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

function seconds() {
    const last = points[points.length - 1];
    return last ? last[columns.indexOf('first')] + last[columns.indexOf('seconds')] : 0;
}

// [name, text] pairs. Those without a text are skipped.
function facts() {
    const {order} = state;
    const users = order.users === null ? 'set by the scenario' : `${order.users}, ${order.spawn_rate} started per second`;
    return [
        ['Started', state.begun_ms && moment(state.begun_ms)],
        ['Duration', state.begun_ms && clock(seconds()) + (wasOn ? ' until this report was made' : '')],
        ['Users', (state.kind || 'users') === 'users' && state.begun_ms && users],
        ['Rate', courseWords(order) || (order.rate && `${order.rate} requests per second`)],
        ['SLO', state.slo],
        ['Verdict', state.verdict && state.verdict.text],
        ['Host', order.host],
        ['Generator', `Headroom loadgen ${state.version}`],
    ];
}

function addFacts() {
    const section = make('section', document.querySelector('main'));
    const title = make('h2', section, 'This test');
    const list = make('dl', section);
    title.id = 'facts-title';
    section.setAttribute('aria-labelledby', title.id);
    list.className = 'facts';
    for (const [name, text] of facts().filter(([, text]) => text)) {
        const line = make('div', list);
        make('dt', line, name);
        make('dd', line, text);
    }
}

function addDate(text) {
    const line = document.createElement('p');
    line.className = 'kicker';
    line.textContent = `Report of ${text}`;
    document.querySelector('header').prepend(line);
}

document.querySelectorAll('form, .panel, .buttons, #kept, [aria-labelledby=downloads-title], noscript')
    .forEach(element => element.remove());
if (wasOn) {
    heading.textContent = 'Running when this report was made';
}
heading.removeAttribute('aria-live');
document.title = `loadgen report, ${moment(state.report.made_ms)}`;
addDate(moment(state.report.made_ms));
addFacts();

})();
