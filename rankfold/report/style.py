"""How a report looks: one style sheet, light and dark, screen and paper."""

CSS = (
    """
:root{color-scheme:light dark;--bg:#fff;--fg:#1b2330;--muted:#5a6472;--rule:#d9dee5;--soft:#f4f6f9;--pick:#eaf2fb;--ink:#24507f;--warn:#8a4b00;--warnbg:#fff4e0;
--c0:#1f6fb4;--c1:#bb4f0b;--c2:#157a55;--c3:#7a45b0;--c4:#b92f49;--c5:#0b7485;--c6:#82552a;--c7:#586270}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--fg:#e4e8ee;--muted:#9aa5b4;--rule:#303945;--soft:#1a2028;--pick:#1b2b3d;--ink:#8cbcf0;--warn:#f2b765;--warnbg:#2c2416;
--c0:#6cb2f5;--c1:#f59e5b;--c2:#4cc38f;--c3:#bb9af7;--c4:#f27d92;--c5:#4fc3d4;--c6:#d0a373;--c7:#a8b1bd}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
main,header.top,footer{max-width:76rem;margin:0 auto;padding:0 1.25rem}
header.top{padding-top:2.5rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .75rem;letter-spacing:-.01em}
h2{font-size:1.45rem;line-height:1.25;margin:0 0 .35rem}
h3{font-size:1.05rem;margin:2.25rem 0 .5rem}
p{margin:.4rem 0;max-width:46rem}
section.set{border-top:1px solid var(--rule);margin-top:2.5rem;padding-top:2rem}
.about,.small,figcaption{color:var(--muted);font-size:.9rem}
.decision{background:var(--pick);border-left:4px solid var(--ink);border-radius:0 6px 6px 0;padding:.8rem 1.1rem;margin:1rem 0 1.25rem}
.decision{max-width:60rem}.decision p{max-width:none}
.decision .why{color:var(--muted)}
ul.findings{list-style:none;margin:1rem 0;padding:0;max-width:60rem}
ul.findings li{padding:.55rem .9rem;margin:.4rem 0;border-radius:6px;background:var(--soft)}
ul.findings li.warning{background:var(--warnbg)}
ul.findings strong{margin-right:.4rem}
li.warning strong{color:var(--warn)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1.5rem 2.5rem;margin:1rem 0}
figure{margin:0;min-width:0;max-width:36rem}
figure h4{font-size:.95rem;margin:0 0 .25rem}
figcaption{margin-top:.2rem}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;list-style:none;margin:.5rem 0;padding:0;font-size:.9rem}
.key{width:.9rem;height:.9rem;vertical-align:-.1rem;margin-right:.4rem}
svg.chart{display:block;width:100%;height:auto}
svg text{fill:var(--fg);font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;font-variant-numeric:tabular-nums}
svg .tick,svg .label{fill:var(--muted)}
svg .name{fill:var(--fg)}
svg .strong{font-weight:650}
svg .number{font-size:10px;fill:var(--muted)}
svg .end{text-anchor:end}
svg .middle{text-anchor:middle}
.grid{stroke:var(--rule);stroke-width:1}
.zero,.axis{stroke:var(--muted);stroke-width:1.2}
.ring{fill:none;stroke:var(--fg);stroke-width:1.8}
.line{fill:none;stroke-width:1.3;opacity:.5}
.line.front{stroke:var(--fg);stroke-dasharray:5 4;opacity:.7}
.whisker{stroke-width:1.6;opacity:.6}
.mark{stroke:var(--bg);stroke-width:.8}
.part{fill:var(--c0);stroke:var(--bg);stroke-width:.8}
.p-ids{fill:var(--c6)}.p-scales{fill:var(--c2)}.p-codebooks{fill:var(--c7)}
.mark.b-head{fill:var(--c0)}.mark.b-mid{fill:var(--c1)}.mark.b-tail{fill:var(--c2)}.mark.b-other{fill:var(--c7)}
.whisker.b-head{stroke:var(--c0)}.whisker.b-mid{stroke:var(--c1)}.whisker.b-tail{stroke:var(--c2)}.whisker.b-other{stroke:var(--c7)}
.scroll{overflow-x:auto;margin:.75rem 0;max-width:100%}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;min-width:min(100%,20rem)}
caption span{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 2.5rem)}
caption{text-align:left;color:var(--muted);padding:.2rem 0 .4rem;font-size:.875rem}
th,td{padding:.28rem .5rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
thead th{font-weight:600;color:var(--muted);vertical-align:bottom;white-space:nowrap}
thead th.group{white-space:normal;border-bottom-color:var(--muted)}
tbody th{font-weight:500;white-space:nowrap}
.n{text-align:right;white-space:nowrap}
.ci{color:var(--muted)}
td.note{min-width:12rem;color:var(--muted)}
th+th.group{padding-left:1.1rem}
.tried th,.tried td{padding-left:.38rem;padding-right:.38rem}
tr.chosen>*{background:var(--pick)}
.taken,.tag{font-size:.78rem;font-weight:600}
.taken{color:var(--ink);margin-left:.3rem}
.lists{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:.5rem 2.5rem}
.lists .scroll{max-width:42rem}
.neighbours{width:100%;table-layout:fixed;min-width:0}
.neighbours caption{color:var(--fg);font-weight:600}
.neighbours th:first-child{width:2.4rem;color:var(--muted)}
.neighbours td{line-height:1.35}
.was{color:var(--muted);text-decoration:line-through}
.was .tag{display:inline-block;text-decoration:none;margin-left:.3rem}
.is-new{font-weight:600}
.tag.new{color:var(--c2)}.tag.gone{color:var(--c4)}.tag.moved{color:var(--muted)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;font-size:.9rem;margin:.75rem 0}
dt{color:var(--muted)}dd{margin:0;min-width:0}
pre{background:var(--soft);border-radius:6px;padding:.8rem 1rem;overflow-x:auto;font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
footer{margin-top:2.5rem;padding-top:1.5rem;padding-bottom:3rem}
footer>div{border-top:1px solid var(--rule);padding-top:1.5rem}
"""
    + "".join(f".mark.c{number}{{fill:var(--c{number})}}.line.c{number},.whisker.c{number}{{stroke:var(--c{number})}}\n" for number in range(8))
    + """
@media(max-width:40rem){body{font-size:15px}main,header.top,footer{padding-left:1rem;padding-right:1rem}header.top{padding-top:1.5rem}h1{font-size:1.5rem}
dl{grid-template-columns:1fr}dt{margin-top:.4rem}
svg text{font-size:15px}svg .number{font-size:12px}
tbody th,thead tr:first-child th:first-child{position:sticky;left:0;background:var(--bg);white-space:normal;min-width:8rem;max-width:9.5rem}
.neighbours tbody th{min-width:0}tr.chosen th{background:var(--pick)}}
@media print{:root{color-scheme:light;--bg:#fff;--fg:#000;--muted:#444;--rule:#bbb;--soft:#fff;--pick:#fff;--ink:#000;--warn:#000;--warnbg:#fff;
--c0:#1f6fb4;--c1:#bb4f0b;--c2:#157a55;--c3:#7a45b0;--c4:#b92f49;--c5:#0b7485;--c6:#82552a;--c7:#586270}
body{font-size:10pt}.scroll{overflow:visible}table{font-size:7.5pt}th,td{padding:.15rem .3rem}.ci{color:var(--muted)}
td.note{min-width:0}
figure,.lists .scroll,tr,.decision{break-inside:avoid}h2,h3,h4,caption,.small,.legend{break-after:avoid}
main,header.top,footer{max-width:none;padding:0}@page{margin:14mm}}
"""
)
