"""charts - what the tests of pages with charts have in common: checks, and pixels of a chart."""
import sys

# The pixels of a chart's own canvas, from a copy, as a browser warns of reading what it draws on.
COPY = '''
function pixels(chart, x, y, width, height) {
    const canvas = chart.box.querySelector('canvas');
    const copy = document.createElement('canvas');
    copy.width = canvas.width;
    copy.height = canvas.height;
    const context = copy.getContext('2d', {willReadFrequently: true});
    context.drawImage(canvas, 0, 0);
    return context.getImageData(x, y, width || copy.width, height || copy.height).data;
}
'''
# Is there anything of this colour (a variable of the page's style) within 2 pixels of a place of a
# chart? It is at least as opaque as `least`, of 255.
LOOK = COPY + '''
const [index, x, y, name, least = 60] = arguments;
const chart = window.charts[index];
const wanted = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const rgb = [1, 3, 5].map(at => parseInt(wanted.slice(at, at + 2), 16));
const [left, top] = chart.graph.toDomCoords(x, y).map(Math.round);
const data = pixels(chart, left - 2, top - 2, 5, 5);
for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > least && rgb.every((part, j) => Math.abs(part - data[i + j]) < 40)) {
        return true;
    }
}
return false;
'''
PIXELS = COPY + '''
return window.charts.filter(chart => chart.graph).map(chart => {
    const data = pixels(chart, 0, 0);
    let drawn = 0;
    for (let i = 3; i < data.length; i += 4) {
        drawn += data[i] > 0;
    }
    return drawn;
});
'''
DATA = "return JSON.parse(document.getElementById('data').textContent)"


def check(what, is_so, *seen):
    if not is_so:
        sys.exit(f'FAIL: {what}' + ''.join(f'\n  {one}' for one in seen))


def equal(what, got, expected):
    check(what, got == expected, f'got      {got}', f'expected {expected}')


def near(what, got, expected, part=0.001):
    check(what, abs(got - expected) <= part * abs(expected), f'got {got}', f'expected {expected}')


def open_page(browser, page):
    browser.open(page)
    equal('requests of the page', browser.requests(), ['file://' + page])
    equal('console', browser.problems(), [])
    pixels = browser.run(PIXELS)
    return pixels
