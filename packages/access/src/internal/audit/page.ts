/** An audit as an HTML page: one table, with a script that filters and sorts its rows. */
import { visible } from "@checkpoint-permissions/protocol/text"
import * as Encoding from "effect/Encoding"
import { sha256 } from "../json.ts"
import type { Columns } from "../text/formats.ts"
import { cellsOf } from "../text/formats.ts"

const style = `:root{color-scheme:light dark}body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem}
form{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:end;margin:1rem 0}label{display:grid;font-size:12px}
input{font:inherit;padding:.2rem .4rem;width:14rem}table{border-collapse:collapse;width:100%;}
th,td{padding:.25rem .6rem;text-align:left;border-bottom:1px solid #8884;vertical-align:top;overflow-wrap:anywhere}
thead th{position:sticky;top:0;background:Canvas;white-space:nowrap}th button{font:inherit;font-weight:600;border:0;padding:0;background:none;cursor:pointer}
th[aria-sort=ascending] button::after{content:" ▲"}th[aria-sort=descending] button::after{content:" ▼"}
tr.unknown{background:#fa03}@media print{form{display:none}body{margin:0;font-size:9pt}thead{display:table-header-group}thead th{position:static}tr{break-inside:avoid}}`

/** Plain JavaScript without dependencies. It sets no markup: it hides and moves the rows that the page has. */
const script = `"use strict"
const form = document.querySelector("form"), body = document.querySelector("tbody"), status = document.querySelector("output")
const heads = [...document.querySelectorAll("thead th")], inputs = [...form.querySelectorAll("input")]
const rows = [...body.rows].map((row, at) => {
  const cells = [...row.cells].map((cell) => cell.textContent.toLowerCase())
  return { row, at, cells, all: cells.join(" ") }
})
let ordered = rows, sort = { column: -1, sign: 1 }
const order = new Intl.Collator("en", { numeric: true })
const matches = (one, { value, dataset: { columns } }) => {
  const words = value.toLowerCase().split(/\\s+/).filter(Boolean)
  const text = columns === "" ? one.all : columns.split(",").map((column) => one.cells[column]).join(" ")
  return words.every((word) => text.includes(word))
}
const save = () => {
  const set = new URLSearchParams(inputs.filter(({ value }) => value).map(({ name, value }) => [name, value]))
  if (sort.column >= 0) set.set("sort", (sort.sign < 0 ? "-" : "") + sort.column)
  history.replaceState(null, "", "#" + set)
}
const show = (most = 1000) => {
  const used = inputs.filter(({ value }) => value.trim() !== "")
  let count = 0
  for (const one of ordered) {
    const isHidden = !used.every((input) => matches(one, input)) || ++count > most
    if (one.row.hidden !== isHidden) one.row.hidden = isHidden
  }
  status.value = count + " of " + rows.length + " rows" + (count > most ? ", the first " + most + " are shown" : "")
}
const arrange = () => {
  const { column, sign } = sort
  heads.forEach((head, at) => head.setAttribute("aria-sort", at !== column ? "none" : sign > 0 ? "ascending" : "descending"))
  for (const { row } of rows) row.hidden = true
  ordered = column < 0 ? rows : rows.toSorted((a, b) => sign * order.compare(a.cells[column], b.cells[column]) || a.at - b.at)
  body.replaceChildren(...ordered.map(({ row }) => row))
  show()
}
heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => {
  sort = sort.column !== column ? { column, sign: 1 } : sort.sign > 0 ? { column, sign: -1 } : { column: -1, sign: 1 }
  arrange(), save()
}))
form.addEventListener("submit", (event) => event.preventDefault())
form.addEventListener("reset", () => setTimeout(() => (show(), save())))
let timer
form.addEventListener("input", () => (clearTimeout(timer), (timer = setTimeout(() => (show(), save()), 120))))
const open = () => {
  const given = new URLSearchParams(location.hash.slice(1)), by = given.get("sort")
  for (const input of inputs) input.value = given.get(input.name) ?? ""
  const column = by === null ? -1 : Math.abs(Number(by))
  if (column in heads && column !== sort.column) (sort = { column, sign: by.startsWith("-") ? -1 : 1 }), arrange()
  show()
}
addEventListener("hashchange", open)
addEventListener("beforeprint", () => show(Infinity))
addEventListener("afterprint", () => show())
form.hidden = false
open()`

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, (one) => escapes[one] ?? "")

const hashOf = (text: string): string =>
  `'sha256-${Encoding.encodeBase64(Uint8Array.from(sha256(text).slice(7).match(/../g) ?? [], (hex) => Number.parseInt(hex, 16)))}'`

const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`

/** Fields of the form: its label, and the titles of the columns that it searches. Without a title, all of them. */
const filters: ReadonlyArray<readonly [label: string, ...titles: ReadonlyArray<string>]> = [
  ["All"],
  ["Checkpoint", "checkpoint"],
  ["Project", "project", "name"],
  ["Person or key", "granted_by", "owner"]
]

/** Returns rows as a page. Untrusted text has no meaning in it. `isMarked` rows are colored. */
export const page = <A>(
  {
    notes,
    rows,
    title
  }: { readonly title: string; readonly notes: ReadonlyArray<string>; readonly rows: ReadonlyArray<A> },
  columns: Columns<A>,
  isMarked: (row: A) => boolean
): string => {
  const shown = columns.filter(([, of]) => rows.some((row) => (of(row) ?? "") !== ""))
  const indexes = (titles: ReadonlyArray<string>) =>
    shown.flatMap(([title], at) => (titles.includes(title) ? [at] : []))
  const fields = filters.map(
    ([label, ...titles], at) =>
      `<label>${label}<input type="search" name="f${at}" data-columns="${indexes(titles).join()}" spellcheck="false"></label>`
  )
  const heads = shown.map(
    ([name]) => `<th scope="col" aria-sort="none"><button type="button">${name.replaceAll("_", " ")}</button></th>`
  )
  const lines = rows.map(
    (row) =>
      `<tr${isMarked(row) ? ' class="unknown"' : ""}>${cellsOf(shown, row)
        .map((cell) => `<td>${escaped(cell)}</td>`)
        .join("")}</tr>`
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><title>${escaped(title)}</title>
<style>${style}</style></head><body><h1><bdi>${escaped(title)}</bdi></h1>
${notes.map((note) => `<p>${escaped(note)}</p>`).join("\n")}
<form hidden role="search" autocomplete="off">${fields.join("")}<button type="reset">Reset</button><output role="status"></output></form>
<table><caption hidden>${escaped(title)}</caption><thead><tr>${heads.join("")}</tr></thead><tbody>
${lines.join("\n")}
</tbody></table><script>${script}</script></body></html>
`
}
