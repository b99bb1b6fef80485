/** Issues of a value that may not be a policy: of its shape, and of its lists. */
import { nearest } from "@checkpoint-permissions/protocol/nearest"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as AST from "effect/SchemaAST"
import { formatValue, singleLine } from "../text/words.ts"
import { isKeyIssue, isMapping } from "./record.ts"

export type Path = ReadonlyArray<PropertyKey>

export interface Issue {
  readonly path: Path
  /** The subject of the issue: the last key of the path, its value, a missing key, or an unknown key. */
  readonly about: "key" | "value" | "missing" | "unknown"
  readonly actual: unknown
  readonly message: string
}

const keysOf = (issues: ReadonlyArray<ParseResult.ParseIssue>, tag: "Unexpected" | "Missing") =>
  issues.flatMap((one) => (one._tag === "Pointer" && one.issue._tag === tag ? [String(one.path)] : []))

/** Returns the issues within an issue. `known` are the keys of the mapping that has the last key of the path. */
const leaves = (
  issue: ParseResult.ParseIssue,
  path: Path,
  about: Issue["about"],
  known: ReadonlyArray<string> = []
): ReadonlyArray<Issue> => {
  const leaf = (about: Issue["about"]): ReadonlyArray<Issue> => {
    const message = ParseResult.ArrayFormatter.formatIssueSync(issue)[0]?.message ?? "refused"
    return [{ path, about, actual: issue.actual, message: singleLine(message, 900) }]
  }
  switch (issue._tag) {
    case "Pointer":
      return leaves(issue.issue, path.concat(issue.path), about, known)
    case "Composite": {
      const all = [issue.issues].flat()
      if (issue.ast._tag === "Union") {
        // A mapping gets the issues of its fields, and other values the issue of the text. A union of words gets one
        // message.
        const isEnding = Predicate.hasProperty(issue.actual, "project") || Predicate.hasProperty(issue.actual, "until")
        const meant = all.find(({ _tag }) => _tag === (isEnding ? "Composite" : "Refinement"))
        return meant === undefined ? leaf(about) : leaves(meant, path, about)
      }
      const inner = isKeyIssue(issue) ? "key" : about
      const keys = AST.isTypeLiteral(issue.ast) ? issue.ast.propertySignatures.map(({ name }) => String(name)) : []
      const meant = keysOf(all, "Unexpected").map((key) => nearest(key, keys))
      // A misspelled key also makes another key missing. Both are one issue.
      const isReported = (one: ParseResult.ParseIssue) => keysOf([one], "Missing").some((key) => meant.includes(key))
      return all.filter((one) => !isReported(one)).flatMap((one) => leaves(one, path, inner, keys))
    }
    case "Refinement":
    case "Transformation":
      return leaves(issue.issue, path, about)
    case "Missing":
      return leaf("missing")
    case "Unexpected": {
      const key = String(path.at(-1))
      const meant = nearest(key, known)
      const todo = meant === undefined ? `remove it, the keys here are ${known.join(", ")}` : `did you mean ${meant}?`
      return [{ path, about: "unknown", actual: issue.actual, message: `unknown key ${formatValue(key)}: ${todo}` }]
    }
    default:
      return leaf(about)
  }
}

export const issuesOf = ({ issue }: ParseResult.ParseError): ReadonlyArray<Issue> => leaves(issue, [], "value")

/** Returns a path as text, such as `checkpoints["ft:a"].projects[0]`. */
export const pathText = (path: Path): string =>
  path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`
      const key = String(part)
      if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key)) return index === 0 ? key : `.${key}`
      return `[${formatValue(key, 600)}]`
    })
    .join("")

/** Returns the entries of a mapping in a file whose shape may be invalid. Other values have none. */
const entries = (value: unknown) => (isMapping(value) ? Object.entries(value) : [])

const field = (value: unknown, key: string): unknown => entries(value).find(([name]) => name === key)?.[1]

export const groupsOf = (value: unknown): ReadonlyArray<string> => entries(field(value, "groups")).map(([name]) => name)

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

export const listsOf = (value: unknown): ReadonlyArray<List> =>
  (["groups", "checkpoints"] as const).flatMap((part) =>
    entries(field(value, part)).map(([name, of]): List => {
      const [list, path] = part === "groups" ? [of, [part, name]] : [field(of, "projects"), [part, name, "projects"]]
      return { part, name, of, path, items: itemsOf(list, path) }
    })
  )

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

export const listIssues = (value: unknown): ReadonlyArray<Issue> =>
  listsOf(value).flatMap((list) => [...duplicateEntries(list), ...endsWithoutEffect(list)])

/** The maximum number of names to compare with all others. Comparing more would be slow. */
const maxCompared = 100

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
