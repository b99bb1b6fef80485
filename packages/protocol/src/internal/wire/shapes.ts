/** What a value of a reply has to be. */
import { isObject } from "../isObject.ts"

/** Where a fault is looked for, and who is told of it. A good value needs neither. */
export interface At {
  readonly path: string
  readonly onFault: (fault: string) => void
}

/** Whether a value is what it has to be. Tells its first fault, if that is asked for. */
export type Shape<A> = (value: unknown, at?: At) => value is A

export type TypeOf<S> = S extends Shape<infer A> ? A : never

type Shapes<A> = { readonly [K in keyof A]: Shape<A[K]> }

type Struct<A, O> = Readonly<A> & { readonly [K in keyof O]?: O[K] | null | undefined }

/** Values are shown whole, so that a key in them can be recognized, or not at all. */
const shownWhole = (value: unknown): string => {
  const json = JSON.stringify(value)
  return json.length <= 1000 ? json : `${json.length} characters of JSON`
}

const expected =
  (what: string) =>
  (value: unknown): string =>
    `expected ${what}, actual ${shownWhole(value)}`

const tell = (at: At | undefined, value: unknown, fault: (value: unknown) => string): void =>
  at?.onFault(`${at.path || "body"}: ${value === undefined ? "is missing" : fault(value)}`)

const shape =
  <A>(fault: (value: unknown) => string, holds: (value: unknown) => value is A): Shape<A> =>
  (value, at): value is A => {
    const isGood = holds(value)
    if (!isGood) tell(at, value, fault)
    return isGood
  }

const isText = (value: unknown): value is string => typeof value === "string"

export const text = shape(expected("a string"), isText)
export const integer = shape(expected("an integer"), (value): value is number => Number.isSafeInteger(value))
export const boolean = shape(expected("true or false"), (value): value is boolean => typeof value === "boolean")

/** The seconds that a date can hold: 100,000,000 days around the epoch. */
const lastSecond = 8_640_000_000_000

export const time = shape(
  expected("a time in Unix seconds"),
  (value): value is number => Number.isSafeInteger(value) && Math.abs(Number(value)) <= lastSecond
)

export const exactly = <const A extends string>(literal: A): Shape<A> =>
  shape(expected(JSON.stringify(literal)), (value): value is A => value === literal)

/** An id with the caller's brand. `refuse` says what is wrong with another value. */
export const id = <A extends string>(
  isId: (id: string) => id is A,
  refuse: (id: unknown) => string | undefined
): Shape<A> =>
  shape(
    (value) => refuse(value) ?? "is not an id",
    (value): value is A => isText(value) && isId(value)
  )

const nullable =
  (of: Shape<unknown>): Shape<unknown> =>
  (value, at): value is unknown =>
    value === undefined || value === null || of(value, at)

/** With other fields, too. Those that are `optional` may be missing or null. */
export const struct = <A extends object, O extends object>(
  fields: Shapes<A>,
  optional?: Shapes<O>
): Shape<Struct<A, O>> => {
  const own = Object.entries<Shape<unknown>>(fields)
  const others = Object.entries<Shape<unknown>>(optional ?? {})
  const entries = [...own, ...others.map(([name, of]) => [name, nullable(of)] as const)]
  return (value, at): value is Struct<A, O> => {
    if (!isObject(value)) {
      tell(at, value, expected("an object"))
      return false
    }
    for (const [name, of] of entries) {
      if (!of(value[name], at && { ...at, path: at.path === "" ? name : `${at.path}.${name}` })) return false
    }
    return true
  }
}

export const array =
  <A>(of: Shape<A>): Shape<ReadonlyArray<A>> =>
  (value, at): value is ReadonlyArray<A> => {
    if (!Array.isArray(value)) {
      tell(at, value, expected("an array"))
      return false
    }
    // a hole is no item
    for (let index = 0; index < value.length; index++) {
      if (!of(value[index], at && { ...at, path: `${at.path}[${index}]` })) return false
    }
    return true
  }

const cursor = shape(expected("a string or null"), isText)

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

/** A good value is given as it is, with every field that it has. */
export const read = <A>(shape: Shape<A>, value: unknown): Read<A> => {
  if (shape(value)) return { ok: value }
  let fault = ""
  const onFault = (found: string) => {
    fault = found
  }
  shape(value, { path: "", onFault })
  return { fault }
}
