// Reads an HdrHistogram log with the npm package hdr-histogram-js, and prints what it found as JSON:
// {tag: {start, end (ms since 1970), count, min, max, mean, percentiles: {"50": ns, ...}}}.
//
//     node tests/npm/read_hdr_log.js FOLDER_OF_NODE_MODULES < FILE
"use strict";
const path = require("path");
const hdr = require(path.join(path.resolve(process.argv[2]), "hdr-histogram-js"));

const reader = new hdr.HistogramLogReader(require("fs").readFileSync(0, "utf8"));
const found = {};
for (let h = reader.nextIntervalHistogram(); h; h = reader.nextIntervalHistogram()) {
    const percentiles = {};
    for (const p of [50, 90, 95, 99]) {
        percentiles[p] = h.getValueAtPercentile(p);
    }
    found[h.tag] = {
        start: h.startTimeStampMsec,
        end: h.endTimeStampMsec,
        count: h.totalCount,
        min: h.minNonZeroValue,
        max: h.maxValue,
        mean: h.mean,
        percentiles,
    };
}
console.log(JSON.stringify(found));
