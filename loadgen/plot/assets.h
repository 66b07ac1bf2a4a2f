/*
 * assets - the files that the page is made of, as text in the program (assets.S).
 *
 * dygraphs (dygraphs.com, MIT licence) comes from Debian's libjs-dygraphs when the program is
 * built.
 */
#ifndef LOADGEN_PLOT_ASSETS_H
#define LOADGEN_PLOT_ASSETS_H

extern const char asset_page_html[];
extern const char asset_page_css[];
extern const char asset_chart_js[];
extern const char asset_page_js[];
extern const char asset_dygraph_css[];
extern const char asset_dygraph_js[];

#endif
