/** Shapes of values in replies. A shape checks a value, and returns its first fault. */
import { isObject } from "./input.ts"

/**
 * Returns the first fault of a value with its path, such as `.data[3].id: is missing`. Returns `undefined` if the value
 * is valid.
 */
type FaultOf = (value: unknown) => string | undefined

/** The check of a value. */
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

/**
 * Returns the JSON of a value, or only its length if it exceeds 1,000 characters. The JSON is never cut, so that a key
 * in it can be recognized and removed.
 */
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

/** The latest time of a `Date` in seconds: 100,000,000 days after the epoch. */
const lastSecond = 8_640_000_000_000

export const time = plain(
  "a time in Unix seconds",
  (value): value is number => Number.isSafeInteger(value) && Math.abs(Number(value)) <= lastSecond
)

export const oneOf = <const A extends string>(...words: ReadonlyArray<A>): Shape<A> =>
  plain(words.map((word) => JSON.stringify(word)).join(" or "), (value): value is A =>
    words.some((word) => word === value)
  )

/** Makes the shape of a branded id. `refuse` returns the fault of an invalid id. */
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

/** Makes the shape of an object, which may have additional fields. `optional` fields may be missing or null. */
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
    // by index, since `every` skips the holes of an array
    for (let index = 0; index < value.length; index++) {
      const fault = of.faultOf(value[index])
      if (fault !== undefined) return `[${index}]${fault}`
    }
    return undefined
  })

const cursor = plain("a string or null", isText)

const cursors = { first_id: cursor, last_id: cursor }

/** Makes the shape of a page of permissions. */
export const list = <A>(item: Shape<A>) =>
  struct({ object: oneOf("list"), data: array(item), has_more: boolean }, cursors)

/**
 * Makes the shape of a page of a list under `/organization` or of jobs. A published example of the audit log has no
 * `object`.
 */
export const itemPage = <A>(item: Shape<A>) =>
  struct({ data: array(item), has_more: boolean }, { object: oneOf("list"), ...cursors })

/** A page of a list. */
export type List<Item> = TypeOf<ReturnType<typeof list<Item>>>

/** A page of a list under `/organization` or of jobs. */
export type ItemPage<Item> = TypeOf<ReturnType<typeof itemPage<Item>>>

/** Guards of the branded ids of an adapter. They must agree with `identifiers`. */
export interface Ids<PermissionId extends string, ProjectId extends string> {
  readonly isPermissionId: (id: string) => id is PermissionId
  readonly isProjectId: (id: string) => id is ProjectId
}

export type PermissionIds<P extends string> = Pick<Ids<P, string>, "isPermissionId">

export type ProjectIds<J extends string> = Pick<Ids<string, J>, "isProjectId">

/** The value, or its first fault. */
export type Read<A> = { readonly ok: A } | { readonly fault: string }

/** Makes a reader, which returns a valid value as it is, with all its fields. */
export const reader =
  <A>({ faultOf, is }: Shape<A>) =>
  (value: unknown): Read<A> => {
    if (is(value)) return { ok: value }
    const fault = faultOf(value) ?? ""
    return { fault: fault.startsWith(":") ? `body${fault}` : fault.slice(1) }
  }
