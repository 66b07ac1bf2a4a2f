/* The files of the page that are not those of loadgen/plot/assets, each with a 0 behind it (assets.h). */
.macro asset name, file
        .global \name
\name:
        .incbin "\file"
        .byte 0
        .size \name, . - \name
        .type \name, %object
.endm

        .section .rodata
        asset asset_serve_html, "loadgen/web/page/serve.html"
        asset asset_serve_css, "loadgen/web/page/serve.css"
        asset asset_serve_words_js, "loadgen/web/page/serve_words.js"
        asset asset_serve_numbers_js, "loadgen/web/page/serve_numbers.js"
        asset asset_serve_tables_js, "loadgen/web/page/serve_tables.js"
        asset asset_serve_search_js, "loadgen/web/page/serve_search.js"
        asset asset_serve_form_js, "loadgen/web/page/serve_form.js"
        asset asset_serve_runs_js, "loadgen/web/page/serve_runs.js"
        asset asset_serve_js, "loadgen/web/page/serve.js"
        asset asset_serve_charts_js, "loadgen/web/page/serve_charts.js"
        asset asset_report_js, "loadgen/web/page/report.js"
        asset asset_serve_svg, "loadgen/web/page/serve.svg"

        .section .note.GNU-stack, "", %progbits
