/** The header of the page: subject and time of the audit, counts, and unknown parts. */
import { pluralize } from "@checkpoint-permissions/protocol/text"
import type { Audit, Axis } from "../model/audit.ts"
import { type Selection, tally } from "../model/select.ts"
import type { State } from "../model/state.ts"
import { codePoints, instant, readBetween, unknownOwners } from "../model/text.ts"
import { type Children, get, labelOf, make, untrusted } from "./dom.ts"

const about = (audit: Audit): Children => {
  const { apiUrl, createdAt, organization } = audit.data
  const read = readBetween(audit)
  return [
    untrusted(apiUrl, "id"),
    ...(organization === undefined ? [] : [", organization ", untrusted(organization, "id")]),
    ` · audit of ${instant(createdAt)}${read === "" ? "" : ` · checkpoints ${read}`}`
  ]
}

const notice = (title: string, text: string, lines: ReadonlyArray<HTMLElement>): ReadonlyArray<HTMLElement> =>
  lines.length === 0
    ? []
    : [
        make("details", "notice", [
          make("summary", "", [make("strong", "", [title]), text]),
          make("ul", "reasons", lines)
        ])
      ]

const incomplete = ({ checkpoints }: Audit): ReadonlyArray<HTMLElement> => {
  const errors = checkpoints.flatMap(({ error }) => error ?? [])
  return notice(
    `${pluralize(errors.length, "checkpoint")} of ${checkpoints.length} could not be read to the end.`,
    " Hatched cells are unknown: they do not mean “no access”.",
    [...new Set(errors)].map((error) => {
      const count = errors.filter((other) => other === error).length
      return make("li", "", [untrusted(error), `: ${pluralize(count, "checkpoint")}`])
    })
  )
}

/** Returns a notice about ids with non-ASCII characters, which may look like other ids. */
const foreign = ({ checkpoints, projects }: Audit): ReadonlyArray<HTMLElement> => {
  const lines = [...checkpoints, ...projects].flatMap((item) => {
    const points = codePoints(item.id)
    return points === "" ? [] : [make("li", "", [labelOf(item), `: ${points}`])]
  })
  return notice(
    `${pluralize(lines.length, "id")} with characters outside ASCII.`,
    " Such a character may look like another one.",
    lines
  )
}

export const draw = (audit: Audit): void => {
  const [project] = audit.projects
  const owners = unknownOwners(audit)
  get("about", HTMLElement).append(...about(audit))
  get("notices", HTMLElement).append(
    ...(audit.data.review ?? []).map((sentence) => make("p", "about", [untrusted(sentence)])),
    ...(audit.data.oneProject === true && project !== undefined
      ? [make("p", "", ["Permissions of one project only: ", labelOf(project), "."])]
      : []),
    ...(owners === "" ? [] : [make("p", "owners", [owners])]),
    ...incomplete(audit),
    ...foreign(audit)
  )
}

/** Draws the counts of a selection, with the mark of each kind of cell. */
export const drawStatus = ({ checkpoints, projects }: Audit, { rows }: State, selection: Selection): void => {
  const count = tally(selection)
  const shown = (axis: Axis): number => (rows === axis ? selection.rows : selection.columns).length
  const chip = (className: string, number: number, text: string) =>
    number === 0 ? [] : [" ", make("span", `chip ${className}`, [text])]
  get("status", HTMLElement).replaceChildren(
    `${shown("checkpoints")} of ${pluralize(checkpoints.length, "checkpoint")}, ${shown("projects")} of ${pluralize(projects.length, "project")}:`,
    ...chip("access", count.access, `✓ ${count.access} with a permission`),
    ...chip("owner", count.owner, `own ${pluralize(count.owner, "owner")}`),
    ...chip("", count.none, `· ${count.none} without`),
    ...chip("unknown", count.unknown, `? ${count.unknown} unknown`),
    ...chip("", count.duplicates, pluralize(count.duplicates, "duplicate permission"))
  )
}
