// serve_form.js - the form that starts a test, or changes the running one (serve_words.js).
//
// It asks /api/v1/runs: unlike Locust's /swarm, a start never changes a test that somebody else has started, and
// a change never starts one when the test has just ended. A refusal is shown at the field that it names.
'use strict';

const form = (function () {

// The fields of each kind, and those that can be changed during a test.
const FIELDS = {
    users: ['user_count', 'spawn_rate', 'host', 'run_time'],
    rate: ['rate', 'ramp', 'sine', 'stages', 'arrival', 'duration'],
    capacity: ['users', 'host', 'min_rate', 'max_rate', 'quick'],
};
const CHANGED = {users: ['user_count', 'spawn_rate'], rate: ['rate'], capacity: []};
const CHANGE_TITLES = {users: 'Change the users', rate: 'Change the rate', capacity: ''};
const NUMBERS = ['user_count', 'spawn_rate', 'users', 'rate', 'min_rate', 'max_rate'];
const ARGUMENT = 'arguments.'; // begins the name of a field for an argument of the scenario
const MASK = '***'; // what the server shows instead of a secret

let state = null; // the last one
let wasOn = null; // when the form was shown the last time
let argued = ''; // the arguments for which there are fields
let whenSent = () => {};

const field = name => by('start').elements.namedItem(name);
const declared = () => state.arguments || [];
const argumentNames = () => declared().map(one => ARGUMENT + one.name);
const namesOf = kind => FIELDS[kind].concat(kind === 'rate' ? [] : argumentNames());
const allNames = () => [...new Set(Object.keys(FIELDS).flatMap(namesOf))];
const orderName = name => (name === 'user_count' ? 'users' : name.replace(ARGUMENT, ''));
const isHidden = name => !!field(name).closest('[hidden]');

// ---- errors ----

function setError(input, text) {
    say(input.id + '-error', text);
    if (text) {
        input.setAttribute('aria-invalid', 'true');
    } else {
        input.removeAttribute('aria-invalid');
    }
}

function clearErrors() {
    allNames().forEach(name => setError(field(name), ''));
    say('start-error', '');
}

// An id is no field: the test has ended.
function showError({field: name, text}) {
    const own = name === 'users' && kindNow() === 'users' ? 'user_count' : name;
    const input = allNames().includes(own) ? field(own) : null;
    if (!input || input.closest('[hidden]')) {
        say('start-error', name && name !== 'id' ? `${name}: ${text}` : text.replace(/^./, first => first.toUpperCase()));
        return;
    }
    setError(input, text.replace(/^./, first => first.toUpperCase()));
    input.focus();
}

// ---- sending ----

// A number if it is one. The server refuses anything else.
const asNumber = text => (Number.isFinite(Number(text)) ? Number(text) : text);

// What the server does anyway is left out. As in Locust, a run time may be a number of seconds.
function valueOf(name) {
    const input = field(name);
    const typed = input.value.trim();
    const text = name === 'run_time' && /^\d+$/.test(typed) ? typed + 's' : typed;
    return input.type === 'checkbox' ? input.checked
        : text === '' || (name === 'arrival' && text === (state.arrival || 'constant')) ? undefined
            : NUMBERS.includes(name) ? asNumber(text) : text;
}

// Fields that are empty are left out, and those that are not shown.
function read(names) {
    const shown = names.filter(name => !isHidden(name));
    const [given, own] = [true, false].map(isArgument => Object.fromEntries(shown
        .filter(name => name.startsWith(ARGUMENT) === isArgument)
        .map(name => [orderName(name), valueOf(name)])));
    return Object.values(given).some(isKnown) ? Object.assign(own, {arguments: given}) : own;
}

function order(kind, on) {
    return on ? call('POST', `api/v1/runs/${state.generation}/change`, read(CHANGED[kind]))
        : call('POST', 'api/v1/runs', Object.assign({kind}, read(namesOf(kind))));
}

async function submit(event) {
    event.preventDefault();
    if (isOff(by('go'))) {
        return;
    }
    const on = isOn(state);
    clearErrors();
    setOff(by('go'), true);
    try {
        const refusal = await order(kindNow(), on);
        if (refusal) {
            showError(refusal);
        }
    } catch (error) {
        say('start-error', `The test was not ${on ? 'changed' : 'started'}: ${error.message}`);
    }
    setOff(by('go'), false);
    whenSent();
}

// ---- showing ----

const chosen = () => document.querySelector('#kinds input:checked');

// Of the running test, or of the one to start.
const kindNow = () => (isOn(state) ? kindOf(state) : chosen().value);

// Shows the kinds that the server offers. The kind of the last test is chosen first.
function showKinds(isFirst) {
    const kinds = kindsOf(state);
    by('kinds').hidden = kinds.length < 2 || isOn(state);
    for (const input of document.querySelectorAll('#kinds input')) {
        input.closest('label').hidden = !kinds.includes(input.value);
    }
    if (isFirst || !chosen() || !kinds.includes(chosen().value)) {
        const kind = kinds.includes(kindOf(state)) ? kindOf(state) : kinds[0];
        document.querySelector(`#kinds input[value=${kind}]`).checked = true;
    }
}

function noteWords(kind) {
    return kind === 'capacity' ? [`SLO: ${state.slo || 'not given'}.`, hasUsers(state)
        ? 'Rates are iterations of the scenario per second.' : 'Rates are requests per second.'].join(' ')
        : kind === 'users' && state.has_shape ? 'The Shape of the scenario sets the number of users.' : '';
}

// While a test runs, its numbers come first. The focus goes from the button that was pressed to the
// next one.
function fold(on) {
    const had = document.activeElement;
    wasOn = on;
    by('stop').hidden = !on;
    by('order').open = !on;
    if (on && by('order').contains(had)) {
        by('stop').focus();
    } else if (!on && had === by('stop')) {
        document.querySelector('#order summary').focus();
    }
}

// A field for each argument that the scenario declares.
function makeArguments() {
    const now = JSON.stringify(declared());
    if (now === argued) {
        return;
    }
    argued = now;
    document.querySelectorAll('#start .argument').forEach(part => part.remove());
    for (const {name, value, help} of declared()) {
        const part = document.createElement('p');
        const id = 'argument-' + name;
        part.className = 'once scenario argument';
        part.dataset.kind = 'users capacity';
        make('label', part, name).htmlFor = id;
        const input = make('input', part);
        Object.assign(input, {id, name: ARGUMENT + name, autocomplete: 'off'});
        if (isKnown(value)) {
            input.placeholder = value;
        } else {
            input.type = 'password';
        }
        input.setAttribute('aria-describedby', `${id}-hint ${id}-error`);
        Object.assign(make('span', part, help), {id: id + '-hint', className: 'hint'});
        Object.assign(make('span', part), {id: id + '-error', className: 'error'});
        by('act').before(part);
    }
}

// Whether a part of the form is for this kind of test, and for this schedule.
function isPart({dataset, classList}, kind, on) {
    return dataset.kind.split(' ').includes(kind) && !(on && classList.contains('once'))
        && !(state.has_shape && classList.contains('crowd'))
        && !(classList.contains('scenario') && !hasUsers(state))
        && (on || !dataset.course || dataset.course.split(' ').includes(by('course').value));
}

function showFields() {
    const on = isOn(state);
    const kind = kindNow();
    const isChanged = CHANGED[kind].length > 0 && !(kind === 'users' && state.has_shape);
    by('order').hidden = on && (!isChanged || state.state === 'stopping');
    say('start-title', on ? CHANGE_TITLES[kind] : 'New test');
    say('go', on ? 'Change' : 'Start');
    for (const part of document.querySelectorAll('#start [data-kind]')) {
        part.hidden = !isPart(part, kind, on);
    }
    say('order-note', noteWords(kind));
    by('order-note').hidden = noteWords(kind) === '';
}

// Fills in the values of the last test, only once: later, somebody may be typing.
function fill() {
    const last = state.order || {};
    const time = last.run_time_s ? last.run_time_s + 's' : null;
    const kind = kindOf(state);
    const values = {user_count: last.users, spawn_rate: last.spawn_rate, host: last.host,
        run_time: kind === 'users' ? time : null, rate: last.rate, duration: kind === 'rate' ? time : null,
        ramp: last.ramp, sine: last.sine, stages: last.stages, arrival: last.arrival || state.arrival,
        users: last.users, min_rate: last.min_rate, max_rate: last.max_rate};
    for (const [name, value] of Object.entries(values)) {
        if (isKnown(value)) {
            field(name).value = value;
        }
    }
    field('quick').checked = !!last.quick;
    by('course').value = courseOf(last) || 'rate';
    for (const [name, value] of Object.entries(last.arguments || {})) {
        if (value !== MASK && argumentNames().includes(ARGUMENT + name)) {
            field(ARGUMENT + name).value = value;
        }
    }
}

function show(next) {
    const isFirst = !state;
    state = next;
    makeArguments();
    if (isFirst) {
        fill();
    }
    showKinds(isFirst);
    showFields();
    if (isOn(state) !== wasOn) {
        fold(isOn(state));
    }
    setOff(by('stop'), state.state === 'stopping');
}

by('start').addEventListener('submit', submit);
for (const id of ['kinds', 'course']) {
    by(id).addEventListener('change', () => {
        clearErrors();
        showFields();
    });
}

return {show, setError, onSent: act => { whenSent = act; }};

})();
