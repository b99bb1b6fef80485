import { utc } from "./htmlData.ts"
import { counts, nameOf } from "./matrixCells.ts"
import type { AccessMatrix } from "./matrixModel.ts"
import { counted, hidden, visible } from "./renderText.ts"

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

/** Text of strangers on the page, as its script would show it. */
const strange = (text: string, className: string): string => {
  const shown = escaped(text).replace(hidden, (character) => `<span class="escape">${visible(character)}</span>`)
  return `<bdi class="${className}">${shown}</bdi>`
}

const chip = (className: string, text: string): string => `<li class="${className}"><span>${text}</span></li>`

/** Why what is unknown is so, before anything else on the page. */
const warning = (matrix: AccessMatrix): string => {
  const incomplete = matrix.rows.filter((row) => !row.complete)
  if (incomplete.length === 0) return ""
  const reasons = new Map<string, number>()
  for (const row of incomplete) reasons.set(row.reason, (reasons.get(row.reason) ?? 0) + 1)
  const items = [...reasons].map(
    ([reason, times]) => `<li>${strange(reason, "")}${times === 1 ? "" : `: ${counted(times, "checkpoint")}`}</li>`
  )
  return `<details><summary><strong>${counted(incomplete.length, "checkpoint")} of ${matrix.rows.length} could not be read to the end.</strong> Hatched cells with a question mark are unknown: they do not mean “no access”.</summary><ul>${items.join("")}</ul></details>`
}

const chips = (matrix: AccessMatrix): string => {
  const { cells, duplicates } = counts(matrix)
  return [
    chip("a", `✓ ${cells.access} with access`),
    cells.owner === 0 ? "" : chip("o", `own ${counted(cells.owner, "owner")}`),
    chip("", `· ${cells.none} without access`),
    cells.unknown === 0 ? "" : chip("u", `? ${cells.unknown} unknown`),
    duplicates === 0 ? "" : chip("", counted(duplicates, "duplicate permission"))
  ].join("")
}

const question = (matrix: AccessMatrix): string => {
  if (matrix.project === undefined) return ""
  const name = nameOf(matrix, matrix.project)
  return `<p>Asked about one project only: ${name === undefined ? "" : `${strange(name, "name")} `}${strange(matrix.project, "id")}.</p>\n`
}

const option = ([value, text]: readonly [string, string]): string => `<option value="${value}">${text}</option>`

const controls = `<form id="controls" hidden autocomplete="off" role="search">
<label>Checkpoints<input type="search" id="filter-rows" placeholder="part of an id" spellcheck="false"></label>
<label>Projects<input type="search" id="filter-columns" placeholder="part of a name or an id" spellcheck="false"></label>
<label>Show<select id="show">${(
  [
    ["all", "everything"],
    ["some", "no empty rows and columns"],
    ["unknown", "only what is unknown"]
  ] as const
)
  .map(option)
  .join("")}</select></label>
<label id="order-control">Order of projects<select id="order">${(
  [
    ["name", "name"],
    ["id", "id"],
    ["count", "most checkpoints"],
    ["newest", "newest access"]
  ] as const
)
  .map(option)
  .join("")}</select></label>
<fieldset><legend hidden>View</legend>
<label><input type="radio" name="view" id="as-matrix" checked>Matrix</label>
<label><input type="radio" name="view" id="as-list">List</label></fieldset>
<label class="inline" id="dates-control"><input type="checkbox" id="dates">Dates in cells</label>
<button type="button" id="reset">Reset filters</button>
</form>`

/** From the title to the end of what is there without the script. */
export const body = (matrix: AccessMatrix, title: string, style: string): string => {
  const { checkpoints, projects } = counts(matrix)
  const organization = matrix.organization === undefined ? "" : `, organization ${strange(matrix.organization, "id")}`
  return `<title>${escaped(visible(title))}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${strange(title, "")}</h1>
<p>${counted(checkpoints, "checkpoint")} × ${counted(projects, "project")} · ${strange(matrix.apiUrl, "id")}${organization} · audit of <time>${utc(matrix.createdAt)}</time></p>
${question(matrix)}<ul class="chips">${chips(matrix)}</ul>
${warning(matrix)}
</header>
<noscript><p>The matrix is drawn by the script of this page, which is turned off. The same audit can be written as CSV or JSON.</p></noscript>
${controls}
<p id="status" role="status"></p>
<p id="nothing" hidden>Nothing matches. Shorten the filters, or reset them.</p>
<div class="area" id="matrix-area" hidden><table id="matrix" role="grid" aria-label="Checkpoints and projects"></table></div>
<div class="area" id="list-area" hidden><table id="list" aria-label="Projects with access, a line each"></table><button type="button" id="more" hidden></button></div>
<p id="detail"></p>`
}
