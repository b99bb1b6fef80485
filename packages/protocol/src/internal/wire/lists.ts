import * as items from "./items.ts"
import * as S from "./shapes.ts"

/** A page of one of the other lists. */
export interface List<Item> {
  readonly object: "list"
  readonly data: ReadonlyArray<Item>
  readonly has_more: boolean
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
}

/** A project of the organization. */
export type Project<ProjectId extends string = string> = S.TypeOf<ReturnType<typeof items.project<ProjectId>>>

/** A key of administration, without the key itself. */
export type AdminKey = S.TypeOf<typeof items.adminKey>

/** An event of the audit log. Actor, data and ids may be missing. */
export type AuditEvent = S.TypeOf<typeof items.auditEvent>

/** A model that a project can use. */
export type Model = S.TypeOf<typeof items.model>

/** A fine-tuning job. It names no project. */
export type FineTuningJob = S.TypeOf<typeof items.job>

/** A checkpoint of a job. */
export type JobCheckpoint = S.TypeOf<typeof items.jobCheckpoint>

type Read<A> = { readonly ok: A } | { readonly fault: string }

const read = <A>(shape: S.Shape<A>, value: unknown): Read<A> => {
  let fault: string | undefined
  const onFault = (found: string) => {
    fault = found
  }
  return shape(value, "", onFault) ? { ok: value } : { fault: String(fault) }
}

const listOf = <A>(item: S.Shape<A>) =>
  S.struct({
    object: S.exactly("list"),
    data: S.array(item),
    has_more: S.boolean,
    first_id: S.nullable(S.text),
    last_id: S.nullable(S.text)
  })

/** Reads a page of `GET /organization/projects`. */
export const readProjects = <J extends string>(
  value: unknown,
  { isProjectId }: { readonly isProjectId: (id: string) => id is J }
): Read<List<Project<J>>> => read(listOf(items.project(isProjectId)), value)

const adminKeys = listOf(items.adminKey)

/** Reads a page of `GET /organization/admin_api_keys`. */
export const readAdminKeys = (value: unknown): Read<List<AdminKey>> => read(adminKeys, value)

const events = listOf(items.auditEvent)

/** Reads a page of `GET /organization/audit_logs`. */
export const readEvents = (value: unknown): Read<List<AuditEvent>> => read(events, value)

const models = S.struct({ object: S.exactly("list"), data: S.array(items.model) })

/** Reads the reply of `GET /models`, which is one page and does not say so. */
export const readModels = (value: unknown): Read<List<Model>> => {
  const reply = read(models, value)
  return "ok" in reply ? { ok: { ...reply.ok, has_more: false } } : reply
}

const jobs = listOf(items.job)

/** Reads a page of `GET /fine_tuning/jobs`, which has no `last_id`. */
export const readJobs = (value: unknown): Read<List<FineTuningJob>> => read(jobs, value)

const jobCheckpoints = listOf(items.jobCheckpoint)

/** Reads a page of `GET /fine_tuning/jobs/{job}/checkpoints`. */
export const readJobCheckpoints = (value: unknown): Read<List<JobCheckpoint>> => read(jobCheckpoints, value)
