/**
 * The first part of the page's script: what the page holds, and text of
 * strangers. Plain JavaScript, since it is put into the page as it is; its types
 * are checked by a test.
 */
export const model = String.raw`
/** @typedef {{ since: number, ids: Array<string> }} Held */
/** @typedef {{ id: string, name: string, text: string, count: number, newest: number, unknown: number }} Project */
/**
 * @typedef {{
 *   index: number, id: string, text: string, readAt: string, owner: number, reason: string | null,
 *   held: Map<number, Held>, count: number, oldest: number, newest: number
 * }} Row
 */
/** @typedef {"a" | "o" | "n" | "u"} Kind */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
const get = (id, type) => {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error("no " + id)
  return element
}

const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]|(?![ \u3000])\p{Zs}/gu

/** @param {string} character */
const escaped = (character) => {
  const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")
  return hex.length > 4 ? "\\u{" + hex + "}" : "\\u" + hex
}

/** @param {string} text */
const visible = (text) => text.replace(hidden, escaped)

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} [className]
 * @param {ReadonlyArray<Node | string>} [children]
 * @returns {HTMLElementTagNameMap[K]}
 */
const make = (tag, className = "", children = []) => {
  const element = document.createElement(tag)
  if (className !== "") element.className = className
  element.append(...children)
  return element
}

/**
 * Text of strangers: it cannot turn its surroundings around, and what cannot be seen is spelt out.
 *
 * @param {string} text
 * @param {string} className
 */
const strange = (text, className) => {
  const element = make("bdi", className)
  let from = 0
  for (const match of text.matchAll(hidden)) {
    element.append(text.slice(from, match.index), make("span", "escape", [escaped(match[0])]))
    from = match.index + match[0].length
  }
  element.append(text.slice(from))
  return element
}

/**
 * @type {{
 *   projects: ReadonlyArray<[string, string]>,
 *   rows: ReadonlyArray<{
 *     c: string, r: string, o: number, w: string | null, p: ReadonlyArray<[number, number, string]>
 *   }>
 * }}
 */
const data = JSON.parse(get("data", HTMLScriptElement).textContent ?? "")

/** @type {ReadonlyArray<Project>} */
const projects = data.projects.map(([id, name]) => ({
  id,
  name,
  text: (id + "\n" + name + "\n" + visible(id + "\n" + name)).toLowerCase(),
  count: 0,
  newest: -Infinity,
  unknown: 0
}))

/** @type {ReadonlyArray<Row>} */
const rows = data.rows.map((row, index) => {
  /** @type {Map<number, Held>} */
  const held = new Map()
  for (const [project, since, id] of row.p) {
    const same = held.get(project)
    if (same === undefined) held.set(project, { since, ids: [id] })
    else {
      same.ids.push(id)
      same.since = Math.min(same.since, since)
    }
  }
  let count = 0
  let oldest = Infinity
  let newest = -Infinity
  for (const [project, { since }] of held) {
    const column = projects[project]
    if (project === row.o || column === undefined) continue
    count += 1
    oldest = Math.min(oldest, since)
    newest = Math.max(newest, since)
    column.count += 1
    column.newest = Math.max(column.newest, since)
  }
  const text = (row.c + "\n" + visible(row.c)).toLowerCase()
  if (row.w !== null) {
    for (const [project, column] of projects.entries()) if (project !== row.o && !held.has(project)) column.unknown += 1
  }
  return { index, id: row.c, text, readAt: row.r, owner: row.o, reason: row.w, held, count, oldest, newest }
})

/**
 * Only a row that was read to the end can say that a project has no access.
 *
 * @param {Row} row
 * @param {number} project
 * @returns {Kind}
 */
const kindOf = (row, project) => {
  if (row.owner === project) return "o"
  if (row.held.has(project)) return "a"
  return row.reason === null ? "n" : "u"
}

/** @type {Map<number, string>} */
const days = new Map()

/** @param {number} seconds */
const instant = (seconds) => new Date(seconds * 1000).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC")

/** @param {number} seconds */
const day = (seconds) => {
  if (!Number.isFinite(seconds)) return "–"
  const known = days.get(seconds)
  if (known !== undefined) return known
  const text = instant(seconds).split(" ")[0] ?? ""
  days.set(seconds, text)
  return text
}

/** @param {number} count @param {string} noun */
const counted = (count, noun) => count + " " + noun + (count === 1 ? "" : "s")
`
