/** An audit as an HTML page, readable without its script: a table of all rows, and a matrix of signs below it. */
import { ascii, pluralize, visible } from "@checkpoint-permissions/protocol/text"
import { sha256 } from "@noble/hashes/sha2"
import * as Arr from "effect/Array"
import * as Encoding from "effect/Encoding"
import { capitalize } from "effect/String"
import { labelled, minute } from "../text/columns.ts"
import { organizationOf } from "../text/words.ts"
import { nameOf, projects as projectsOf } from "./cells.ts"
import * as Entries from "./entries.ts"
import type { AccessMatrix, Cell } from "./matrix.ts"
import { script } from "./pageScript.ts"
import { style } from "./pageStyle.ts"
import { accessOf, titleOf } from "./table.ts"
import { groupOf } from "./text.ts"

const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)

/** Returns an id in which characters outside ASCII are marked, since a Cyrillic letter looks like a Latin one. */
const idHtml = (id: string): string =>
  `<bdi>${escaped(id).replace(/[^\0-\x7f]+/g, (some) => `<mark title="${ascii(some)}">${some}</mark>`)}</bdi>`

const projectHtml = (matrix: AccessMatrix, project: string): string => {
  const name = nameOf(matrix, project)
  return name === undefined ? idHtml(project) : `<b><bdi>${escaped(name)}</bdi></b> ${idHtml(project)}`
}

/** The class of a row or cell, which is its state for the script, and the sign of a cell. */
const signs: { readonly [Tag in Cell["_tag"]]: readonly [state: string, sign: string] } = {
  Access: ["access", "✓"],
  Owner: ["owner", "own"],
  None: ["none", "·"],
  NoPermission: ["none", "·"],
  Unknown: ["unknown", "?"]
}

const accessText = ({ cell, project, row }: Entries.Entry): string => {
  const isAbout = cell._tag === "Unknown" && project === undefined
  const others = row.permissions.length === 0 && row.owner === undefined ? "every project" : "every other project"
  return accessOf(cell) + (isAbout ? `: ${others}` : "")
}

const notesOf = (matrix: AccessMatrix, entry: Entries.Entry): ReadonlyArray<string> => {
  const { cell } = entry
  return [
    cell._tag === "Access" && cell.permissions > 1 ? pluralize(cell.permissions, "permission") : "",
    cell._tag === "Unknown" ? cell.reason : Entries.logNote(matrix, entry),
    Entries.reviewNote(entry).trim()
  ].filter((note) => note !== "")
}

type Column = readonly [name: string, width: string, html: (matrix: AccessMatrix, entry: Entries.Entry) => string]

/** The columns of the list, with their widths in a grid. Columns that are empty in every row are left out. */
const allColumns: ReadonlyArray<Column> = [
  ["checkpoint", "3fr", (_, { row }) => idHtml(row.checkpoint)],
  ["project", "2fr", (matrix, { project }) => (project === undefined ? "" : projectHtml(matrix, project))],
  ["access", "7rem", (_, entry) => accessText(entry)],
  ["since", "7rem", (_, { cell }) => (cell._tag === "Access" ? `${minute(cell.since)} UTC` : "")],
  ["granted by", "1.3fr", (_, { by }) => escaped(by.join(", "))],
  ["notes", "2fr", (matrix, entry) => escaped(notesOf(matrix, entry).join("; "))],
  ["due", "9rem", (matrix, { row }) => Entries.reviewTime(matrix, row).trim()],
  ["retires", "7rem", (_, { row }) => escaped(row.retires ?? "")],
  ["read", "7rem", (_, { row }) => `${minute(row.readAt)} UTC`]
]

/** Returns the table of all rows, grouped by owner in a review. */
const listHtml = (
  matrix: AccessMatrix,
  columns: ReadonlyArray<Column>,
  entries: Arr.NonEmptyReadonlyArray<Entries.Entry>
): string => {
  const titleFor = ({ row }: Entries.Entry) => (matrix.review === undefined ? "" : groupOf(matrix, row))
  const heads = columns.map(([name]) => `<th scope="col" data-name="${name}">${capitalize(name)}</th>`)
  const bodies = Arr.groupWith(entries, (one, other) => titleFor(one) === titleFor(other)).map((group) => {
    const title = escaped(titleFor(group[0]))
    const head = `<tr class="group"><th scope="rowgroup" colspan="${columns.length}">${title}</th></tr>\n`
    const lines = group.map((entry) => {
      const [first, ...others] = columns.map(([, , html]) => html(matrix, entry))
      const cells = others.map((cell) => `<td>${cell}</td>`)
      return `<tr class="${signs[entry.cell._tag][0]}"><th scope="row">${first}</th>${cells.join("")}</tr>\n`
    })
    return `<tbody>\n${title === "" ? "" : head}${lines.join("")}</tbody>\n`
  })
  return `<h2 id="rows">Access</h2>
<table id="list" aria-labelledby="rows"><thead><tr>${heads.join("")}</tr></thead>
${bodies.join("")}</table>`
}

