/** What the values of replies have to be, and the shapes of the lists next to those of permissions. */
import { refuseProject } from "../identifiers.ts"
import { isObject } from "./input.ts"

/** What is wrong with a value, after the path to it, as in `.data[3].id: is missing`; `undefined` of a good one. */
type FaultOf = (value: unknown) => string | undefined

/** Whether a value is what it has to be, and its first fault if it is not. */
export interface Shape<A> {
  readonly is: (value: unknown) => value is A
  readonly faultOf: FaultOf
}

export type TypeOf<S> = S extends Shape<infer A> ? A : never

type Shapes<A> = { readonly [K in keyof A]: Shape<A[K]> }

type Struct<A, O> = Readonly<A> & { readonly [K in keyof O]?: O[K] | null | undefined }

const shape = <A>(faultOf: FaultOf): Shape<A> => ({
  faultOf,
  is: (value): value is A => faultOf(value) === undefined
})

/** Values are shown whole, so that a key in them can be recognized, or not at all. */
const shownWhole = (value: unknown): string => {
  const json = JSON.stringify(value)
  return json.length <= 1000 ? json : `${json.length} characters of JSON`
}

const expected = (what: string, value: unknown): string =>
  value === undefined ? ": is missing" : `: expected ${what}, actual ${shownWhole(value)}`

const plain = <A>(what: string, is: (value: unknown) => value is A): Shape<A> =>
  shape((value) => (is(value) ? undefined : expected(what, value)))

const isText = (value: unknown): value is string => typeof value === "string"

export const text = plain("a string", isText)
export const integer = plain("an integer", (value): value is number => Number.isSafeInteger(value))
export const boolean = plain("true or false", (value): value is boolean => typeof value === "boolean")

/** The seconds that a date can hold: 100,000,000 days around the epoch. */
const lastSecond = 8_640_000_000_000

export const time = plain(
  "a time in Unix seconds",
  (value): value is number => Number.isSafeInteger(value) && Math.abs(Number(value)) <= lastSecond
)

export const exactly = <const A extends string>(literal: A): Shape<A> =>
  plain(JSON.stringify(literal), (value): value is A => value === literal)

/** An id with the caller's brand. `refuse` says what is wrong with another value. */
export const id = <A extends string>(
  isId: (id: string) => id is A,
  refuse: (id: unknown) => string | undefined
): Shape<A> =>
  shape((value) => {
    if (isText(value) && isId(value)) return undefined
    return value === undefined ? expected("", value) : `: ${refuse(value) ?? "is not an id"}`
  })

const nullable =
  (of: FaultOf): FaultOf =>
  (value) =>
    value === null || value === undefined ? undefined : of(value)

/** With other fields, too. Those that are `optional` may be missing or null. */
export const struct = <A extends object, O extends object>(
  fields: Shapes<A>,
  optional?: Shapes<O>
): Shape<Struct<A, O>> => {
  const own = Object.entries<Shape<unknown>>(fields).map(([name, { faultOf }]) => [name, faultOf] as const)
  const others = Object.entries<Shape<unknown>>(optional ?? {})
  const entries = [...own, ...others.map(([name, { faultOf }]) => [name, nullable(faultOf)] as const)]
  return shape((value) => {
    if (!isObject(value)) return expected("an object", value)
    for (const [name, faultOf] of entries) {
      const fault = faultOf(value[name])
      if (fault !== undefined) return `.${name}${fault}`
    }
    return undefined
  })
}

export const array = <A>(of: Shape<A>): Shape<ReadonlyArray<A>> =>
  shape((value) => {
    if (!Array.isArray(value)) return expected("an array", value)
    // a hole is no item
    for (let index = 0; index < value.length; index++) {
      const fault = of.faultOf(value[index])
      if (fault !== undefined) return `[${index}]${fault}`
    }
    return undefined
  })

const cursor = plain("a string or null", isText)

/** A page of a list. */
export const list = <A>(item: Shape<A>) =>
  struct({ object: exactly("list"), data: array(item), has_more: boolean }, { first_id: cursor, last_id: cursor })

/** Tells which strings are ids, so that what is read has the caller's brands. They must agree with `identifiers`. */
export interface Ids<PermissionId extends string, ProjectId extends string> {
  readonly isPermissionId: (id: string) => id is PermissionId
  readonly isProjectId: (id: string) => id is ProjectId
}

export type PermissionIds<P extends string> = Pick<Ids<P, string>, "isPermissionId">

export type ProjectIds<J extends string> = Pick<Ids<string, J>, "isProjectId">

/** What was read, or the first fault that was found. */
export type Read<A> = { readonly ok: A } | { readonly fault: string }

/** Gives a good value as it is, with every field that it has. */
export const reader =
  <A>({ faultOf, is }: Shape<A>) =>
  (value: unknown): Read<A> => {
    if (is(value)) return { ok: value }
    const fault = faultOf(value) ?? ""
    return { fault: fault.startsWith(":") ? `body${fault}` : fault.slice(1) }
  }

// Fields that are not named here are kept.

/** A page of a list. */
export interface List<Item> {
  readonly object: "list"
  readonly data: ReadonlyArray<Item>
  readonly has_more: boolean
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
}

export const project = <J extends string>({ isProjectId }: ProjectIds<J>) =>
  struct(
    { id: id(isProjectId, refuseProject), object: exactly("organization.project"), created_at: time },
    { name: text, archived_at: time, status: text }
  )

export const adminKey = struct(
  { id: text },
  {
    name: text,
    created_at: time,
    expires_at: time,
    owner: struct({}, { type: text, id: text, name: text })
  }
)

const user = struct({}, { id: text, email: text })

const apiKey = struct({}, { id: text, type: text, user, service_account: struct({}, { id: text }) })

export const auditEvent = struct(
  { id: text, type: text, effective_at: time },
  {
    actor: struct({}, { type: text, session: struct({}, { user }), api_key: apiKey }),
    "checkpoint.permission.created": struct(
      {},
      { id: text, data: struct({}, { project_id: text, fine_tuned_model_checkpoint: text }) }
    ),
    "checkpoint.permission.deleted": struct({}, { id: text })
  }
)

const model = struct({ id: text, object: exactly("model"), created: time, owned_by: text }, { shutdown_date: text })

/** One page, which does not say so. */
export const models = struct({ object: exactly("list"), data: array(model) })

export const job = struct(
  { id: text, object: exactly("fine_tuning.job"), created_at: time, model: text, status: text },
  { fine_tuned_model: text, finished_at: time }
)

export const jobCheckpoint = struct({
  id: text,
  object: exactly("fine_tuning.job.checkpoint"),
  created_at: time,
  fine_tuned_model_checkpoint: text,
  step_number: integer,
  fine_tuning_job_id: text
})

/** A project of the organization. */
export type Project<ProjectId extends string = string> = TypeOf<ReturnType<typeof project<ProjectId>>>

/** A key of administration, without the key itself. */
export type AdminKey = TypeOf<typeof adminKey>

/**
 * An event of the audit log. Actor, data and ids may be missing. Addresses and places of sessions have no field here, so
 * that nothing can print them.
 */
export type AuditEvent = TypeOf<typeof auditEvent>

/** A model that a project can use. */
export type Model = TypeOf<typeof model>

/** A fine-tuning job. It names no project. */
export type FineTuningJob = TypeOf<typeof job>

/** A checkpoint of a job. */
export type JobCheckpoint = TypeOf<typeof jobCheckpoint>
