/** The header of the page: subject and time of the audit, counts, and unknown parts. */
import { pluralize } from "@checkpoint-permissions/protocol/text"
import { type Audit, duplicates } from "../model/audit.ts"
import { select, tally } from "../model/select.ts"
import { readBetween, unknownOwners } from "../model/sentences.ts"
import { initial } from "../model/state.ts"
import { codePoints, instant } from "../model/text.ts"
import { get, labelOf, make, untrusted } from "./dom.ts"

const about = (audit: Audit): ReadonlyArray<Node | string> => {
  const { apiUrl, createdAt, organization } = audit.data
  const size = `${pluralize(audit.checkpoints.length, "checkpoint")} × ${pluralize(audit.projects.length, "project")}`
  const read = readBetween(audit)
  return [
    `${size} · `,
    untrusted(apiUrl, "id"),
    ...(organization === undefined ? [] : [", organization ", untrusted(organization, "id")]),
    ` · audit of ${instant(createdAt)}${read === "" ? "" : ` · checkpoints ${read}`}`
  ]
}

const chips = (audit: Audit): ReadonlyArray<HTMLElement> => {
  const count = tally(select(audit, initial))
  const doubled = duplicates(audit)
  const chip = (className: string, text: string) =>
    make("li", `chip ${className}`, [className === "unknown" ? make("span", "mark", [text]) : text])
  return [
    chip("access", `✓ ${count.access} with a permission`),
    ...(count.owner === 0 ? [] : [chip("owner", `own ${pluralize(count.owner, "owner")}`)]),
    chip("", `· ${count.none} without`),
    ...(count.unknown === 0 ? [] : [chip("unknown", `? ${count.unknown} unknown`)]),
    ...(doubled === 0 ? [] : [chip("", pluralize(doubled, "duplicate permission"))])
  ]
}

const notice = (summary: ReadonlyArray<Node | string>, lines: ReadonlyArray<HTMLElement>): HTMLElement =>
  make("details", "notice", [make("summary", "", summary), make("ul", "reasons", lines)])

const incomplete = (audit: Audit): ReadonlyArray<HTMLElement> => {
  const times = new Map<string, number>()
  for (const { error } of audit.checkpoints) if (error !== undefined) times.set(error, (times.get(error) ?? 0) + 1)
  const count = [...times.values()].reduce((sum, times) => sum + times, 0)
  if (count === 0) return []
  const title = `${pluralize(count, "checkpoint")} of ${audit.checkpoints.length} could not be read to the end.`
  const lines = [...times].map(([error, times]) =>
    make("li", "", [untrusted(error), times === 1 ? "" : `: ${pluralize(times, "checkpoint")}`])
  )
  return [notice([make("strong", "", [title]), " What is hatched is unknown: it does not mean “no access”."], lines)]
}

/** Returns a notice of ids with characters outside ASCII, which may look like others. */
const foreign = (audit: Audit): ReadonlyArray<HTMLElement> => {
  const found = [...audit.checkpoints, ...audit.projects].filter(({ id }) => codePoints(id) !== "")
  if (found.length === 0) return []
  const title = `${pluralize(found.length, "id")} with characters outside ASCII.`
  const lines = found.map((item) => make("li", "", [labelOf(item), `: ${codePoints(item.id)}`]))
  return [notice([make("strong", "", [title]), " Such a character may look like another one."], lines)]
}

export const draw = (audit: Audit): void => {
  get("about", HTMLElement).replaceChildren(...about(audit))
  const [project] = audit.projects
  if (audit.data.oneProject === true && project !== undefined) {
    get("about", HTMLElement).after(make("p", "", ["Asked about one project only: ", labelOf(project), "."]))
  }
  const owners = unknownOwners(audit)
  if (owners !== "") get("about", HTMLElement).after(make("p", "owners", [owners]))
  get("chips", HTMLElement).replaceChildren(...chips(audit))
  get("notices", HTMLElement).replaceChildren(...incomplete(audit), ...foreign(audit))
}
