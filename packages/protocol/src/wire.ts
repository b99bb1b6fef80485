/** Pages and deletions, read from parsed JSON. A reader names the first fault that it finds. */
import { refusePermission, refuseProject } from "./identifiers.ts"
import { isObject } from "./internal/isObject.ts"
import { expected, isTime } from "./internal/wire/faults.ts"

export * from "./internal/wire/lists.ts"

/** Access of one project to one checkpoint. */
export interface Permission<PermissionId extends string = string, ProjectId extends string = string> {
  readonly id: PermissionId
  /** Unix seconds. */
  readonly created_at: number
  readonly object: "checkpoint.permission"
  readonly project_id: ProjectId
}

/** One page of a listing, and the reply to a create. */
export interface Page<PermissionId extends string = string, ProjectId extends string = string> {
  readonly object: "list"
  readonly data: ReadonlyArray<Permission<PermissionId, ProjectId>>
  readonly has_more: boolean
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
}

/** The reply to a delete. */
export interface Deleted<PermissionId extends string = string> {
  readonly id: PermissionId
  readonly object: "checkpoint.permission"
  readonly deleted: boolean
}

/** The query of a listing. A field that the API does not know is refused: a misspelt filter would widen the listing. */
export interface ListParams {
  readonly project_id?: string | undefined
  /** Begin after this permission: the id of the last one already seen. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
  /** By age. Default: `"descending"`, the newest first. */
  readonly order?: "ascending" | "descending" | undefined
}

/** Tells which strings are ids, so that what is read has the caller's brands. They must agree with `identifiers`. */
export interface Ids<PermissionId extends string, ProjectId extends string> {
  readonly isPermissionId: (id: string) => id is PermissionId
  readonly isProjectId: (id: string) => id is ProjectId
}

/** What was read, or the first fault that was found. */
export type Read<A> = { readonly ok: A } | { readonly fault: string }

const idFault = (path: string, value: unknown, refuse: (id: unknown) => string | undefined): string =>
  value === undefined ? `${path}: is missing` : `${path}: ${refuse(value) ?? "is not an id"}`

const itemFault = <P extends string, J extends string>(
  value: unknown,
  { isPermissionId, isProjectId }: Ids<P, J>,
  index: number
): string | undefined => {
  if (!isObject(value)) return expected("an object", `data[${index}]`, value)
  const { id, object, created_at, project_id } = value
  if (object !== "checkpoint.permission") return expected('"checkpoint.permission"', `data[${index}].object`, object)
  if (typeof id !== "string" || !isPermissionId(id)) return idFault(`data[${index}].id`, id, refusePermission)
  if (!isTime(created_at)) return expected("a time in Unix seconds", `data[${index}].created_at`, created_at)
  if (typeof project_id !== "string" || !isProjectId(project_id)) {
    return idFault(`data[${index}].project_id`, project_id, refuseProject)
  }
  return undefined
}

const isCursor = (value: unknown): boolean => value === undefined || value === null || typeof value === "string"

const pageFault = <P extends string, J extends string>(value: unknown, ids: Ids<P, J>): string | undefined => {
  if (!isObject(value)) return expected("an object", "body", value)
  const { object, data, has_more, first_id, last_id } = value
  if (object !== "list") return expected('"list"', "object", object)
  if (!Array.isArray(data)) return expected("an array", "data", data)
  for (let index = 0; index < data.length; index++) {
    const fault = itemFault(data[index], ids, index)
    if (fault !== undefined) return fault
  }
  if (typeof has_more !== "boolean") return expected("true or false", "has_more", has_more)
  if (!isCursor(first_id)) return expected("a string or null", "first_id", first_id)
  if (!isCursor(last_id)) return expected("a string or null", "last_id", last_id)
  return undefined
}

const deletedFault = <P extends string>(
  value: unknown,
  { isPermissionId }: Pick<Ids<P, string>, "isPermissionId">
): string | undefined => {
  if (!isObject(value)) return expected("an object", "body", value)
  const { id, object, deleted } = value
  if (object !== "checkpoint.permission") return expected('"checkpoint.permission"', "object", object)
  if (typeof id !== "string" || !isPermissionId(id)) return idFault("id", id, refusePermission)
  if (typeof deleted !== "boolean") return expected("true or false", "deleted", deleted)
  return undefined
}

/** Reads a page from parsed JSON. A good page is returned as it is, with every field that it has. */
export const readPage = <P extends string, J extends string>(value: unknown, ids: Ids<P, J>): Read<Page<P, J>> => {
  let fault: string | undefined
  const isPage = (input: unknown): input is Page<P, J> => {
    fault = pageFault(input, ids)
    return fault === undefined
  }
  return isPage(value) ? { ok: value } : { fault: String(fault) }
}

/** Reads the reply to a delete from parsed JSON. A good reply is returned as it is, with every field that it has. */
export const readDeleted = <P extends string>(
  value: unknown,
  ids: Pick<Ids<P, string>, "isPermissionId">
): Read<Deleted<P>> => {
  let fault: string | undefined
  const isDeleted = (input: unknown): input is Deleted<P> => {
    fault = deletedFault(input, ids)
    return fault === undefined
  }
  return isDeleted(value) ? { ok: value } : { fault: String(fault) }
}
