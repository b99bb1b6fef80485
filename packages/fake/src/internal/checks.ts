import { refuseCheckpoint, refusePermission, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { InvalidSetting } from "../invalidSetting.ts"

/** A check, which throws `InvalidSetting` for an invalid value. */
export type Check = (value: unknown, field: string) => void

/** Quotes a text on one line. Removes an API key, which may have been passed in the wrong place. */
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

/** Checks a value with `test`. `what` describes valid values. */
export const that =
  (what: string, test: (value: unknown) => boolean): Check =>
  (value, field) => {
    if (!test(value)) throw expected(what, value, field)
  }

export const oneOf = (...values: ReadonlyArray<string | number>): Check =>
  that(alternatives(values.map((one) => JSON.stringify(one))), (value) => values.some((one) => one === value))

/** Checks a number with `test`. */
export const number = (what: string, test: (value: number) => boolean): Check =>
  that(what, (value) => typeof value === "number" && Number.isFinite(value) && test(value))

export const integer = (min: number, max = Number.MAX_SAFE_INTEGER): Check =>
  number(
    max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min} on` : `a whole number from ${min} to ${max}`,
    (value) => Number.isSafeInteger(value) && value >= min && value <= max
  )

/** Checks a time in Unix seconds. */
export const seconds = integer(0)

export const anyInteger = number("a whole number", Number.isSafeInteger)

export const share = number("a number from 0 to 1", (value) => value >= 0 && value <= 1)

/** The longest wait of a timer, in milliseconds. */
export const maxMillis = 2_147_483_647

/** Checks a time to wait, in milliseconds. */
export const millis = number(
  `milliseconds from 0 to ${maxMillis} (24 days)`,
  (value) => value >= 0 && value <= maxMillis
)

export const text = that("a text", (value) => typeof value === "string")

export const matching = (what: string, pattern: RegExp): Check =>
  that(what, (value) => typeof value === "string" && pattern.test(value))

export const filled = matching("a text that is not empty", /./s)

export const boolean = that("true or false", (value) => typeof value === "boolean")

export const nullable =
  (of: Check): Check =>
  (value, field) => {
    if (value !== null) of(value, field)
  }

/** Checks an id with a rule that returns the reason of a refusal. */
const id =
  (refuse: (id: unknown) => string | undefined): Check =>
  (value, field) => {
    const reason = refuse(value)
    if (reason !== undefined) throw new InvalidSetting(field, reason)
  }

export const checkpointId = id(refuseCheckpoint)
export const permissionId = id(refusePermission)
export const projectId = id(refuseProject)

export const list =
  (what: string, check: Check): Check =>
  (value, field) => {
    if (!Array.isArray(value)) throw expected(`a list of ${what}`, value, field)
    for (const [i, one] of value.entries()) check(one, `${field}[${i}]`)
  }

export const record =
  (what: string, name: Check, of: Check): Check =>
  (value, field) => {
    if (!isRecord(value)) throw expected(what, value, field)
    for (const [key, one] of Object.entries(value)) {
      const at = `${field}[${quoted(key)}]`
      name(key, at)
      of(one, at)
    }
  }

interface Fields {
  readonly required?: Readonly<Record<string, Check>>
  readonly optional?: Readonly<Record<string, Check>>
}

const unknownName = (name: string, known: ReadonlyArray<string>): string => {
  const meant = nearest(name, known)
  return meant === undefined
    ? `no such setting; expected ${alternatives(known)}`
    : `no such setting; did you mean ${meant}?`
}

/** Checks an object with these fields and no others. Optional fields may be `undefined`. */
export const struct = (what: string, { optional = {}, required = {} }: Fields): Check => {
  const names = [...Object.keys(required), ...Object.keys(optional)]
  return (value, field) => {
    if (!isRecord(value)) throw expected(what, value, field)
    const at = (name: string) => (field === "" ? name : `${field}.${name}`)
    // unknown names first: a misspelt name also leaves another one missing
    const unknown = Object.keys(value).find((name) => !names.includes(name))
    if (unknown !== undefined) {
      throw new InvalidSetting(at(unknown), names.length === 0 ? `expected ${what}` : unknownName(unknown, names))
    }
    for (const [name, check] of Object.entries(required)) check(value[name], at(name))
    for (const [name, check] of Object.entries(optional)) if (value[name] !== undefined) check(value[name], at(name))
  }
}

/** Checks an object whose `_tag` determines its other fields. */
export const tagged = (what: string, fields: Readonly<Record<string, Fields>>): Check => {
  const tag = oneOf(...Object.keys(fields))
  const structs = new Map<unknown, Check>(
    Object.entries(fields).map(([name, { optional = {}, required = {} }]) => [
      name,
      struct(what, { required: { _tag: anything, ...required }, optional })
    ])
  )
  return (value, field) => {
    if (!isRecord(value)) throw expected(what, value, field)
    tag(value["_tag"], `${field}._tag`)
    structs.get(value["_tag"])?.(value, field)
  }
}

/** Checks for a literal, or for an object that passes `check`. */
export const literalOr =
  (literals: ReadonlyArray<string>, what: string, check: Check): Check =>
  (value, field) => {
    if (literals.some((one) => one === value)) return
    if (typeof value === "object" && value !== null) return check(value, field)
    throw expected(alternatives([...literals.map((one) => JSON.stringify(one)), what]), value, field)
  }

/** Returns the fields of a valid object. Throws `InvalidSetting`. */
export const fieldsOf = (check: Check, value: unknown, field: string): Readonly<Record<string, unknown>> => {
  check(value, field)
  return isRecord(value) ? value : {}
}

export const anything: Check = () => undefined

/** Checks a day of the calendar, for example 2027-01-31. */
export const date = that(
  "a date such as 2027-01-31",
  (value) => typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))
)
