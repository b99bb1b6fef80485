/** A table with one line for each project of each checkpoint. */
import { type Audit, type Axis, heldOf, kindOf } from "../model/audit.ts"
import type { Grant } from "../model/grants.ts"
import { read } from "../model/sentences.ts"
import { isDescending, type State } from "../model/state.ts"
import { instant } from "../model/text.ts"
import { identifier, labelOf, make, untrusted } from "./dom.ts"

/** What a press on a header sorts by. */
export type OnSort = (by: Axis | "since") => void

const header = (state: State, by: Axis | "since", text: string, onSort: OnSort | undefined): HTMLElement => {
  const isByDate = state.sort === "oldest" || state.sort === "newest"
  const isSorted = by === "since" ? isByDate : !isByDate && state.rows === by
  const button = make("button", "sort", [text])
  button.type = "button"
  button.addEventListener("click", () => onSort?.(by))
  const cell = onSort === undefined ? make("th", "plain", [text]) : make("th", "", [button])
  cell.scope = "col"
  cell.setAttribute("aria-sort", isSorted ? (isDescending(state) ? "descending" : "ascending") : "none")
  return cell
}

const line = (audit: Audit, { checkpoint, project }: Grant): HTMLElement => {
  const head = make("th", "", [identifier(checkpoint.id)])
  head.scope = "row"
  const when = make("td", "read", [read(audit, checkpoint)])
  if (project === undefined) {
    const reason = make("td", "unknown", [make("b", "mark", ["? unknown"]), " ", untrusted(checkpoint.error ?? "")])
    reason.colSpan = 2
    return make("tr", "incomplete", [head, make("td", "", ["every project that is not listed"]), reason, when])
  }
  const held = heldOf(audit, checkpoint, project)
  const owns = kindOf(audit, checkpoint, project) === "owner" || held === undefined
  return make("tr", "", [
    head,
    make("td", "", [labelOf(project)]),
    owns ? make("td", "owner", ["owner"]) : make("td", "access", [instant(held.since)]),
    make("td", "", owns ? ["–"] : [untrusted(held.ids.join(", "), "id")]),
    when
  ])
}

/** The rows of a table; headers sort if `onSort` is given. */
export const contents = (
  audit: Audit,
  grants: ReadonlyArray<Grant>,
  state: State,
  onSort?: OnSort
): ReadonlyArray<HTMLElement> => {
  const plain = (text: string) => {
    const cell = make("th", "plain", [text])
    cell.scope = "col"
    return cell
  }
  const head = make("tr", "", [
    header(state, "checkpoints", "Checkpoint", onSort),
    header(state, "projects", "Project", onSort),
    header(state, "since", "Access since", onSort),
    plain("Permissions"),
    plain("Read")
  ])
  return [
    make("thead", "", [head]),
    make(
      "tbody",
      "",
      grants.map((grant) => line(audit, grant))
    )
  ]
}
