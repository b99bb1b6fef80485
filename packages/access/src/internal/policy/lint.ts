import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { shown } from "../text.ts"
import type { Issue, Path } from "./issues.ts"

/** What is known of a file whose shape may be wrong: whatever is not as it should be is passed over. */
const entries = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : []

const field = (value: unknown, key: string): unknown => entries(value).find(([name]) => name === key)?.[1]

const texts = (value: unknown): ReadonlyArray<readonly [number, string]> =>
  Array.isArray(value)
    ? value.flatMap((entry, index) => (typeof entry === "string" ? [[index, entry] as const] : []))
    : []

/** The names of the groups that a file defines. */
export const groupsOf = (value: unknown): ReadonlyArray<string> => entries(field(value, "groups")).map(([name]) => name)

interface List {
  readonly path: Path
  readonly entries: ReadonlyArray<readonly [number, string]>
}

const groupLists = (value: unknown): ReadonlyArray<List> =>
  entries(field(value, "groups")).map(([group, list]) => ({ path: ["groups", group], entries: texts(list) }))

const checkpointLists = (value: unknown): ReadonlyArray<List> =>
  entries(field(value, "checkpoints")).map(([checkpoint, inner]) => ({
    path: ["checkpoints", checkpoint, "projects"],
    entries: texts(field(inner, "projects"))
  }))

/** The projects of a list whose access ends. */
const endings = (value: unknown): List["entries"] =>
  Array.isArray(value)
    ? value.flatMap((entry, index) => {
        const project = field(entry, "project")
        return typeof project === "string" ? [[index, project] as const] : []
      })
    : []

const endingLists = (value: unknown): ReadonlyArray<List & { readonly of: unknown }> =>
  entries(field(value, "checkpoints")).map(([checkpoint, of]) => ({
    path: ["checkpoints", checkpoint, "projects"],
    entries: endings(field(of, "projects")),
    of
  }))

/** An end that would never come. */
export const neverEnding = (value: unknown): ReadonlyArray<Issue> =>
  endingLists(value).flatMap(({ entries, of, path }) => {
    const owner = field(of, "owner")
    return entries.flatMap(([index, project]): ReadonlyArray<Issue> => {
      const issue = (message: string): Issue => ({
        path: [...path, index, "until"],
        about: "value",
        actual: of,
        message
      })
      if (project === owner) {
        return [issue(`${shown(project, 520)} owns the model, so its access does not end: take the entry out`)]
      }
      return field(of, "mode") === "at-least"
        ? [issue("the mode at-least revokes nothing, so no access ends: take until out, or make the mode exact")]
        : []
    })
  })

/**
 * An entry twice in one list. A project that is also in a group of the list, or is listed without its end, is no
 * mistake.
 */
export const twice = (value: unknown): ReadonlyArray<Issue> =>
  [...groupLists(value), ...checkpointLists(value), ...endingLists(value)].flatMap(({ path, entries }) => {
    const seen = new Map<string, number>()
    return entries.flatMap(([index, entry]): ReadonlyArray<Issue> => {
      const first = seen.get(entry)
      if (first === undefined) {
        seen.set(entry, index)
        return []
      }
      const messageAt = (line: number) =>
        `${shown(entry, 520)} is in this list twice${line === 0 ? "" : `, first on line ${line}`}: take one out`
      return [
        {
          path: [...path, index],
          about: "value",
          actual: entry,
          message: messageAt(0),
          first: { path: [...path, first], messageAt }
        }
      ]
    })
  })

/** How many names are compared with all others: more are not misspelt by hand, and it would take long. */
const mostCompared = 100

/** Groups that are used, but are not among `groups`. */
export const unknownGroups = (value: unknown, groups: ReadonlySet<string>): ReadonlyArray<Issue> => {
  let compared = 0
  return checkpointLists(value).flatMap(({ path, entries }) =>
    entries.flatMap(([index, entry]): ReadonlyArray<Issue> => {
      const group = entry.slice(1)
      if (!entry.startsWith("@") || group === "" || groups.has(group)) return []
      const meant = compared++ < mostCompared ? nearest(group, groups) : undefined
      const todo =
        meant === undefined ? "define it under groups, or list its projects" : `did you mean ${shown(`@${meant}`)}?`
      const message = `there is no group ${shown(group, 520)}: ${todo}`
      return [{ path: [...path, index], about: "value", actual: entry, message }]
    })
  )
}
