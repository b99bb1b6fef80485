import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { isScalar } from "yaml"
import { formatValue, singleLine } from "../text/words.ts"
import { type CurrentAccess, type Diagnostic, InvalidPolicy, type Source } from "./entry.ts"
import { groupsOf, type Issue, issuesOf, listIssues, type Path, pathText, unknownGroups } from "./issues.ts"
import { type LocatedIssue, noPosition, type Read, read, withoutText } from "./read.ts"
import { AccessPolicy, type AccessPolicyEncoded, notText } from "./schema.ts"

const decode = Schema.decodeUnknownEither(AccessPolicy)

interface File extends Read {
  readonly file: string | undefined
  readonly policy: AccessPolicy | undefined
}

const locateIssue = (read: Read, { about, actual, message, path }: Issue): LocatedIssue => {
  const at = about === "missing" ? path.slice(0, -1) : path
  const position = read.locate(at, about === "value" ? "value" : "key")
  const { node } = read.nodeAt(path)
  const isNotText = about === "value" && message === notText(actual) && isScalar(node) && typeof node.value !== "string"
  return { position, path, message: isNotText ? notText(actual, node.source) : message }
}

const fileOf = (file: string | undefined, read: Read): File => {
  if (!read.readable) return { ...read, file, policy: undefined }
  const decoded = decode(read.value)
  for (const issue of [...(Either.isLeft(decoded) ? issuesOf(decoded.left) : []), ...listIssues(read.value)]) {
    if (!read.unknownPaths.has(pathText(issue.path))) read.issues.push(locateIssue(read, issue))
  }
  return { ...read, file, policy: Either.getOrUndefined(decoded) }
}

export const fileOfSource = ({ file, text }: Source): File => fileOf(file, read(text.replace(/^\ufeff/, "")))

const placeOf = ({ file, locate }: File, path: Path): string =>
  `${singleLine(file ?? "another text", 200)} on line ${locate(path, "key").line}`

const conflicts: { readonly [Part in "groups" | "checkpoints"]: (key: string, first: string) => string } = {
  groups: (group, first) => `the group ${group} has other projects in ${first}: rename one of the two`,
  checkpoints: (key, first) => `the checkpoint ${key} is also in ${first}: remove it from one of the files`
}

/**
 * Combines one part of all files. Reports each entry whose key has an earlier, incompatible entry. Ignores invalid
 * entries, which are reported elsewhere.
 */
const combinePart = <A>(
  files: ReadonlyArray<File>,
  part: keyof typeof conflicts,
  of: (policy: AccessPolicy) => { readonly [key: string]: A } | undefined,
  isSame: (one: A, other: A) => boolean
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
      file.issues.push({
        position: file.locate(path, "key"),
        path,
        message: conflicts[part](formatValue(key, 600), placeOf(first.file, path))
      })
    }
  }
  return Object.fromEntries(entries)
}

/** Returns the entries of a file, with the settings of the file at each entry that has none of its own. */
const entriesOf = ({ checkpoints, lastReview, reviewEvery }: AccessPolicy): AccessPolicy["checkpoints"] => {
  const settings = {
    ...(lastReview === undefined ? {} : { lastReview }),
    ...(reviewEvery === undefined ? {} : { reviewEvery })
  }
  return Object.fromEntries(Object.entries(checkpoints).map(([key, entry]) => [key, { ...settings, ...entry }]))
}

const sameProjects = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  JSON.stringify([...one].sort()) === JSON.stringify([...other].sort())

const diagnosticsOf = ({ file, issues }: File): ReadonlyArray<Diagnostic> => {
  const seen = new Set<string>()
  return issues
    .toSorted((one, other) => one.position.line - other.position.line || one.position.column - other.position.column)
    .flatMap(({ position, path, message }) => {
      // The target of an alias is read for each use. A value has no lines.
      const key = JSON.stringify([position.line === 0 ? pathText(path) : position, message])
      if (seen.has(key)) return []
      seen.add(key)
      return [{ file, ...position, path: pathText(path), message: singleLine(message, 1500) }]
    })
}

const combineFiles = (files: ReadonlyArray<File>): Either.Either<AccessPolicy, InvalidPolicy> => {
  // The groups of an unreadable file are unknown, so no group can be reported as missing.
  if (files.every(({ readable }) => readable)) {
    const groups = new Set(files.flatMap(({ value }) => groupsOf(value)))
    for (const file of files) {
      file.issues.push(...unknownGroups(file.value, groups).map((issue) => locateIssue(file, issue)))
    }
  }
  const groups = combinePart(files, "groups", (policy) => policy.groups, sameProjects)
  const checkpoints = combinePart(files, "checkpoints", entriesOf, () => false)
  const diagnostics = files.flatMap(diagnosticsOf)
  if (Arr.isNonEmptyReadonlyArray(diagnostics)) return Either.left(new InvalidPolicy({ diagnostics }))
  return Either.right({
    version: 1,
    ...(files.some(({ policy }) => policy?.groups !== undefined) ? { groups } : {}),
    checkpoints
  })
}

/** Checks a value that was made in code with the checks of a file. Skips them if there are issues. */
export const checkValue = (
  value: unknown,
  issues: Array<LocatedIssue> = []
): Either.Either<AccessPolicy, InvalidPolicy> => combineFiles([fileOf(undefined, withoutText(value, issues))])

/**
 * Makes a policy from a value, with the same checks as for a file. `lastReview` and `reviewEvery` are moved to the
 * entries.
 *
 * @category constructors
 */
export const make = (policy: AccessPolicyEncoded): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.suspend(() => checkValue(policy))

/**
 * Reads several texts as one policy. Groups apply to all of them. `lastReview` and `reviewEvery` of a text apply to its
 * entries that have none of their own; the result has both at the entries. Fails if two texts have the same checkpoint,
 * or define a group differently.
 *
 * @category reading
 */
export const merge = (sources: Arr.NonEmptyReadonlyArray<Source>): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.suspend(() => combineFiles(sources.map(fileOfSource)))

/**
 * Makes a policy of the current access. Fails for a project whose id begins with `@`, the prefix of a group.
 *
 * @category constructors
 */
export const fromState = (states: Iterable<CurrentAccess>): Effect.Effect<AccessPolicy, InvalidPolicy> =>
  Effect.suspend(() => {
    const checkpoints = new Map<string, { readonly owner?: string; readonly projects: ReadonlyArray<string> }>()
    const found: Array<LocatedIssue> = []
    for (const { checkpoint, owner, projects } of states) {
      const path = ["checkpoints", checkpoint]
      if (checkpoints.has(checkpoint)) {
        found.push({ position: noPosition, path, message: "this checkpoint is repeated: pass it once" })
      }
      const once = [...new Set<string>(projects)]
      for (const [index, project] of once.entries()) {
        if (!project.startsWith("@")) continue
        const message = `the project ${formatValue(project, 600)} begins with @, the prefix of a group: leave out this checkpoint, and manage it manually`
        found.push({ position: noPosition, path: [...path, "projects", index], message })
      }
      checkpoints.set(checkpoint, { ...(owner === undefined ? {} : { owner }), projects: once })
    }
    return checkValue({ version: 1, checkpoints: Object.fromEntries(checkpoints) }, found)
  })
