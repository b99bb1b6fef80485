import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { oneLine, shown } from "../text.ts"
import { type Issue, issuesOf, type Path, pathText } from "./issues.ts"
import { groupsOf, neverEnding, twice, unknownGroups } from "./lint.ts"
import { InvalidPolicy, type Mistake } from "./mistake.ts"
import type { AccessPolicy } from "./model.ts"
import type { Found, Read } from "./read.ts"
import { notText, Shape } from "./schema.ts"

const decode = Schema.decodeUnknownEither(Shape)

/** What is known of one text, or of a value without one. */
export interface File {
  readonly file: string | undefined
  readonly read: Read
  readonly policy: AccessPolicy | undefined
  readonly found: Array<Found>
}

const placed = (read: Read, issue: Issue): Found => {
  const { path, about, first } = issue
  const at = about === "missing" ? path.slice(0, -1) : path
  const position = read.locate(at, about === "value" ? "value" : "key")
  if (first !== undefined) {
    return { position, path, message: first.messageAt(read.locate(first.path, "value").line) }
  }
  const source = about === "value" && issue.message === notText(issue.actual) ? read.source(path) : undefined
  return { position, path, message: source === undefined ? issue.message : notText(issue.actual, source) }
}

/** Checks what one text says alone. */
export const fileOf = (file: string | undefined, contents: Read): File => {
  if (!contents.readable) return { file, read: contents, policy: undefined, found: [...contents.found] }
  const decoded = decode(contents.value)
  const issues = [
    ...(Either.isLeft(decoded) ? issuesOf(decoded.left) : []),
    ...twice(contents.value),
    ...neverEnding(contents.value)
  ].filter(({ path }) => !contents.broken.has(pathText(path)))
  return {
    file,
    read: contents,
    policy: Either.getOrUndefined(decoded),
    found: [...contents.found, ...issues.map((issue) => placed(contents, issue))]
  }
}

interface Entry<A> {
  readonly file: File
  readonly path: Path
  readonly key: string
  readonly value: A
}

/** Entries of one part of all files that are as they should be, for what they say together. */
const entriesOf = <A>(
  files: ReadonlyArray<File>,
  part: string,
  of: (policy: AccessPolicy) => { readonly [key: string]: A } | undefined
): ReadonlyArray<Entry<A>> =>
  files.flatMap((file) =>
    Object.entries(file.policy === undefined ? {} : (of(file.policy) ?? {})).map(([key, value]) => ({
      file,
      path: [part, key],
      key,
      value
    }))
  )

const place = ({ file, path }: Entry<unknown>): string =>
  `${oneLine(file.file ?? "another text", 200)} on line ${file.read.locate(path, "key").line}`

/** Minds each entry that is not the first of its key and not compatible with it. */
const conflicts = <A>(
  entries: ReadonlyArray<Entry<A>>,
  same: (one: A, other: A) => boolean,
  message: (key: string, first: string) => string
): void => {
  const seen = new Map<string, Entry<A>>()
  for (const entry of entries) {
    const first = seen.get(entry.key)
    if (first === undefined) seen.set(entry.key, entry)
    else if (!same(first.value, entry.value)) {
      const position = entry.file.read.locate(entry.path, "key")
      entry.file.found.push({ position, path: entry.path, message: message(shown(entry.key, 600), place(first)) })
    }
  }
}

const sameProjects = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  JSON.stringify([...one].sort()) === JSON.stringify([...other].sort())

const mistakesOf = ({ file, found }: File): ReadonlyArray<Mistake> => {
  const seen = new Set<string>()
  return [...found]
    .sort((one, other) => one.position.line - other.position.line || one.position.column - other.position.column)
    .flatMap(({ position: { line, column }, path, message }) => {
      const mistake = { file, line, column, path: pathText(path), message: oneLine(message, 1500) }
      // What an alias stands for is read again wherever it is used. A value has no lines.
      const key = `${line === 0 ? mistake.path : `${line}:${column}`}:${mistake.message}`
      if (seen.has(key)) return []
      seen.add(key)
      return [mistake]
    })
}

/** All files as one policy, or every mistake in them. */
export const together = (files: ReadonlyArray<File>): Either.Either<AccessPolicy, InvalidPolicy> => {
  // Groups of a file that cannot be read are not known, so none can be said to be missing.
  if (files.every(({ read }) => read.readable)) {
    const groups = new Set(files.flatMap(({ read }) => groupsOf(read.value)))
    for (const { read, found } of files) {
      found.push(...unknownGroups(read.value, groups).map((issue) => placed(read, issue)))
    }
  }
  const names = entriesOf(files, "names", (policy) => policy.names)
  const groups = entriesOf(files, "groups", (policy) => policy.groups)
  const checkpoints = entriesOf(files, "checkpoints", (policy) => policy.checkpoints)
  conflicts(
    names,
    (one, other) => one === other,
    (project, first) => `the project ${project} has another name in ${first}: use one`
  )
  conflicts(groups, sameProjects, (group, first) => `the group ${group} is another in ${first}: rename one of them`)
  conflicts(
    checkpoints,
    () => false,
    (checkpoint, first) => `the checkpoint ${checkpoint} is in ${first} too: leave it in one of them`
  )
  const mistakes = files.flatMap(mistakesOf)
  if (Arr.isNonEmptyReadonlyArray(mistakes)) return Either.left(new InvalidPolicy({ mistakes }))
  const combined = <A>(entries: ReadonlyArray<Entry<A>>) =>
    Object.fromEntries(entries.map(({ key, value }) => [key, value] as const))
  const policies = files.flatMap(({ policy }) => (policy === undefined ? [] : [policy]))
  return Either.right({
    version: 1,
    ...(policies.some((policy) => policy.names !== undefined) ? { names: combined(names) } : {}),
    ...(policies.some((policy) => policy.groups !== undefined) ? { groups: combined(groups) } : {}),
    checkpoints: combined(checkpoints)
  })
}
