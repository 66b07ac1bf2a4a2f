// serve_numbers.js - the verdicts in words, and the large figures (serve_words.js).
'use strict';

const numbers = (function () {

const SAYINGS = {
    unknown: 'It is not known yet whether the generator is the limit',
    clean: 'The generator keeps up: times and errors are the target\u2019s',
    disturbed: 'The generator disturbs the measurement: part of these times is its own',
    limit: 'The generator is the limit, not the target',
};
const TARGET_LIMIT = 'The target is the limit: it has reached its CPU limit';
const BUSY = 0.8; // of its CPU, as loadgen/verdict/generator.h

let state = null;
let points = [];

// The points of the last ten seconds, or the last point.
function recentPoints() {
    const last = points[points.length - 1];
    const end = last ? last.first + last.seconds : 0;
    return points.filter(point => point === last || point.first >= end - 10);
}

const sum = (list, name) => list.reduce((total, point) => total + (point[name] || 0), 0);
const most = (list, name) => list.reduce((value, point) => Math.max(value, point[name] || 0), 0);

// CPU as a share of the limit, from 0 to 1. Points without the number are left out.
function cpuShare(list, name, limit) {
    const known = list.filter(point => isKnown(point[name]));
    const seconds = sum(known, 'seconds');
    return limit > 0 && seconds > 0 ? sum(known, name) / 1000 / seconds / limit : null;
}

// What counts now: the last ten seconds, or the whole test.
const current = () => (isOn(state) && state.recent ? state.recent : state.total);

function failedShare() {
    const {rate: all, failure_rate: failed} = current();
    return all > 0 ? failed / all : 0;
}

function failureWords() {
    const part = failedShare();
    return part > 0.999 ? 'All requests fail. ' : part > 0.5 ? 'Most requests fail. ' : '';
}

// ---- verdicts ----

// On the last ten seconds if they are known, or on the whole test.
function generatorNow() {
    const {generator} = state;
    return (isOn(state) && generator && generator.recent) || generator;
}

const isTargetLimit = () => !!state.target && state.target.class === 'limit';

function showGenerator() {
    const {generator} = state;
    const now = generatorNow();
    const part = isOn(state) ? cpuShare(recentPoints(), 'cpu_ms', state.cpu_limit) : null;
    const name = !now ? 'unknown' : part !== null && part > BUSY ? 'limit' : now.class;
    by('verdict').className = 'verdict ' + name;
    say('say', `${failureWords()}${name === 'clean' && isTargetLimit() ? TARGET_LIMIT : SAYINGS[name]}.`);
    say('why', !now ? '' : now === generator ? now.text : `Last 10 seconds: ${now.text}`);
    say('since', now && now !== generator ? `Since the start: ${generator.text}` : '');
    say('of-target', (state.target && state.target.text) || '');
}

// What the server says of each criterion of the SLO while the test runs; at the end, it gives a verdict.
const findings = () => state.slo_now || [];

const VALUES = {ns: value => latency(value / 1e6), percent: share, per_second: rate};

function findingWords({criterion, held, value, unit, why}) {
    return held === null ? `${criterion} is ${why}`
        : `${criterion} is ${held ? 'met' : 'missed'} (${isKnown(value) ? VALUES[unit](value) : why})`;
}

function objectiveWords() {
    if (!state.slo || kindOf(state) === 'capacity') {
        return '';
    }
    if (!isOn(state) && state.verdict) {
        return sentence(state.verdict.text);
    }
    const parts = findings().map(findingWords);
    return `SLO ${state.slo}.${parts.length > 0 ? ` So far, ${parts.join('; ')}.` : ''}`;
}

function showObjective() {
    const isMissed = isOn(state) ? findings().some(one => one.held === false)
        : !!state.verdict && state.verdict.met === false;
    say('objective', objectiveWords());
    by('objective').classList.toggle('bad', isMissed);
}

// ---- figures ----

// A figure: large, what counts now; small, since the start.
function figure(id, now, all, isBad) {
    say(id + '-now', now);
    say(id + '-all', all);
    by(id + '-now').classList.toggle('bad', !!isBad);
}

// "200/s scheduled"; after a change, also the rate now, because the mean lags by up to ten seconds.
function askedWords(mean) {
    const now = isOn(state) ? state.asked : null;
    if (mean === null) {
        return isKnown(now) ? `${rate(now)} scheduled` : '';
    }
    const hasChanged = isKnown(now) && Math.abs(now - mean) > 0.05 * Math.max(now, mean);
    return `${rate(mean)} scheduled${hasChanged ? `, now ${rate(now)}` : ''}`;
}

function showRate(recent) {
    const seconds = sum(recent, 'seconds');
    const mean = name => (seconds > 0 ? sum(recent, name) / seconds : null);
    figure('rate', orDash(mean('started'), rate) + ' sent', askedWords(mean('intended')));
}

function showTimes(whole) {
    const now = current();
    for (const name of ['p50', 'p95', 'p99', 'max']) {
        const isMissed = findings().some(one => one.held === false && one.criterion.split(/[<= ]/)[0] === name);
        figure(name, orDash(now[name], short), whole(orDash(state.total[name], short)), isMissed);
    }
}

function showLoad(recent, whole) {
    const on = isOn(state);
    by('users-figure').hidden = !hasUsers(state);
    figure('users', count(on ? state.users : most(points, 'users')),
        on && state.order.users ? `of ${count(state.order.users)}` : on ? '' : 'peak');
    figure('flight', recent.length ? count(most(recent, 'in_flight')) : '–',
        on ? `peak ${count(most(points, 'in_flight'))}` : 'peak');
    const part = value => share(100 * value);
    const cpu = cpuShare(recent, 'cpu_ms', state.cpu_limit);
    figure('cpu', orDash(cpu, part), whole(orDash(cpuShare(points, 'cpu_ms', state.cpu_limit), part)), cpu > BUSY);
    figure('lag', orDash(recent.length ? most(recent, 'lag_p99') : null, short),
        whole(points.length ? short(most(points, 'lag_p99')) : ''));
}

// A target without a limit is shown in CPUs, throttling as a part of each pod's time.
function showTarget() {
    const target = state.target || {};
    by('target-figure').hidden = !isKnown(target.cpu);
    figure('target', orDash(target.cpu, value => (target.cpu_limit > 0 ? share(100 * value / target.cpu_limit)
        : `${digits(value, 3)} CPUs`)),
        target.throttled > 0 ? `throttled ${share(100 * target.throttled / Math.max(1, target.pods))}` : '', isTargetLimit());
}

function showFigures() {
    const on = isOn(state);
    const recent = on ? recentPoints() : points;
    const whole = text => (on ? text : '');
    const {total} = state;
    const part = 100 * failedShare();
    showRate(recent);
    figure('errors', share(part), `${count(total.failures)} of ${count(total.requests)}`, part > 0);
    showTimes(whole);
    showLoad(recent, whole);
    showTarget();
    const start = kindOf(state) === 'capacity' ? 'since the trial began' : 'since the start or the last reset';
    say('period', (on ? `Large: the last 10 seconds. Small: ${start}.`
        : 'The whole test, or the part since the last reset.')
        + ' Generator lag: the p99 of the worst second.');
}

// After a search, these numbers are only those of the last trial, so only its result is shown.
function show(next, course) {
    state = next;
    points = course;
    const isOver = kindOf(state) === 'capacity' && !isOn(state);
    for (const id of ['verdict', 'figures', 'period']) {
        by(id).hidden = isOver;
    }
    if (!isOver) {
        showGenerator();
        showObjective();
        showFigures();
    }
}

return {show};

})();
