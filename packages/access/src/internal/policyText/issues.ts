import { nearest } from "@checkpoint-permissions/protocol/nearest"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import { formatValue, singleLine } from "../text.ts"
import { isKeyIssue } from "./record.ts"
import { knownKeys } from "./schema.ts"

export type Path = ReadonlyArray<PropertyKey>

/** A problem of a value, without its position in a text. */
export interface Issue {
  readonly path: Path
  /** The subject of the issue: the last key of the path, its value, a missing key, or an unknown key. */
  readonly about: "key" | "value" | "missing" | "unknown"
  readonly actual: unknown
  readonly message: string
}

const leaves = (issue: ParseResult.ParseIssue, path: Path, about: Issue["about"]): ReadonlyArray<Issue> => {
  const leaf = (about: Issue["about"]): ReadonlyArray<Issue> => {
    const message = ParseResult.ArrayFormatter.formatIssueSync(issue)[0]?.message ?? "refused"
    return [{ path, about, actual: issue.actual, message: singleLine(message, 900) }]
  }
  switch (issue._tag) {
    case "Pointer":
      return leaves(issue.issue, path.concat(issue.path), about)
    case "Composite": {
      if (issue.ast._tag === "Union") {
        // A mapping gets the issues of its fields, and other values the issue of the text. A union of words gets one
        // message.
        const members = [issue.issues].flat()
        const isMapping = Predicate.hasProperty(issue.actual, "project") || Predicate.hasProperty(issue.actual, "until")
        const meant = members.find(({ _tag }) => _tag === (isMapping ? "Composite" : "Refinement"))
        return meant === undefined ? leaf(about) : leaves(meant, path, about)
      }
      const inner = isKeyIssue(issue) ? "key" : about
      return [issue.issues].flat().flatMap((one) => leaves(one, path, inner))
    }
    case "Refinement":
    case "Transformation":
      return leaves(issue.issue, path, about)
    case "Missing":
      return leaf("missing")
    case "Unexpected":
      return leaf("unknown")
    default:
      return leaf(about)
  }
}

const unknownKey = (issue: Issue): { readonly meant: string | undefined; readonly message: string } => {
  const known = knownKeys(issue.path.slice(0, -1))
  const key = String(issue.path.at(-1))
  const meant = nearest(key, known)
  const todo = meant === undefined ? `remove it, the keys here are ${known.join(", ")}` : `did you mean ${meant}?`
  return { meant, message: `unknown key ${formatValue(key)}: ${todo}` }
}

/** Returns every issue of a value that could not be decoded, each with its path. */
export const issuesOf = (error: ParseResult.ParseError): ReadonlyArray<Issue> => {
  const all = leaves(error.issue, [], "value")
  // A misspelled key also makes another key missing. Both are one issue.
  const meant = new Set<string>()
  const issues = all.map((issue) => {
    if (issue.about !== "unknown") return issue
    const { meant: key, message } = unknownKey(issue)
    if (key !== undefined) meant.add(JSON.stringify([...issue.path.slice(0, -1), key].map(String)))
    return { ...issue, message }
  })
  return issues.filter((issue) => issue.about !== "missing" || !meant.has(JSON.stringify(issue.path.map(String))))
}

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
