import { nearest } from "@checkpoint-permissions/protocol/nearest"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as AST from "effect/SchemaAST"
import { formatValue, singleLine } from "../text.ts"
import { isKeyIssue } from "./record.ts"

export type Path = ReadonlyArray<PropertyKey>

/** A problem of a value, without its position in a text. */
export interface Issue {
  readonly path: Path
  /** The subject of the issue: the last key of the path, its value, a missing key, or an unknown key. */
  readonly about: "key" | "value" | "missing" | "unknown"
  readonly actual: unknown
  readonly message: string
}

/** Returns the keys of a mapping that are unknown or missing. */
const keysOf = (issues: ReadonlyArray<ParseResult.ParseIssue>, tag: "Unexpected" | "Missing") =>
  issues.flatMap((one) => (one._tag === "Pointer" && one.issue._tag === tag ? [String(one.path)] : []))

/** `known` are the keys of the mapping that has the last key of the path. */
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
        const isMapping = Predicate.hasProperty(issue.actual, "project") || Predicate.hasProperty(issue.actual, "until")
        const meant = all.find(({ _tag }) => _tag === (isMapping ? "Composite" : "Refinement"))
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

/** Returns every issue of a value that could not be decoded, each with its path. */
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
