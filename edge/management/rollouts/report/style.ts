/** The report's style sheet. Its hash is in the page's content security policy. */
export const STYLE = `
* { box-sizing: border-box; }
html { font-size: 15px; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 74rem; background: #fff; color: #1c1e21;
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; padding-top: .8rem; border-top: 1px solid #d9dbd8; }
p { margin: .3rem 0 .8rem; max-width: 50rem; }
.faint { color: #5d636b; }
.small { font-size: .82rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 1rem 0; }
dt { color: #5d636b; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; font-size: .82rem; color: #5d636b; vertical-align: bottom; }
th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid #ecedea; }
td { vertical-align: middle; font-variant-numeric: tabular-nums; }
td.name { width: 17%; overflow-wrap: anywhere; } td.short { white-space: nowrap; } td.limit { min-width: 11rem; overflow-wrap: anywhere; } td.plot { width: 270px; padding: 0 .8rem 0 0; }
tr.group th { padding-top: 1.1rem; color: #1c1e21; font-size: .95rem; white-space: nowrap; }
svg { display: block; } svg.mark { display: inline; vertical-align: -1px; } svg.wide { width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: #5d636b; }
.number { white-space: nowrap; } .interval { color: #5d636b; font-size: .8rem; white-space: nowrap; }
.badge { display: inline-block; padding: .05rem .55rem; border: 1px solid; border-radius: 1rem; font-size: .82rem;
  font-weight: 600; white-space: nowrap; }
.good { color: #0b6e4f; } .bad { color: #a8261c; } .plain { color: #5d636b; }
.legend { display: flex; gap: 1.5rem; align-items: center; } .legend span { display: flex; gap: .4rem; align-items: center; }
@page { margin: 14mm; }
@media print {
  html { font-size: 10.5px; } body { padding: 0; max-width: none; }
  h2, .legend { break-after: avoid; } tr, svg { break-inside: avoid; } tr.group { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
