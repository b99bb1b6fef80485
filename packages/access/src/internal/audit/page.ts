/** An audit as an HTML page, readable without its script: a table of all rows, and a matrix of signs below it. */
import { ascii, pluralize, visible } from "@checkpoint-permissions/protocol/text"
import { sha256 } from "@noble/hashes/sha2"
import * as Arr from "effect/Array"
import * as Encoding from "effect/Encoding"
import { labelled, minute, second } from "../text/columns.ts"
import { organizationOf } from "../text/words.ts"
import { nameOf, projects as projectsOf } from "./cells.ts"
import * as Entries from "./entries.ts"
import type { AccessMatrix, Cell } from "./matrix.ts"
import { script } from "./pageScript.ts"
import { style } from "./pageStyle.ts"
import { accessOf, titleOf } from "./table.ts"
import { groupOf } from "./text.ts"

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, (one) => escapes[one] ?? "")

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

type Column = readonly [name: string, html: (matrix: AccessMatrix, entry: Entries.Entry) => string]

const allColumns: ReadonlyArray<Column> = [
  ["checkpoint", (_, { row }) => idHtml(row.checkpoint)],
  ["project", (matrix, { project }) => (project === undefined ? "" : projectHtml(matrix, project))],
  ["access", (_, entry) => accessText(entry)],
  ["since", (_, { cell }) => (cell._tag === "Access" ? second(cell.since) : "")],
  ["granted_by", (_, { by }) => escaped(by.join(", "))],
  ["notes", (matrix, entry) => escaped(notesOf(matrix, entry).join("; "))],
  ["due", (matrix, { row }) => Entries.reviewTime(matrix, row).trim()],
  ["retires", (_, { row }) => escaped(row.retires ?? "")],
  ["read", (_, { row }) => `${minute(row.readAt)} UTC`]
]

const headOf = (name: string): string => name.replace("_", " ")

/** Returns the table of all rows. Those of a review are grouped by owner. */
const listHtml = (matrix: AccessMatrix, columns: ReadonlyArray<Column>, entries: ReadonlyArray<Entries.Entry>) => {
  const titleFor = ({ row }: Entries.Entry) => (matrix.review === undefined ? "" : groupOf(matrix, row))
  const groups = Arr.isNonEmptyReadonlyArray(entries)
    ? Arr.groupWith(entries, (one, other) => titleFor(one) === titleFor(other))
    : []
  const heads = columns.map(([name]) => `<th scope="col" data-name="${name}">${headOf(name)}</th>`)
  const bodies = groups.map((group) => {
    const title = escaped(titleFor(group[0]))
    const lines = group.map((entry) => {
      const [first, ...cells] = columns.map(([, html]) => html(matrix, entry))
      const others = cells.map((cell) => `<td>${cell}</td>`).join("")
      return `<tr class="${signs[entry.cell._tag][0]}"><th scope="row">${first}</th>${others}</tr>`
    })
    const head = `<tr class="group"><th scope="rowgroup" colspan="${columns.length}">${title}</th></tr>`
    return `<tbody>\n${title === "" ? "" : `${head}\n`}${lines.join("\n")}\n</tbody>`
  })
  return `<table id="list"><caption>Access</caption><thead><tr>${heads.join("")}</tr></thead>\n${bodies.join("\n")}</table>`
}

/** Returns a cell of the matrix. Its description ends with the actors of the grants, which the script reads. */
const cellHtml = (matrix: AccessMatrix, label: string, entry: Entries.Entry): string => {
  const { by, cell, reviewed } = entry
  const [state, sign] = signs[cell._tag]
  const since = cell._tag === "Access" ? ` since ${second(cell.since)}` : ""
  const actors = by.length === 0 ? [] : [`granted by ${by.join(", ")}`]
  const description = [accessOf(cell) + since, ...notesOf(matrix, entry), ...actors].join("; ")
  const several = cell._tag === "Access" && cell.permissions > 1 ? `×${cell.permissions}` : ""
  const mark = reviewed === undefined || reviewed.marks.length === 0 ? "" : "!"
  return `<td class="${state}" title="${label}: ${escaped(description)}">${sign}${several}${mark}</td>`
}

const matrixHtml = (matrix: AccessMatrix): string => {
  const projects = projectsOf(matrix)
  const labels = projects.map((project) => escaped(labelled(matrix, project)))
  const heads = projects.map(
    (project, at) => `<th scope="col" title="${labels[at]}">${projectHtml(matrix, project)}</th>`
  )
  const rows = matrix.rows.map((row) => {
    const cells = Entries.cellsAt(matrix, row, projects).map((entry, at) => cellHtml(matrix, labels[at] ?? "", entry))
    return `<tr><th scope="row">${idHtml(row.checkpoint)}</th>${cells.join("")}</tr>`
  })
  return `<section class="matrix"${rows.length === 0 || projects.length === 0 ? " hidden" : ""}><h2 id="signs">Checkpoints × projects</h2>
<p class="legend"><span class="access">✓</span> access, ×2: by two permissions <span class="owner">own</span> owner, always has access
<span>·</span> no permission <span class="unknown">?</span> unknown: not the same as none${matrix.review === undefined ? "" : " <span>!</span> differs, see the notes"}</p>
<div class="area" role="region" aria-labelledby="signs" tabindex="0"><table id="matrix"><thead><tr><th scope="col">checkpoint</th>${heads.join("")}</tr></thead>
<tbody>\n${rows.join("\n")}\n</tbody></table></div></section>`
}

const formHtml = (columns: ReadonlyArray<Column>): string => {
  const fields = ["checkpoint", "project", "granted_by"]
    .filter((name) => columns.some(([column]) => column === name))
    .map((name) => `<label>${headOf(name)}<input type="search" name="${name}" spellcheck="false"></label>`)
  const states = ["access", "owner", "none"].map((state) => `<option value="${state}">${state} or unknown</option>`)
  return `<form hidden role="search" autocomplete="off">${fields.join("")}
<label>state<select name="state"><option value="">all</option>${states.join("")}<option>unknown</option></select></label>
<a href="#">Show all</a><output role="status"></output></form>`
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
    ([name, html]) => name === "project" || entries.some((entry) => html(matrix, entry) !== "")
  )
  const labels = columns.map(([name], at) => `#list td:nth-child(${at + 1})::before { content: "${headOf(name)}: " }`)
  const styles = `${style}\n@media screen and (max-width: 50rem) {\n${labels.join("\n")}\n}`
  const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(styles)}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`
  const about = `${matrix.apiUrl}, ${organizationOf(matrix)}, audit of ${minute(matrix.createdAt)} UTC`
  const paragraphs = [...notes, ...Entries.footer(matrix)].map((note) => `<p>${escaped(note)}</p>`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title><style>${styles}</style></head><body><h1><bdi>${escaped(title)}</bdi></h1>
<p class="about">${escaped(about)}</p>
${paragraphs.join("\n")}
${formHtml(columns)}
${listHtml(matrix, columns, entries)}
${matrixHtml(matrix)}
<script>${script}</script></body></html>
`
}
