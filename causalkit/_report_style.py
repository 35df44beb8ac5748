"""How a report looks: on a desk, on a phone, in the dark and on paper."""

from __future__ import annotations

from typing import Final

from causalkit.results._html import STYLE as RESULT_STYLE

_PAGE: Final = """
:root{
  color-scheme:light dark;
  --ink:#1c2024;--soft:#5b6570;--faint:#e3e6ea;--paper:#fff;--panel:#f6f7f9;--accent:#0072b2;
  --bad:#b64a00;--bad-panel:#fdf1e9;--care:#8a5f00;--care-panel:#fdf6e3;--good:#00704f;--good-panel:#edf7f3
}
@media (prefers-color-scheme:dark){:root{
  --ink:#e8eaed;--soft:#a3acb6;--faint:#353b42;--paper:#15181b;--panel:#1e2226;--accent:#56b4e9;
  --bad:#ff9d5c;--bad-panel:#33231a;--care:#f0c04a;--care-panel:#302917;--good:#4fd1a5;--good-panel:#16302a
}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{
  margin:0;background:var(--paper);color:var(--ink);line-height:1.55;
  font:400 1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",
    "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",Arial,sans-serif
}
main{max-width:46rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1,h2,h3,p,li,dd,figcaption{overflow-wrap:anywhere}
td,th{overflow-wrap:break-word}
.eyebrow{font-size:.8rem;letter-spacing:.08em;text-transform:uppercase;color:var(--soft);margin:0 0 .6rem}
h1{font-size:clamp(1.45rem,1.1rem + 1.8vw,2.1rem);line-height:1.2;margin:0 0 1.5rem;font-weight:700;text-wrap:balance}
h2{font-size:1.2rem;line-height:1.3;margin:2.8rem 0 .8rem;padding-top:1.1rem;border-top:1px solid var(--faint)}
h3{font-size:1rem;margin:1.6rem 0 .5rem}
p{margin:.6rem 0}
.answer{font-size:clamp(1.08rem,1rem + .5vw,1.3rem);line-height:1.4;margin:0 0 1.1rem;font-weight:500}
.banner{border-left:4px solid;border-radius:0 6px 6px 0;padding:.7rem 1rem;margin:1rem 0;font-weight:500}
.banner.violated{border-color:var(--bad);background:var(--bad-panel);color:var(--bad)}
.banner.questionable{border-color:var(--care);background:var(--care-panel);color:var(--care)}
.banner.supported{border-color:var(--good);background:var(--good-panel);color:var(--good)}
.banner.untestable{border-color:var(--soft);background:var(--panel);color:var(--ink)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.8rem;margin:1.3rem 0 0}
.tiles div{background:var(--panel);border-radius:8px;padding:.8rem 1rem}
.tiles dt{font-size:.8rem;color:var(--soft);margin:0}
.tiles dd{margin:.15rem 0 0;font-size:1.15rem;font-weight:600;font-variant-numeric:tabular-nums}
.tiles dd small{display:block;font-size:.8rem;font-weight:400;color:var(--soft)}
figure{margin:1.2rem 0 1.6rem}
figure img{display:block;width:100%;height:auto;background:#fff;border-radius:8px}
figcaption{font-size:.9rem;color:var(--soft);margin-top:.5rem}
.check{margin:1.1rem 0;padding-left:1rem;border-left:3px solid var(--faint)}
.check p{margin:.2rem 0}
.check .name{font-weight:600}
.check .asks,.check .test{color:var(--soft);font-size:.9rem}
ul.plain{padding-left:1.2rem;margin:.6rem 0}
ul.plain li{margin:.5rem 0}
.causalkit{max-width:none}
.causalkit dl{grid-template-columns:minmax(6rem,max-content) 1fr}
.causalkit dt{color:var(--soft);opacity:1}
.causalkit table{font-size:.9rem}
.causalkit thead th{border-bottom:1px solid var(--soft);color:var(--soft);font-weight:500}
.causalkit tbody th{font-weight:500}
.causalkit tbody tr+tr>*{border-top:1px solid var(--faint)}
.causalkit th,.causalkit td{padding:.35em 1.1em .35em 0}
.causalkit caption{padding-bottom:.4em}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--faint);font-size:.85rem;color:var(--soft)}
@media (max-width:30rem){
  main{padding:1.5rem 1rem 3rem}
  .tiles{grid-template-columns:1fr;gap:.5rem}
  .tiles div{display:grid;grid-template-columns:8.5rem 1fr;align-items:baseline;padding:.6rem .9rem}
  .tiles dd{font-size:1.05rem;margin:0}
  figure{margin-left:-.5rem;margin-right:-.5rem}
  figcaption{margin-left:.5rem}
  .causalkit dl{grid-template-columns:1fr;gap:0}
  .causalkit dd{margin:0 0 .6rem}
}
@media print{
  @page{size:A4;margin:18mm 16mm}
  :root{color-scheme:light;--ink:#000;--soft:#444;--faint:#ccc;--paper:#fff;--panel:#f4f4f4}
  body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
  main{max-width:none;padding:0}
  h2{margin-top:1.6rem}
  h2,h3,caption{break-after:avoid}
  figure,table,.check,.banner,.tiles,tr,li{break-inside:avoid}
  figure img{max-height:11cm;object-fit:contain;object-position:left}
  .causalkit .ck-wide{overflow:visible}
  .check .asks,.check .test,figcaption,footer{font-size:9pt}
  .causalkit table{font-size:9pt}
}
"""

STYLE: Final = RESULT_STYLE + _PAGE.replace("\n", "")
