/** Pages and deletions, read from parsed JSON. A reader names the first fault that it finds. */
import * as items from "./internal/wire/items.ts"
import * as S from "./internal/wire/shapes.ts"

export type { Ids } from "./internal/wire/items.ts"
export type { Read } from "./internal/wire/shapes.ts"

/** A page of a list. */
export interface List<Item> {
  readonly object: "list"
  readonly data: ReadonlyArray<Item>
  readonly has_more: boolean
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
}

/** Access of one project to one checkpoint. */
export interface Permission<PermissionId extends string = string, ProjectId extends string = string> {
  readonly id: PermissionId
  /** Unix seconds. */
  readonly created_at: number
  readonly object: "checkpoint.permission"
  readonly project_id: ProjectId
}

/** One page of a listing of permissions, and the reply to a create. */
export interface Page<PermissionId extends string = string, ProjectId extends string = string>
  extends List<Permission<PermissionId, ProjectId>> {}

/** The reply to a delete. */
export interface Deleted<PermissionId extends string = string> {
  readonly id: PermissionId
  readonly object: "checkpoint.permission"
  readonly deleted: boolean
}

/** A project of the organization. */
export type Project<ProjectId extends string = string> = S.TypeOf<ReturnType<typeof items.project<ProjectId>>>

/** A key of administration, without the key itself. */
export type AdminKey = S.TypeOf<typeof items.adminKey>

/**
 * An event of the audit log. Actor, data and ids may be missing. Addresses and places of sessions have no field here, so
 * that nothing can print them.
 */
export type AuditEvent = S.TypeOf<typeof items.auditEvent>

/** A model that a project can use. */
export type Model = S.TypeOf<typeof items.model>

/** A fine-tuning job. It names no project. */
export type FineTuningJob = S.TypeOf<typeof items.job>

/** A checkpoint of a job. */
export type JobCheckpoint = S.TypeOf<typeof items.jobCheckpoint>

/** The query of a listing. A field that the API does not know is refused: a misspelt filter would widen the listing. */
export interface ListParams {
  readonly project_id?: string | undefined
  /** Begin after this permission: the id of the last one already seen. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
  /** By age. Default: `"descending"`, the newest first. */
  readonly order?: "ascending" | "descending" | undefined
}

/** Reads a page of permissions from parsed JSON. A good page is returned as it is, with every field that it has. */
export const readPage = <P extends string, J extends string>(
  value: unknown,
  ids: items.Ids<P, J>
): S.Read<Page<P, J>> => S.read(S.list(items.permission(ids)), value)

/** Reads the reply to a delete in the same way. */
export const readDeleted = <P extends string>(value: unknown, ids: items.PermissionIds<P>): S.Read<Deleted<P>> =>
  S.read(items.deleted(ids), value)

/** Reads a page of `GET /organization/projects`. */
export const readProjects = <J extends string>(value: unknown, ids: items.ProjectIds<J>): S.Read<List<Project<J>>> =>
  S.read(S.list(items.project(ids)), value)

const reader = <A>(item: S.Shape<A>) => {
  const page = S.list(item)
  return (value: unknown): S.Read<List<A>> => S.read(page, value)
}

/** Reads a page of `GET /organization/admin_api_keys`. */
export const readAdminKeys = reader(items.adminKey)

/** Reads a page of `GET /organization/audit_logs`. */
export const readEvents = reader(items.auditEvent)

/** Reads a page of `GET /fine_tuning/jobs`, which has no `last_id`. */
export const readJobs = reader(items.job)

/** Reads a page of `GET /fine_tuning/jobs/{job}/checkpoints`. */
export const readJobCheckpoints = reader(items.jobCheckpoint)

const models = S.struct({ object: S.exactly("list"), data: S.array(items.model) })

/** Reads the reply of `GET /models`, which is one page and does not say so. */
export const readModels = (value: unknown): S.Read<List<Model>> => {
  const reply = S.read(models, value)
  return "ok" in reply ? { ok: { ...reply.ok, has_more: false } } : reply
}
