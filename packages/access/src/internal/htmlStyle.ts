/** The page's style. Nothing in it depends on colour alone: each kind of cell has a text or a pattern too. */
export const style = `
:root {
  color-scheme: light dark;
  --back: #ffffff; --fore: #1b2026; --soft: #59636e; --line: #d5dbe1; --head: #f3f5f8; --link: #0b57d0; --escape: #b3261e;
  --access: #d5efdc; --access-fore: #0a4d22; --owner: #dce7fa; --owner-fore: #123a75;
  --unknown: #ffe08a; --unknown-line: #b27b00; --unknown-fore: #3d2a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171b; --fore: #e6e9ed; --soft: #9aa5b1; --line: #333b45; --head: #1e2329; --link: #8ab4f8; --escape: #ff8a80;
    --access: #14422a; --access-fore: #b5edc8; --owner: #1d3358; --owner-fore: #c3d7fb;
    --unknown: #5a4200; --unknown-line: #d39e1b; --unknown-fore: #ffe9b0;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { height: 100%; }
body {
  margin: 0; display: flex; flex-direction: column; background: var(--back); color: var(--fore);
  font: 14px/1.4 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
header, #controls { padding: 0 1rem; }
h1 { font-size: 1.25rem; margin: .75rem 0 .1rem; }
header p { margin: 0 0 .5rem; color: var(--soft); overflow-wrap: anywhere; }
bdi { unicode-bidi: isolate; }
.id, code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .85em; }
.escape { color: var(--escape); border-bottom: 1px dotted; }
.chips { display: flex; flex-wrap: wrap; gap: .4rem; margin: 0 0 .6rem; padding: 0; list-style: none; }
.chips li { padding: .1rem .6rem; border: 1px solid var(--line); border-radius: 1rem; }
.chips .a, td.a { background: var(--access); color: var(--access-fore); }
.chips .o, td.o { background: var(--owner); color: var(--owner-fore); }
.u {
  color: var(--unknown-fore);
  background: repeating-linear-gradient(-45deg, var(--unknown) 0 5px, var(--back) 5px 8px);
}
.chips .u, td.u { outline: 1px dashed var(--unknown-line); outline-offset: -2px; }
.chips .u span, td.u b { background: var(--unknown); border-radius: .3rem; padding: 0 .3rem; }
details { margin: 0 0 .6rem; }
details ul { margin: .3rem 0; padding-left: 1.3rem; max-height: 9rem; overflow: auto; overflow-wrap: anywhere; }
summary { cursor: pointer; }
#controls { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: end; padding-bottom: .5rem; }
#controls label { display: grid; gap: .1rem; color: var(--soft); font-size: .85em; }
#controls label.inline, #controls fieldset label {
  display: inline-flex; align-items: center; gap: .3rem; min-height: 2rem; color: var(--fore); font-size: 1em;
}
#controls input[type="search"] { width: 12rem; }
#controls select { max-width: 14rem; }
#controls input, #controls select, #controls button { font: inherit; color: var(--fore); font-size: 14px; }
#controls input[type="search"], #controls select, #controls button, #more {
  background: var(--back); color: var(--fore); border: 1px solid var(--soft); border-radius: .35rem;
  padding: .25rem .5rem; min-height: 2rem;
}
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; display: flex; gap: .8rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: -2px; }
#status { margin: 0; padding: 0 1rem .4rem; color: var(--soft); }
.area { flex: 1 1 auto; min-height: 12rem; overflow: auto; border-top: 1px solid var(--line); }
#nothing { flex: 1 1 auto; padding: 2rem 1rem; color: var(--soft); margin: 0; border-top: 1px solid var(--line); }
table { border-collapse: separate; border-spacing: 0; }
th, td { border-bottom: 1px solid var(--line); border-right: 1px solid var(--line); padding: .15rem .45rem; }
th { font-weight: 400; text-align: left; background: var(--head); }
thead th { position: sticky; top: 0; z-index: 2; vertical-align: bottom; padding: 0; }
tbody th { position: sticky; left: 0; z-index: 1; overflow-wrap: anywhere; }
/* Columns of known widths are laid out many times faster than those that each cell has a say in. */
#matrix {
  --first: 26rem; --cell: 2.7rem; --columns: 0; table-layout: fixed;
  width: calc(var(--first) + 19.5rem + var(--columns) * var(--cell));
}
#matrix.dates { --cell: 8.5rem; }
col.first { width: var(--first); }
col.figure { width: 6rem; }
col.date { width: 6.75rem; }
thead th.corner { left: 0; z-index: 3; }
th button {
  display: block; width: 100%; margin: 0; border: 0; background: none; color: inherit; font: inherit; font-weight: 600;
  text-align: left; padding: .3rem .45rem; cursor: pointer;
}
th[aria-sort="ascending"] > button::after { content: " ▲"; color: var(--link); }
th[aria-sort="descending"] > button::after { content: " ▼"; color: var(--link); }
td { text-align: center; white-space: nowrap; }
td.n { color: var(--soft); }
td.number, td.date, .figure button { text-align: right; }
td.number { font-variant-numeric: tabular-nums; }
td.number.u { font-weight: 700; }
td.date { color: var(--soft); font-variant-numeric: tabular-nums; }
tbody tr:hover > td, tbody tr:hover > th { box-shadow: inset 0 2px 0 -1px var(--link), inset 0 -2px 0 -1px var(--link); }
.project .label { display: block; }
.project .name { display: block; }
.project .id { display: block; font-weight: 400; color: var(--soft); }
.project .id.name { color: inherit; }
.project .count { display: block; font-weight: 400; color: var(--soft); text-align: center; }
.marks .project button { padding: .35rem 0; }
.marks .project .label {
  writing-mode: vertical-rl; transform: rotate(180deg); height: 12.5rem; margin: 0 auto; max-width: 2.6rem;
}
.marks .project .label > .id { font-size: .76em; }
.marks .project .label > bdi { max-height: 12.5rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.marks td { padding: .15rem .2rem; }
.marks td.number, .marks td.date { padding-right: .45rem; }
.dates .project .label { overflow: hidden; overflow-wrap: anywhere; max-height: 6.5rem; }
tbody th > bdi { display: block; max-height: 11rem; overflow: auto; }
.dates td.a { font-variant-numeric: tabular-nums; }
#list td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
#list td.number { text-align: right; }
#list td.a { font-variant-numeric: tabular-nums; white-space: nowrap; }
#list thead th.number { padding: .3rem .45rem; font-weight: 600; text-align: right; }
#list .name { font-weight: 600; }
#more { margin: .8rem; cursor: pointer; }
#detail {
  margin: 0; padding: .5rem 1rem; border-top: 2px solid var(--line); background: var(--head); min-height: 2.4rem;
  max-height: 7rem; overflow: auto; overflow-wrap: anywhere;
}
#detail .name { font-weight: 600; }
#list { width: min(100%, 75rem); }
@media (max-width: 75rem) { #matrix { --first: 17rem; } }
@media (max-width: 45rem) {
  #matrix { --first: 9.5rem; }
  #controls { display: grid; grid-template-columns: 1fr 1fr; }
  #controls input[type="search"], #controls select { width: 100%; }
}
@media (max-width: 45rem), (max-height: 34rem) {
  body { height: auto; }
  .area { flex: none; max-height: 90vh; }
  #detail { position: sticky; bottom: 0; z-index: 4; }
}
@media print {
  html, body { height: auto; display: block; }
  #controls, #detail { display: none; }
  .area { overflow: visible; }
  thead th, tbody th { position: static; }
}
`
