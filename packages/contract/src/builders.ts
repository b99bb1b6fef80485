/** Builders for the parts of cases. */
import type { Entry, Fault } from "@checkpoint-permissions/fake/faults"
import type { Call } from "./case.ts"

export const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"

/** Returns the id of the nth permission that the fake made. */
export const id = (n: number): string => `cp_${String(n).padStart(24, "0")}`

/** Returns `proj_001`, `proj_002`, … up to `count`. */
export const projects = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `proj_${String(index + 1).padStart(3, "0")}`)

/** Returns the first `count` of `total` projects in the order of a listing, newest first. */
export const newest = (total: number, count = total): ReadonlyArray<string> =>
  [...projects(total)].reverse().slice(0, count)

/** Returns a linear congruential generator: good enough to pick cases. */
export const randomOf = (seed: number) => {
  let state = (seed * 2654435761) >>> 0
  const below = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
  const pick = <const A>(...all: readonly [A, ...ReadonlyArray<A>]): A => all[below(all.length)] ?? all[0]
  for (let i = 0; i < 5; i++) below(2)
  return { below, pick }
}

export const times = <A>(count: number, value: A): ReadonlyArray<A> => Array.from({ length: count }, () => value)

/** Checkpoints that are changed once each. The tests of each Effect version check that nothing is kept for them. */
export const manyCheckpoints: ReadonlyArray<string> = Array.from({ length: 1000 }, (_, index) => `ft:${index}`)

export const list = (params?: Readonly<Record<string, unknown>>): Call => ({
  call: "list",
  checkpoint,
  ...(params === undefined ? {} : { params })
})

export const stream = (params?: Readonly<Record<string, unknown>>, take?: number) => ({
  call: "stream" as const,
  checkpoint,
  ...(params === undefined ? {} : { params }),
  ...(take === undefined ? {} : { take })
})

export const create = (...projects: ReadonlyArray<string>): Call => ({ call: "create", checkpoint, projects })
export const remove = (permission = id(1)): Call => ({ call: "delete", checkpoint, permission })
export const grant = (...projects: ReadonlyArray<string>): Call => ({ call: "grant", checkpoint, projects })
export const revoke = (...projects: ReadonlyArray<string>): Call => ({ call: "revoke", checkpoint, projects })

type Options = Omit<Extract<Call, { readonly call: "withOptions" }>, "call" | "of">

/** Returns a call with options: by default of a listing. */
export const withOptions = (options: Options, of: Call = list()): Call => ({ call: "withOptions", ...options, of })

export const finish = (of: Call): Call => ({ call: "finishInFlight", of })
export const uninterruptible = (of: Call): Call => ({ call: "uninterruptible", of })
export const interrupt = (after: number, of: Call): Call => ({ call: "interrupt", after, of })
export const timeout = (after: number, of: Call): Call => ({ call: "timeout", after, of })
export const repeat = (count: number, of: Call = list(), concurrency = 1): Call => ({
  call: "repeat",
  of,
  count,
  concurrency
})
export const delayed = (by: number, of: Call): Call => ({ call: "delayed", by, of })
export const sequence = (...of: ReadonlyArray<Call>): Call => ({ call: "sequence", of })
export const together = (...of: ReadonlyArray<Call>): Call => ({ call: "together", of })

/** Returns an entry that applies a fault to every request. */
export const always = (fault: Fault): Entry => ({ fault, times: 99 })

/** Options with three more attempts, a second apart. */
export const thrice = { retry: { times: 3, every: 1000, cap: 60_000 } } as const

const pageOf = (data: ReadonlyArray<{ readonly id: string }>) => ({
  object: "list",
  data,
  first_id: data.at(0)?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more: false
})

const permission = (project_id: string, n: number, created_at: number) => ({
  id: id(n),
  object: "checkpoint.permission",
  created_at,
  project_id
})

/** Returns a page of all permissions at the start, newest first. */
export const listed = (...projects: ReadonlyArray<string>) =>
  pageOf(projects.map((project, index) => permission(project, index + 1, 0)).reverse())

/** Returns a page of the permissions that a create made. `at` is in seconds since the start. */
export const created = (at: number, ...projects: ReadonlyArray<string>) =>
  pageOf(projects.map((project, index) => permission(project, index + 1, at)))

export const deleted = { id: id(1), object: "checkpoint.permission", deleted: true }