/** Returns a cell of the matrix. Its description ends with the actors of the grants, by which the script filters. */
const cellHtml = (matrix: AccessMatrix, entry: Entries.Entry): string => {
  const { by, cell, project = "", reviewed } = entry
  const [state, sign] = signs[cell._tag]
  const [since, several] =
    cell._tag !== "Access"
      ? ["", ""]
      : [` since ${minute(cell.since)} UTC`, cell.permissions === 1 ? "" : `×${cell.permissions}`]
  const description = [
    `${nameOf(matrix, project) ?? project}: ${accessOf(cell)}${since}`,
    ...notesOf(matrix, entry),
    ...(by.length === 0 ? [] : [`granted by ${by.join(", ")}`])
  ]
  const mark = reviewed === undefined || reviewed.marks.length === 0 ? "" : "!"
  return `<td class="${state}" title="${escaped(description.join("; "))}">${sign}${several}${mark}</td>`
}

const matrixHtml = (matrix: AccessMatrix): string => {
  const projects = projectsOf(matrix)
  const heads = projects.map(
    (project) =>
      `<th scope="col" title="${escaped(labelled(matrix, project))}"><div>${projectHtml(matrix, project)}</div></th>`
  )
  const rows = matrix.rows.map((row) => {
    const cells = Entries.cellsAt(matrix, row, projects).map((entry) => cellHtml(matrix, entry))
    return `<tr><th scope="row">${idHtml(row.checkpoint)}</th>${cells.join("")}</tr>\n`
  })
  const isMarked = matrix.review !== undefined
  return `<section class="matrix"${projects.length === 0 ? " hidden" : ""}>
<h2 id="signs">Checkpoints × projects</h2>
<p class="legend"><span class="access">✓</span> access (×2: by two permissions)
<span class="owner">own</span> owner, always has access
<span>·</span> no permission
<span class="unknown">?</span> unknown, not the same as none${isMarked ? "\n<span>!</span> marked in the review" : ""}</p>
<div class="area" role="region" aria-labelledby="signs" tabindex="0">
<table id="matrix"><thead><tr><th scope="col">Checkpoint</th>${heads.join("")}</tr></thead>
<tbody>
${rows.join("")}</tbody></table></div></section>`
}

const formHtml = (columns: ReadonlyArray<Column>): string => {
  const fields = [
    ["checkpoint", "checkpoint"],
    ["project", "project"],
    ["person", "granted by"]
  ].flatMap(([name, title = ""]) =>
    columns.some(([column]) => column === title)
      ? [`<label>${capitalize(title)}<input type="search" name="${name}" spellcheck="false"></label>\n`]
      : []
  )
  return `<form hidden role="search" autocomplete="off">
${fields.join("")}<label>State<select name="state">
<option value="">All</option>
<option value="access">Access or unknown</option>
<option value="owner">Owner or unknown</option>
<option value="none">None or unknown</option>
<option value="unknown">Unknown</option>
</select></label>
<a href="#">Show all</a> <output role="status"></output>
</form>`
}

/** Returns the grid of the list, and the labels of its cells on a narrow screen. */
const columnStyle = (columns: ReadonlyArray<Column>): string => {
  const labels = columns.map(([name], at) => `  #list td:nth-child(${at + 1})::before { content: "${name}: " }\n`)
  return `:root { --columns: ${columns.map(([, width]) => width).join(" ")} }
@media screen and (max-width: 50rem) {
${labels.join("")}}`
}

const hashOf = (text: string): string => `'sha256-${Encoding.encodeBase64(sha256(text))}'`

/**
 * Returns the matrix as one HTML page without requests: each row, grouped by owner in a review, then checkpoints ×
 * projects. Its script filters and sorts. Untrusted text has no meaning in it. `notes` are above the rows.
 *
 * @category rendering
 */
export const toHtml = (
  matrix: AccessMatrix,
  {
    notes = [],
    title = titleOf(matrix),
    ...options
  }: Entries.EntryOptions & {
    readonly notes?: ReadonlyArray<string> | undefined
    readonly title?: string | undefined
  } = {}
): string => {
  const entries = Entries.mapEntries(matrix, { ...options, each: true }, (some) => some).flat()
  const columns = allColumns.filter(
    ([name, , html]) => name === "project" || entries.some((entry) => html(matrix, entry) !== "")
  )
  const styles = `${style}\n${columnStyle(columns)}`
  const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(styles)}; base-uri 'none'`
  const about = `${matrix.apiUrl}, ${organizationOf(matrix)}, audit of ${minute(matrix.createdAt)} UTC`
  const paragraphs = [...notes, ...Entries.footer(matrix)].map((note) => `<p>${escaped(note)}</p>\n`)
  const tables = Arr.isNonEmptyReadonlyArray(entries)
    ? `${formHtml(columns)}\n${listHtml(matrix, columns, entries)}\n${matrixHtml(matrix)}\n<script>${script}</script>`
    : ""
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title><style>${styles}</style></head>
<body><h1><bdi>${escaped(title)}</bdi></h1>
<p class="about">${escaped(about)}</p>
${paragraphs.join("")}${tables}</body></html>
`
}
