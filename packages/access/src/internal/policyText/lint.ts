import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { shown } from "../text.ts"
import type { Issue, Path } from "./issues.ts"

/** What is known of a file whose shape may be wrong: whatever is not as it should be is passed over. */
const entries = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : []

const field = (value: unknown, key: string): unknown => entries(value).find(([name]) => name === key)?.[1]

/** The names of the groups that a file defines. */
export const groupsOf = (value: unknown): ReadonlyArray<string> => entries(field(value, "groups")).map(([name]) => name)

/** What is listed somewhere: a project or group as text, or a project whose access ends. */
interface Item {
  readonly path: Path
  readonly text: string
  readonly isEnding: boolean
  readonly until: unknown
}

/** The projects of a group, or of a checkpoint, which is `of` then. */
interface List {
  readonly part: "groups" | "checkpoints"
  readonly name: string
  readonly of: unknown
  readonly items: ReadonlyArray<Item>
}

const itemsOf = (list: unknown, path: Path): ReadonlyArray<Item> =>
  (Array.isArray(list) ? list : []).flatMap((entry: unknown, index) => {
    const isEnding = typeof entry !== "string"
    const text = isEnding ? field(entry, "project") : entry
    return typeof text === "string" ? [{ path: [...path, index], text, isEnding, until: field(entry, "until") }] : []
  })

/** Every list of a file. */
export const listsOf = (value: unknown): ReadonlyArray<List> => [
  ...entries(field(value, "groups")).map(([name, of]): List => {
    return { part: "groups", name, of, items: itemsOf(of, ["groups", name]) }
  }),
  ...entries(field(value, "checkpoints")).map(([name, of]): List => {
    return { part: "checkpoints", name, of, items: itemsOf(field(of, "projects"), ["checkpoints", name, "projects"]) }
  })
]

/** An end that would never come. */
const neverEnding = ({ items, of }: List): ReadonlyArray<Issue> =>
  items.flatMap(({ isEnding, path, text }) => {
    const message =
      text === field(of, "owner")
        ? `${shown(text, 520)} owns the model, so its access does not end: take the entry out`
        : "the mode at-least revokes nothing, so no access ends: take until out, or make the mode exact"
    return isEnding && (text === field(of, "owner") || field(of, "mode") === "at-least")
      ? [{ path: [...path, "until"], about: "value", actual: of, message }]
      : []
  })

/**
 * An entry twice in one list. A project that is also in a group of the list, or is listed without its end, is no
 * mistake.
 */
const twice = ({ items }: List): ReadonlyArray<Issue> => {
  const seen = new Map<string, Path>()
  return items.flatMap(({ isEnding, path, text }): ReadonlyArray<Issue> => {
    const key = `${isEnding}:${text}`
    const first = seen.get(key)
    if (first === undefined) {
      seen.set(key, path)
      return []
    }
    const messageAt = (line: number) =>
      `${shown(text, 520)} is in this list twice${line === 0 ? "" : `, first on line ${line}`}: take one out`
    return [{ path, about: "value", actual: text, message: messageAt(0), first: { path: first, messageAt } }]
  })
}

/** What the lists of a file say wrong, each alone. */
export const listIssues = (value: unknown): ReadonlyArray<Issue> =>
  listsOf(value).flatMap((list) => [...twice(list), ...neverEnding(list)])

/** How many names are compared with all others: more are not misspelt by hand, and it would take long. */
const mostCompared = 100

/** Groups that are used, but are not among `groups`. */
export const unknownGroups = (value: unknown, groups: ReadonlySet<string>): ReadonlyArray<Issue> => {
  let compared = 0
  const used = listsOf(value).flatMap(({ items, part }) => (part === "checkpoints" ? items : []))
  return used.flatMap(({ isEnding, path, text }): ReadonlyArray<Issue> => {
    const group = text.slice(1)
    if (isEnding || !text.startsWith("@") || group === "" || groups.has(group)) return []
    const meant = compared++ < mostCompared ? nearest(group, groups) : undefined
    const todo =
      meant === undefined ? "define it under groups, or list its projects" : `did you mean ${shown(`@${meant}`)}?`
    return [{ path, about: "value", actual: text, message: `there is no group ${shown(group, 520)}: ${todo}` }]
  })
}
