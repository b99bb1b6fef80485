import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type Diagnostic, InvalidPolicy } from "../policy/diagnostic.ts"
import type { AccessPolicy, Source } from "../policy/model.ts"
import { formatValue, singleLine } from "../text.ts"
import { type Issue, issuesOf, pathText } from "./issues.ts"
import { groupsOf, listIssues, unknownGroups } from "./lint.ts"
import { type LocatedIssue, type Read, read } from "./read.ts"
import { notText, Shape } from "./schema.ts"

const decode = Schema.decodeUnknownEither(Shape)

/** The content and issues of one text, or of a value without a text. */
interface File {
  readonly file: string | undefined
  readonly read: Read
  readonly policy: AccessPolicy | undefined
  readonly issues: Array<LocatedIssue>
}

const locateIssue = (read: Read, issue: Issue): LocatedIssue => {
  const { path, about } = issue
  const at = about === "missing" ? path.slice(0, -1) : path
  const position = read.locate(at, about === "value" ? "value" : "key")
  const source = about === "value" && issue.message === notText(issue.actual) ? read.source(path) : undefined
  return { position, path, message: source === undefined ? issue.message : notText(issue.actual, source) }
}

/** Checks one text without the others. */
const fileOf = (file: string | undefined, contents: Read): File => {
  if (!contents.readable) return { file, read: contents, policy: undefined, issues: [...contents.found] }
  const decoded = decode(contents.value)
  const issues = [...(Either.isLeft(decoded) ? issuesOf(decoded.left) : []), ...listIssues(contents.value)].filter(
    ({ path }) => !contents.unknownPaths.has(pathText(path))
  )
  return {
    file,
    read: contents,
    policy: Either.getOrUndefined(decoded),
    issues: [...contents.found, ...issues.map((issue) => locateIssue(contents, issue))]
  }
}

/** Reads a text, and checks it without the others. */
export const fileOfSource = ({ file, text }: Source): File => fileOf(file, read(text.replace(/^\ufeff/, "")))

/**
 * Combines one part of all files. Reports each entry whose key has an earlier, incompatible entry. Ignores invalid
 * entries, which are reported elsewhere.
 */
const combinePart = <A>(
  files: ReadonlyArray<File>,
  part: "names" | "groups" | "checkpoints",
  of: (policy: AccessPolicy) => { readonly [key: string]: A } | undefined,
  isSame: (one: A, other: A) => boolean,
  message: (key: string, first: string) => string
): { readonly [key: string]: A } => {
  const firsts = new Map<string, { readonly file: File; readonly value: A }>()
  const entries: Array<readonly [string, A]> = []
  for (const file of files) {
    for (const [key, value] of Object.entries((file.policy && of(file.policy)) ?? {})) {
      const path = [part, key]
      const first = firsts.get(key) ?? { file, value }
      firsts.set(key, first)
      entries.push([key, value])
      if (first.file === file || isSame(first.value, value)) continue
      const where = `${singleLine(first.file.file ?? "another text", 200)} on line ${first.file.read.locate(path, "key").line}`
      file.issues.push({
        position: file.read.locate(path, "key"),
        path,
        message: message(formatValue(key, 600), where)
      })
    }
  }
  return Object.fromEntries(entries)
}

const sameProjects = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  JSON.stringify([...one].sort()) === JSON.stringify([...other].sort())

const diagnosticsOf = ({ file, issues }: File): ReadonlyArray<Diagnostic> => {
  const seen = new Set<string>()
  return [...issues]
    .sort((one, other) => one.position.line - other.position.line || one.position.column - other.position.column)
    .map(({ position, path, message }) => ({
      file,
      ...position,
      path: pathText(path),
      message: singleLine(message, 1500)
    }))
    .filter(({ column, line, message, path }) => {
      // The target of an alias is read for each use. A value has no lines.
      const key = `${line === 0 ? path : `${line}:${column}`}:${message}`
      const isNew = !seen.has(key)
      seen.add(key)
      return isNew
    })
}

/** Combines all files into one policy. Fails with every mistake in them. */
export const combineFiles = (files: ReadonlyArray<File>): Either.Either<AccessPolicy, InvalidPolicy> => {
  // The groups of an unreadable file are unknown, so no group can be reported as missing.
  if (files.every(({ read }) => read.readable)) {
    const groups = new Set(files.flatMap(({ read }) => groupsOf(read.value)))
    for (const { read, issues } of files) {
      issues.push(...unknownGroups(read.value, groups).map((issue) => locateIssue(read, issue)))
    }
  }
  const names = combinePart(
    files,
    "names",
    (policy) => policy.names,
    (one, other) => one === other,
    (project, first) => `the project ${project} has another name in ${first}: use one`
  )
  const groups = combinePart(
    files,
    "groups",
    (policy) => policy.groups,
    sameProjects,
    (group, first) => `the group ${group} has other projects in ${first}: rename one of the two`
  )
  const checkpoints = combinePart(
    files,
    "checkpoints",
    (policy) => policy.checkpoints,
    () => false,
    (checkpoint, first) => `the checkpoint ${checkpoint} is also in ${first}: remove it from one of the files`
  )
  const diagnostics = files.flatMap(diagnosticsOf)
  if (Arr.isNonEmptyReadonlyArray(diagnostics)) return Either.left(new InvalidPolicy({ diagnostics }))
  return Either.right({
    version: 1,
    ...(files.some(({ policy }) => policy?.names !== undefined) ? { names } : {}),
    ...(files.some(({ policy }) => policy?.groups !== undefined) ? { groups } : {}),
    checkpoints
  })
}

/** The position of a value without a text. */
export const noPosition = { line: 0, column: 0 } as const

/** Checks a value that was made in code with the checks of a file. Skips them if `found` has issues. */
export const checkValue = (
  value: unknown,
  found: ReadonlyArray<LocatedIssue> = []
): Either.Either<AccessPolicy, InvalidPolicy> => {
  const readable = found.length === 0
  const read = {
    value,
    found,
    readable,
    unknownPaths: new Set<string>(),
    locate: () => noPosition,
    source: () => undefined
  }
  return combineFiles([fileOf(undefined, read)])
}
