/** The second part of the page's script: which rows and columns are shown, and in which order. */
export const view = String.raw`
const state = {
  rows: "",
  columns: "",
  show: "all",
  /** @type {"checkpoint" | "count" | "oldest" | "newest" | number} */
  by: "checkpoint",
  down: false,
  order: "name",
  dates: projects.length <= 10,
  list: false,
  /** @type {"checkpoint" | "project" | "since"} */
  listBy: "checkpoint",
  listDown: false,
  listed: 500
}

/**
 * Every word has to be in it.
 *
 * @param {string} query
 * @returns {(text: string) => boolean}
 */
const matcher = (query) => {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "")
  return (text) => words.every((word) => text.includes(word))
}

const collator = new Intl.Collator("en", { numeric: true })

/** @param {string} one @param {string} other */
const byText = (one, other) => collator.compare(one, other)

/**
 * Access by its date, then the owner, what is unknown, and no access at the end.
 *
 * @param {Row} row
 * @param {number} project
 */
const rank = (row, project) => {
  const held = row.held.get(project)
  if (row.owner === project) return 4e13
  if (held !== undefined) return held.since
  return row.reason === null ? 6e13 : 5e13
}

/** @param {Row} one @param {Row} other */
const compareRows = (one, other) => {
  const { by } = state
  const first =
    by === "checkpoint"
      ? byText(one.text, other.text)
      : by === "count"
        ? one.count - other.count
        : by === "oldest"
          ? one.oldest - other.oldest
          : by === "newest"
            ? one.newest - other.newest
            : rank(one, by) - rank(other, by)
  // Infinity - Infinity is not a number: both have no date.
  const order = Number.isNaN(first) ? 0 : first
  return (state.down ? -order : order) || one.index - other.index
}

/** @param {number} one @param {number} other */
const compareColumns = (one, other) => {
  const [a, b] = [projects[one], projects[other]]
  if (a === undefined || b === undefined) return 0
  const newest = b.newest - a.newest
  const order =
    state.order === "id"
      ? byText(a.id, b.id)
      : state.order === "count"
        ? b.count - a.count
        : state.order === "newest"
          ? Number.isNaN(newest) ? 0 : newest
          : 0
  return order || one - other
}

/** @returns {{ shownRows: Array<Row>, shownColumns: Array<number> }} */
const shown = () => {
  const [matchesRow, matchesColumn] = [matcher(state.rows), matcher(state.columns)]
  let shownRows = rows.filter((row) => matchesRow(row.text))
  let shownColumns = projects.flatMap((project, index) => (matchesColumn(project.text) ? [index] : []))
  if (state.show !== "all") {
    const wanted = state.show === "unknown" ? "u" : "aou"
    const [before, columns] = [shownRows, shownColumns]
    // A row that is unknown stays even if there are no columns to show it in.
    shownRows = before.filter(
      (row) =>
        (columns.length === projects.length && row.reason !== null) ||
        columns.some((column) => wanted.includes(kindOf(row, column)))
    )
    shownColumns = columns.filter((column) => before.some((row) => wanted.includes(kindOf(row, column))))
  }
  return { shownRows: shownRows.sort(compareRows), shownColumns: shownColumns.sort(compareColumns) }
}

/**
 * What is known of a cell, in a sentence.
 *
 * @param {Row} row
 * @param {number} column
 */
const sentence = (row, column) => {
  const held = row.held.get(column)
  if (row.owner === column) return "owns the model and always has access"
  if (held === undefined) return row.reason === null ? "no access" : "unknown, not the same as no access: " + visible(row.reason)
  const ids = held.ids.map(visible)
  const few = ids.length > 5 ? ids.slice(0, 5).join(", ") + ", …" : ids.join(", ")
  return "access since " + instant(held.since) + " by " + counted(ids.length, "permission") + " (" + few + ")"
}
`
