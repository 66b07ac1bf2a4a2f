/* What the pages are made of, each file as it is, with a 0 behind it (assets.h). */
.macro asset name, file
        .global \name
\name:
        .incbin "\file"
        .byte 0
        .size \name, . - \name
        .type \name, %object
.endm

        .section .rodata
        asset asset_head_html, "loadgen/plot/assets/head.html"
        asset asset_foot_html, "loadgen/plot/assets/foot.html"
        asset asset_page_html, "loadgen/plot/assets/page.html"
        asset asset_page_css, "loadgen/plot/assets/page.css"
        asset asset_chart_js, "loadgen/plot/assets/chart.js"
        asset asset_page_js, "loadgen/plot/assets/page.js"
        asset asset_capacity_html, "loadgen/plot/assets/capacity.html"
        asset asset_capacity_js, "loadgen/plot/assets/capacity.js"
        asset asset_dygraph_css, "/usr/share/javascript/dygraphs/dygraph.min.css"
        asset asset_dygraph_js, "/usr/share/javascript/dygraphs/dygraph.min.js"

        .section .note.GNU-stack, "", %progbits
