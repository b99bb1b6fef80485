/** What a value of a reply has to be. */
import { isObject } from "../isObject.ts"
import { expected, isTime } from "./faults.ts"

/** Tells the first fault of a value, and where it is. */
export type Shape<A> = (value: unknown, path: string, onFault: (fault: string) => void) => value is A

export type TypeOf<S> = S extends Shape<infer A> ? A : never

type Fields = Readonly<Record<string, Shape<unknown>>>

export const shape =
  <A>(what: string, holds: (value: unknown) => value is A): Shape<A> =>
  (value, path, onFault): value is A => {
    if (holds(value)) return true
    onFault(expected(what, path, value))
    return false
  }

export const text = shape("a string", (value): value is string => typeof value === "string")
export const integer = shape("an integer", (value): value is number => Number.isSafeInteger(value))
export const boolean = shape("true or false", (value): value is boolean => typeof value === "boolean")
export const time = shape("a time in Unix seconds", isTime)

export const exactly = <const A extends string>(literal: A): Shape<A> =>
  shape(JSON.stringify(literal), (value): value is A => value === literal)

/** May be missing, too. */
export const nullable =
  <A>(of: Shape<A>): Shape<A | null | undefined> =>
  (value, path, onFault): value is A | null | undefined =>
    value === undefined || value === null || of(value, path, onFault)

/** With other fields, too. */
export const struct =
  <F extends Fields>(fields: F): Shape<{ readonly [K in keyof F]: TypeOf<F[K]> }> =>
  (value, path, onFault): value is { readonly [K in keyof F]: TypeOf<F[K]> } => {
    if (isObject(value)) {
      return Object.entries(fields).every(([name, of]) =>
        of(value[name], path === "" ? name : `${path}.${name}`, onFault)
      )
    }
    onFault(expected("an object", path || "body", value))
    return false
  }

export const array =
  <A>(of: Shape<A>): Shape<ReadonlyArray<A>> =>
  (value, path, onFault): value is ReadonlyArray<A> => {
    if (Array.isArray(value)) return value.every((item, index) => of(item, `${path}[${index}]`, onFault))
    onFault(expected("an array", path, value))
    return false
  }

/** What of an id a page needs, however it is branded. */
export const id = <A extends string>(noun: string, isId: (id: string) => id is A): Shape<A> =>
  shape(noun, (value): value is A => typeof value === "string" && isId(value))
