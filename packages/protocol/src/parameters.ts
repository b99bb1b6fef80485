/**
 * Checks the parameters of operations before a request is sent. Input of any kind, even from JavaScript, is accepted,
 * or refused with field and reason. No check throws.
 */
import { refuseCheckpoint, refusePermission, refuseProject } from "./identifiers.ts"
import { type Checked, readProperties, shown } from "./internal/input.ts"
import type { ListParams } from "./wire.ts"

export type { Checked, Refusal } from "./internal/input.ts"

const isLimit = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0

const isOrder = (value: unknown): value is "ascending" | "descending" => value === "ascending" || value === "descending"

/** Returns the reason why a value cannot be a page size, and what to do. Returns `undefined` if it can be. */
export const refuseLimit = (value: unknown): string | undefined =>
  isLimit(value) ? undefined : `limit is ${shown(value)}: pass a positive whole number, such as 100`

/**
 * Returns the reason why a value cannot be the order of a listing, and what to do. Returns `undefined` if it can be.
 */
export const refuseOrder = (value: unknown): string | undefined =>
  isOrder(value) ? undefined : `order is ${shown(value)}: pass "ascending" or "descending"`

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/** Each parameter of a listing, so that a new one does not compile without its check. */
type Every<A> = { readonly [K in keyof Required<ListParams>]: A }

/** Checks the parameters of a listing. */
export const checkListParams = (params: unknown): Checked<ListParams> => {
  const rules: Every<(value: unknown) => string | undefined> = {
    project_id: refuseProject,
    after: refusePermission,
    limit: refuseLimit,
    order: refuseOrder
  }
  const read = readProperties("params", params === undefined ? {} : params, rules)
  if ("reason" in read) return read
  const { after, limit, order, project_id } = read.ok
  const ok: ListParams & Every<unknown> = {
    project_id: text(project_id),
    order: isOrder(order) ? order : undefined,
    after: text(after),
    limit: limit === undefined ? undefined : Number(limit)
  }
  return { ok }
}

/** Checks types of events: at least one, or `undefined` for all types. */
export const checkEventTypes = (types: unknown): Checked<ReadonlyArray<string> | undefined> => {
  if (types === undefined) return { ok: undefined }
  const names: ReadonlyArray<unknown> = Array.isArray(types) ? types : []
  const isName = (name: unknown): name is string => typeof name === "string" && name !== ""
  return names.length > 0 && names.every(isName)
    ? { ok: names }
    : { field: "types", reason: "pass at least one type of event, such as checkpoint.permission.created" }
}

/**
 * Checks an array of project ids: at least one. Returns each id once, in the given order. `whole` is the name of the
 * array.
 */
export const checkProjectIds = (projects: unknown, whole = "projectIds"): Checked<ReadonlyArray<string>> => {
  let field = whole
  try {
    if (!Array.isArray(projects))
      return { field, reason: `${whole} is ${shown(projects)}: pass an array of project ids` }
    const unique = new Set<string>()
    for (let index = 0; index < projects.length; index++) {
      field = `${whole}[${index}]`
      const id: unknown = projects[index]
      const reason = refuseProject(id)
      if (reason !== undefined) return { field, reason }
      unique.add(String(id))
    }
    return unique.size > 0
      ? { ok: [...unique] }
      : { field, reason: "the list is empty: pass at least one project id, such as proj_iqGMw1llN8IrBb6SvvY5A1oF" }
  } catch {
    return { field, reason: "it cannot be read: pass an array of project ids" }
  }
}

/** Checks the parameters of a grant or a revoke. Returns each project once, in the given order. */
export const checkAccess = (checkpoint: unknown, projects: unknown): Checked<ReadonlyArray<string>> => {
  const reason = refuseCheckpoint(checkpoint)
  return reason === undefined ? checkProjectIds(projects, "projects") : { field: "checkpoint", reason }
}
