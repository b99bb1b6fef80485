/**
 * The script of an audit's page, as text. It filters, sorts, and keeps both in the address. It makes no markup from text.
 * Unknown access has no state and no person, and without a project it is that of every project: no such filter hides it.
 */
export const script = String.raw`"use strict"
const form = document.querySelector("form")
const output = document.querySelector("output")
const list = document.querySelector("#list")
const matrix = document.querySelector("#matrix")
const heads = [...list.tHead.rows[0].cells]
const names = heads.map((head) => head.dataset.name)
const rows = [...list.querySelectorAll("tbody tr:not(.group)")]
const checkpoints = [...matrix.tBodies[0].rows]
const collator = new Intl.Collator("en", { numeric: true })
const lower = (cell) => cell?.textContent.toLowerCase() ?? ""
const projects = [...matrix.tHead.rows[0].cells].slice(1).map(lower)
let sort = ""

const itemOf = ({ className: state }, checkpoint, project, person) =>
  state === "unknown" ? { checkpoint, project: project || undefined } : { checkpoint, project, person, state }

const inRow = ({ cells }, name) => lower(cells[names.indexOf(name)])
const ofRow = (row) => itemOf(row, inRow(row, "checkpoint"), inRow(row, "project"), inRow(row, "granted by"))
const ofCell = (cell) => {
  const person = cell.title.toLowerCase().split("granted by ").slice(1).join(" ")
  return itemOf(cell, lower(cell.parentNode.cells[0]), projects[cell.cellIndex - 1], person)
}

const show = () => {
  const wanted = [...new FormData(form)].map(([name, value]) => [name, value.toLowerCase().split(/\s+/)])
  const matches = (item) => wanted.every(([name, words]) => words.every((word) => item[name]?.includes(word) ?? true))
  const found = new Set()
  for (const row of rows) row.hidden = !matches(ofRow(row))
  for (const body of list.tBodies) body.hidden = !body.querySelector("tr:not(.group, [hidden])")
  for (const row of checkpoints) {
    const columns = [...row.cells].slice(1).flatMap((cell, at) => (matches(ofCell(cell)) ? [at] : []))
    for (const at of columns) found.add(at)
    row.hidden = columns.length === 0
  }
  for (const row of matrix.rows) [...row.cells].slice(1).forEach((cell, at) => (cell.hidden = !found.has(at)))
  const count = (all) => all.filter((row) => !row.hidden).length + " of " + all.length
  const counts = [count(rows) + " rows", count(checkpoints) + " checkpoints"]
  output.value = [...counts, found.size + " of " + projects.length + " projects"].join(", ")
}

const arrange = (by) => {
  sort = by
  const column = names.indexOf(sort.replace("-", ""))
  const sign = sort.startsWith("-") ? -1 : 1
  heads.forEach((head) => head.setAttribute("aria-sort", "none"))
  heads[column]?.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending")
  const keyed = rows.map((row) => [row.cells[column]?.textContent ?? "", row])
  keyed.sort(([one], [other]) => (one === "") - (other === "") || sign * collator.compare(one, other))
  for (const [, row] of keyed) row.parentNode.append(row)
}

const read = () => {
  const choices = new URLSearchParams(location.hash.slice(1))
  for (const field of form.querySelectorAll("[name]")) field.value = choices.get(field.name) ?? ""
  const by = choices.get("sort") ?? ""
  if (by !== sort) arrange(by)
  if (location.hash.length > 1 || output.value !== "") show()
}

const write = () => {
  const choices = [...new FormData(form), ["sort", sort]].filter(([, value]) => value !== "")
  history.replaceState(null, "", "#" + new URLSearchParams(choices))
}

for (const head of heads) {
  const button = document.createElement("button")
  button.type = "button"
  button.append(...head.childNodes)
  button.addEventListener("click", () => {
    arrange((sort === head.dataset.name ? "-" : "") + head.dataset.name)
    write()
  })
  head.append(button)
  head.setAttribute("aria-sort", "none")
}
form.addEventListener("input", () => {
  write()
  show()
})
addEventListener("hashchange", read)
form.hidden = false
read()`
