"""How reports look: one column, system type, two accents, and the reader's light or dark."""

STYLE = """
:root { color-scheme: light dark; --ink: #1d2126; --soft: #5c6570; --line: #dfe3e8; --paper: #ffffff; --wash: #f5f7f8;
  --good: #2f7d6d; --warning: #9a6700; --bad: #b3382c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --soft: #9aa4b0; --line: #30363d; --paper: #14171a;
  --wash: #1c2024; --good: #5fb7a3; --warning: #d8a63c; --bad: #e5786b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.25rem 4rem; }
h1 { font-size: 1.05rem; font-weight: 600; color: var(--soft); margin: 0 0 .75rem; }
h2 { font-size: 1.15rem; margin: 2.75rem 0 .75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
p { margin: .6rem 0; overflow-wrap: anywhere; }
.verdict { font-size: 1.45rem; line-height: 1.35; font-weight: 600; margin: 0 0 1.5rem; letter-spacing: -.01em; }
.good { color: var(--good); } .warning { color: var(--warning); } .bad { color: var(--bad); }
p.warning:not(.verdict), p.bad:not(.verdict) { border-left: 3px solid currentColor; padding-left: .75rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .5rem 1.25rem; margin: 0;
  padding: 1rem 1.1rem; background: var(--wash); border-radius: .5rem; }
dt { font-size: .8rem; color: var(--soft); } dd { margin: 0; font-variant-numeric: tabular-nums; font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--line); }
th, td { padding: .35rem .75rem .35rem 0; vertical-align: top; } td { border-bottom: 1px solid var(--line); }
th.n, td.n { text-align: right; } td.n { white-space: nowrap; } th { vertical-align: bottom; } th:last-child, td:last-child { padding-right: 0; }
tr.good td:first-child, tr.warning td:first-child, tr.bad td:first-child { color: inherit; font-weight: 600; }
pre { background: var(--wash); padding: 1rem; overflow-x: auto; border-radius: .5rem; font-size: .85rem; }
.note, figcaption { font-size: .85rem; color: var(--soft); }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; display: block; overflow: visible; }
details { margin-top: .5rem; font-size: .85rem; color: var(--soft); } summary { cursor: pointer; }
.printed { display: none; font-size: .85rem; color: var(--soft); }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .85rem; color: var(--soft); }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #ccc; --paper: #fff; --wash: #fff;
  --good: #1d5c4f; --warning: #6e4a00; --bad: #8c2118; }
  main { max-width: none; padding: 0; } table { font-size: .72rem; } .wide { overflow: visible; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; } details { display: none; } .printed { display: block; } }
"""
