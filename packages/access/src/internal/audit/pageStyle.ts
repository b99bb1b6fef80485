/**
 * The style of an audit's page, as text. On a screen the rows of the list are grids, so that the browser lays out only
 * visible ones. On a narrow screen each is a block with labels.
 */
export const style = `:root {
  color-scheme: light dark;
  --back: #fff; --head: #f1f4f7; --line: #d0d7de; --fore: #1b1f24; --soft: #57606a; --link: #0550ae;
  --access: #d3f3da; --owner: #d8e6ff; --unknown: #ffe9bd; --hatch: #ffdc96; --mark: #ffd6d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c; --head: #20252c; --line: #3a424c; --fore: #e6e9ed; --soft: #a9b3be; --link: #8ab8ff;
    --access: #17452a; --owner: #1d3a66; --unknown: #4a370f; --hatch: #5e4714; --mark: #7a2626;
  }
}
* { box-sizing: border-box }
body { margin: 1.5rem; font: 14px/1.45 system-ui, sans-serif; overflow-wrap: anywhere }
body, input, select { background: var(--back); color: var(--fore) }
h1 { margin: 0; font-size: 1.5rem }
h2 { margin: 1.5rem 0 .25rem; font-size: 1.1rem }
p { margin: .25rem 0 }
a, th button { color: var(--link) }
mark { background: var(--mark); color: inherit }
.about, label, output, b + bdi { color: var(--soft) }
form { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem 1rem; margin: 1rem 0 }
label { display: grid; width: 12rem; font-size: 12px }
input, select { height: 2rem; padding: 0 .4rem; border: 1px solid var(--soft); border-radius: 4px; font: 14px system-ui, sans-serif }
table { border-spacing: 0; table-layout: fixed }
th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--line); text-align: start; vertical-align: top }
th { font-weight: normal }
thead th, .group th { background: var(--head); font-weight: 600 }
th button { padding: 0; border: 0; background: none; font: inherit; text-align: start; cursor: pointer }
[aria-sort=ascending] button::after { content: " ▲" }
[aria-sort=descending] button::after { content: " ▼" }
td.access, .legend .access { background: var(--access) }
td.owner, .legend .owner { background: var(--owner) }
.unknown { background: repeating-linear-gradient(-45deg, var(--unknown) 0 5px, var(--hatch) 5px 10px) }
.legend span { padding: 0 .4rem; border: 1px solid var(--line) }
.area { width: fit-content; max-width: 100%; max-height: 90vh; overflow: auto; border: 1px solid var(--line) }
.area { content-visibility: auto; contain-intrinsic-size: auto 100vw auto 90vh }
#matrix { width: 1px }
#matrix td { padding: .25rem 0; border-inline-start: 1px solid var(--line); text-align: center; vertical-align: middle }
#matrix th { position: sticky; top: 0; width: 3rem; background: var(--head) }
#matrix thead th { vertical-align: bottom }
#matrix div { max-height: 15rem; overflow: hidden; font: 12px/1.3 system-ui, sans-serif; writing-mode: vertical-rl }
#matrix tr > :first-child { left: 0; z-index: 1; width: 20rem }
#matrix thead th:first-child { z-index: 2 }
@media screen {
  [hidden] { display: none !important }
  #list, #list :is(thead, tbody) { display: block }
  #list tr { display: grid; grid-template-columns: var(--columns); border-bottom: 1px solid var(--line) }
  #list tbody tr { content-visibility: auto; contain-intrinsic-height: auto 3rem }
  #list :is(th, td) { border: 0 }
  #list .group th { grid-column: 1 / -1 }
  #list thead { position: sticky; top: 0; z-index: 1 }
}
@media screen and (max-width: 50rem) {
  body { margin: .75rem }
  label { width: 100% }
  #list thead { position: static }
  #list thead tr { display: flex; flex-wrap: wrap }
  #list tbody tr { display: block; padding: .25rem; contain-intrinsic-height: auto 9rem }
  #list tbody :is(th, td) { display: block; padding: 0 }
  #list tbody th { font-weight: 600 }
  #list td:empty { display: none }
  #list td::before { color: var(--soft) }
  #matrix tr > :first-child { width: 9rem; font-size: 12px }
}
@media print {
  form, .matrix { display: none }
  body { margin: 0; font-size: 8pt }
  #list { width: 100% }
  #list thead th:first-child { width: 22% }
  #list tbody[hidden] { display: table-row-group }
  #list tr { break-inside: avoid }
  #list tr[hidden] { display: table-row }
}`
