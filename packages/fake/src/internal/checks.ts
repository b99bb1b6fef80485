import { refuseCheckpoint, refusePermission, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import { InvalidSetting } from "../invalidSetting.ts"

/** Says what is wrong with a value; `undefined` if nothing is. */
export type Check = (value: unknown, field: string) => InvalidSetting | undefined

/** A text in quotes, on one line, without an API key that was put in the wrong place. */
const quoted = (text: string): string => JSON.stringify(text.replace(/\bsk-\S*/g, "sk-…"))

export const shown = (value: unknown): string => {
  if (Array.isArray(value)) return "a list"
  if (typeof value === "object" && value !== null) return "an object"
  const text = typeof value === "string" ? quoted(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

export const expected = (what: string, value: unknown, field: string): InvalidSetting =>
  new InvalidSetting(field, `expected ${what}, got ${shown(value)}`)

const alternatives = (texts: ReadonlyArray<string>): string =>
  texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} or ${texts[texts.length - 1]}`

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** One of some strings or numbers. */
export const oneOf =
  (...values: ReadonlyArray<string | number>): Check =>
  (value, field) =>
    values.some((one) => one === value)
      ? undefined
      : expected(alternatives(values.map((one) => JSON.stringify(one))), value, field)

/** A number that passes `test`; `what` describes those that do. */
export const number =
  (what: string, test: (value: number) => boolean): Check =>
  (value, field) =>
    typeof value === "number" && Number.isFinite(value) && test(value) ? undefined : expected(what, value, field)

export const integer = (min: number, max = Number.MAX_SAFE_INTEGER): Check =>
  number(
    max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min} on` : `a whole number from ${min} to ${max}`,
    (value) => Number.isSafeInteger(value) && value >= min && value <= max
  )

/** Unix seconds. */
export const seconds: Check = integer(0)

/** A seed of random numbers. */
export const anyInteger: Check = number("a whole number", Number.isSafeInteger)

/** Timers can wait no longer. */
export const maxMillis = 2_147_483_647

/** A time to wait. */
export const millis: Check = number(
  `milliseconds from 0 to ${maxMillis} (24 days)`,
  (value) => value >= 0 && value <= maxMillis
)

export const text: Check = (value, field) => (typeof value === "string" ? undefined : expected("a text", value, field))

export const boolean: Check = (value, field) =>
  typeof value === "boolean" ? undefined : expected("true or false", value, field)

export const nullable =
  (of: Check): Check =>
  (value, field) =>
    value === null ? undefined : of(value, field)

/** An id, by the rule that says why one is refused and what would do. */
const id =
  (refuse: (id: unknown) => string | undefined): Check =>
  (value, field) => {
    const reason = refuse(value)
    return reason === undefined ? undefined : new InvalidSetting(field, reason)
  }

export const checkpointId: Check = id(refuseCheckpoint)
export const permissionId: Check = id(refusePermission)
export const projectId: Check = id(refuseProject)

export const list =
  (what: string, check: Check): Check =>
  (value, field) => {
    if (!Array.isArray(value)) return expected(`a list of ${what}`, value, field)
    for (const [i, one] of value.entries()) {
      const problem = check(one, `${field}[${i}]`)
      if (problem !== undefined) return problem
    }
    return undefined
  }

/** An object whose names and values are data. */
export const record =
  (what: string, name: Check, of: Check): Check =>
  (value, field) => {
    if (!isRecord(value)) return expected(what, value, field)
    for (const [key, one] of Object.entries(value)) {
      const at = `${field}[${quoted(key)}]`
      const problem = name(key, at) ?? of(one, at)
      if (problem !== undefined) return problem
    }
    return undefined
  }

export interface Fields {
  readonly required?: Readonly<Record<string, Check>>
  readonly optional?: Readonly<Record<string, Check>>
}

/** An object with these fields and no others; an optional one may be `undefined`. */
export const struct = (what: string, { optional = {}, required = {} }: Fields): Check => {
  const names = [...Object.keys(required), ...Object.keys(optional)]
  return (value, field) => {
    if (!isRecord(value)) return expected(what, value, field)
    const at = (name: string) => (field === "" ? name : `${field}.${name}`)
    // a name that is misspelt would also be one that is missing
    const unknown = Object.keys(value).find((name) => !names.includes(name))
    if (unknown !== undefined) {
      return new InvalidSetting(
        at(unknown),
        names.length === 0 ? `expected ${what}` : `no such setting; expected ${alternatives(names)}`,
        names
      )
    }
    for (const [name, check] of Object.entries(required)) {
      const problem = check(value[name], at(name))
      if (problem !== undefined) return problem
    }
    for (const [name, check] of Object.entries(optional)) {
      const problem = value[name] === undefined ? undefined : check(value[name], at(name))
      if (problem !== undefined) return problem
    }
    return undefined
  }
}

/** A literal, or an object that passes `check`. */
export const literalOr =
  (literals: ReadonlyArray<string>, what: string, check: Check): Check =>
  (value, field) => {
    if (literals.some((one) => one === value)) return undefined
    return typeof value === "object" && value !== null
      ? check(value, field)
      : expected(alternatives([...literals.map((one) => JSON.stringify(one)), what]), value, field)
  }

/** Throws what is wrong, if anything is. */
export const assertValid = (check: Check, value: unknown, field: string): void => {
  const problem = check(value, field)
  if (problem !== undefined) throw problem
}

/** The fields of an object that passes. Throws what is wrong, if anything is. */
export const fieldsOf = (check: Check, value: unknown, field: string): Readonly<Record<string, unknown>> => {
  assertValid(check, value, field)
  return isRecord(value) ? value : {}
}

/** For what is checked elsewhere. */
export const anything: Check = () => undefined

/** A text that is not empty. */
export const filled: Check = (value, field) =>
  value === "" ? expected("a text that is not empty", value, field) : text(value, field)

/** A day of the calendar, such as 2027-01-31. */
export const date: Check = (value, field) =>
  typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))
    ? undefined
    : expected("a date such as 2027-01-31", value, field)
