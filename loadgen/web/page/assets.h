/*
 * assets - the files of the page, embedded in the program as strings (assets.S).
 *
 *     serve.html         the elements of the page; without JavaScript, only a notice is shown
 *     serve.css          its layout; colors and elements are those of loadgen/plot/assets/page.css
 *     serve_charts.js    live charts, with loadgen/plot/assets/chart.js
 *     serve_*.js         the parts of the page, listed in serve_words.js
 *     serve.js           polls the state once per second; comes after the parts
 *     report.js          turns the page into a report (report.h); comes last
 *     serve.svg          the icon
 *
 * If the page has an element #data, which contains the state (view.h) as JSON, it is a report: it
 * shows this state and sends no requests.
 */
#ifndef LOADGEN_WEB_PAGE_ASSETS_H
#define LOADGEN_WEB_PAGE_ASSETS_H

extern const char asset_serve_html[];
extern const char asset_serve_css[];
extern const char asset_serve_charts_js[];
extern const char asset_serve_words_js[];
extern const char asset_serve_numbers_js[];
extern const char asset_serve_tables_js[];
extern const char asset_serve_search_js[];
extern const char asset_serve_form_js[];
extern const char asset_serve_runs_js[];
extern const char asset_serve_js[];
extern const char asset_report_js[];
extern const char asset_serve_svg[];

/* The scripts of the page in their order, without those of loadgen/plot/assets. */
#define ASSET_SERVE_PARTS                                                                          \
    asset_serve_words_js, asset_serve_numbers_js, asset_serve_tables_js, asset_serve_search_js,    \
        asset_serve_form_js, asset_serve_runs_js, asset_serve_js

#endif
