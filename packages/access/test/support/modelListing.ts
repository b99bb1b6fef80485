/** What must be true of a listing that succeeded. */
import type { Permission } from "@checkpoint-permissions/core"
import type { Happened } from "./modelRun.ts"
import { overlap, type Violation, writes } from "./modelViolation.ts"

type Permissions = ReadonlyArray<Permission.Permission>

const ids = (permissions: Permissions): ReadonlyArray<string> => permissions.map(({ id }) => id)

export const listingViolations = (happened: ReadonlyArray<Happened>, one: Happened): ReadonlyArray<Violation> => {
  const { result, step } = one
  if (step._tag !== "list" || result._tag !== "done" || result.answer._tag !== "listed") return []
  const found: Array<Violation> = []
  const add = (kind: Violation["kind"], text: string) => found.push({ kind, text, step: one })
  const asked = (permissions: Permissions = []): Permissions =>
    permissions.filter(({ project_id }) => step.project === undefined || project_id === step.project)
  const before = asked(one.before[step.checkpoint])
  const after = asked(one.after[step.checkpoint])
  const listed = new Set(ids(result.answer.permissions))
  const still = new Set(ids(after))
  // Where a server starts over, what was read before a failure comes again: only a listing in one piece has no doubles.
  if (result.answer.resumed === 0 && listed.size < result.answer.permissions.length) {
    add("repeated", `it has ${result.answer.permissions.length - listed.size} permissions twice`)
  }
  for (const { id, project_id } of before) {
    if (still.has(id) && !listed.has(id)) add("short", `${id} of ${project_id} was there all the time and is not in it`)
  }
  for (const { id, project_id } of result.answer.permissions) {
    const made = happened.some((other) => writes(other) && overlap(one, other))
    if (!made && !before.some((permission) => permission.id === id)) {
      add("repeated", `${id} of ${project_id} is in it and was not there`)
    }
  }
  const quiet = !happened.some((other) => writes(other) && overlap(one, other))
  const expected = step.order === "ascending" ? ids(before) : [...ids(before)].reverse()
  if (quiet && result.answer.resumed === 0 && found.length === 0) {
    const got = ids(result.answer.permissions)
    if (got.some((id, n) => id !== expected[n])) add("repeated", `its order is ${got.join(", ")}`)
  }
  return found
}
