/*
 * assets - the files of the pages, embedded in the program as strings (assets.S).
 *
 * dygraphs (dygraphs.com, MIT license) is taken from Debian's libjs-dygraphs at build time.
 */
#ifndef LOADGEN_PLOT_ASSETS_ASSETS_H
#define LOADGEN_PLOT_ASSETS_ASSETS_H

extern const char asset_head_html[];
extern const char asset_foot_html[];
extern const char asset_page_html[];
extern const char asset_page_css[];
extern const char asset_chart_js[];
extern const char asset_page_js[];
extern const char asset_capacity_html[];
extern const char asset_capacity_js[];
extern const char asset_dygraph_css[];
extern const char asset_dygraph_js[];

#endif
