import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { formatValue } from "../text.ts"
import type { Issue, Path } from "./issues.ts"

/** Returns the entries of a mapping in a file whose shape may be invalid. Other values have none. */
const entries = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : []

const field = (value: unknown, key: string): unknown => entries(value).find(([name]) => name === key)?.[1]

/** Returns the names of the groups that a file defines. */
export const groupsOf = (value: unknown): ReadonlyArray<string> => entries(field(value, "groups")).map(([name]) => name)

/** An entry of a list: a project or group as text, or a project with an end of access. */
interface Item {
  readonly path: Path
  readonly text: string
  readonly hasEnd: boolean
  readonly until: unknown
}

/** The list of a group or of a checkpoint. `of` is the value of the group or checkpoint in the file. */
interface List {
  readonly part: "groups" | "checkpoints"
  readonly name: string
  readonly of: unknown
  readonly path: Path
  readonly items: ReadonlyArray<Item>
}

const itemsOf = (list: unknown, path: Path): ReadonlyArray<Item> =>
  (Array.isArray(list) ? list : []).flatMap((entry: unknown, index) => {
    const hasEnd = typeof entry !== "string"
    const text = hasEnd ? field(entry, "project") : entry
    return typeof text === "string" ? [{ path: [...path, index], text, hasEnd, until: field(entry, "until") }] : []
  })

/** Returns every list of a file. */
export const listsOf = (value: unknown): ReadonlyArray<List> =>
  (["groups", "checkpoints"] as const).flatMap((part) =>
    entries(field(value, part)).map(([name, of]): List => {
      const [list, path] = part === "groups" ? [of, [part, name]] : [field(of, "projects"), [part, name, "projects"]]
      return { part, name, of, path, items: itemsOf(list, path) }
    })
  )

/** Returns the issues of ends of access that have no effect. */
const endsWithoutEffect = ({ items, of }: List): ReadonlyArray<Issue> =>
  items.flatMap(({ hasEnd, path, text }) => {
    const message =
      text === field(of, "owner")
        ? `${formatValue(text, 520)} owns the model, so its access does not end: remove the entry`
        : "the mode at-least revokes nothing, so no access ends: remove until, or set mode to exact"
    return hasEnd && (text === field(of, "owner") || field(of, "mode") === "at-least")
      ? [{ path: [...path, "until"], about: "value", actual: of, message }]
      : []
  })

/**
 * Returns the issues of entries that are repeated in one list. A project may also be in a group of the list. It may
 * also be listed twice, once with an end and once without.
 */
const duplicateEntries = ({ items }: List): ReadonlyArray<Issue> => {
  const seen = new Set<string>()
  return items.flatMap(({ hasEnd, path, text }): ReadonlyArray<Issue> => {
    const key = `${hasEnd}:${text}`
    const isRepeated = seen.has(key)
    seen.add(key)
    const message = `${formatValue(text, 520)} is repeated in this list: remove one`
    return isRepeated ? [{ path, about: "value", actual: text, message }] : []
  })
}

/** Returns the issues of a file's lists, each list alone. */
export const listIssues = (value: unknown): ReadonlyArray<Issue> =>
  listsOf(value).flatMap((list) => [...duplicateEntries(list), ...endsWithoutEffect(list)])

/** The maximum number of names to compare with all others. Comparing more would be slow. */
const maxCompared = 100

/** Returns the issues of groups that are used but not in `groups`. */
export const unknownGroups = (value: unknown, groups: ReadonlySet<string>): ReadonlyArray<Issue> => {
  let compared = 0
  const used = listsOf(value).flatMap(({ items, part }) => (part === "checkpoints" ? items : []))
  return used.flatMap(({ hasEnd, path, text }): ReadonlyArray<Issue> => {
    const group = text.slice(1)
    if (hasEnd || !text.startsWith("@") || group === "" || groups.has(group)) return []
    const meant = compared++ < maxCompared ? nearest(group, groups) : undefined
    const todo =
      meant === undefined ? "define it under groups, or list its projects" : `did you mean ${formatValue(`@${meant}`)}?`
    return [{ path, about: "value", actual: text, message: `there is no group ${formatValue(group, 520)}: ${todo}` }]
  })
}
