/** Changes of policies as patches for `git apply`: the day of a review. */
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable, printableId } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { wrongUse } from "../failure.ts"
import * as Ids from "../input/ids.ts"
import * as Screen from "../terminal/screen.ts"
import { check, fileExists, type Target, write } from "./file.ts"

type LineChange = ReturnType<typeof AccessPolicy.withLastReview>["changes"][number]

/** Lines of context around a change. */
const context = 1

const linesIn = (text: string): ReadonlyArray<string> => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

const marked = (sign: string, lines: ReadonlyArray<string>): string =>
  lines.map((line) => `${sign}${line}${line.endsWith("\n") ? "" : "\n\\ No newline at end of file\n"}`).join("")

/** Returns the number of the lines before and in a change, in the text before it. */
const endOf = ({ line, removed }: LineChange): number => line - 1 + removed.length

/** Groups changes, in order, by hunk: those with at most the lines of their context between them. */
const hunksOf = (changes: ReadonlyArray<LineChange>): ReadonlyArray<Arr.NonEmptyReadonlyArray<LineChange>> => {
  const hunks: Array<Arr.NonEmptyArray<LineChange>> = []
  for (const change of changes) {
    const hunk = hunks.at(-1)
    const isNear = hunk !== undefined && change.line - 1 - endOf(Arr.lastNonEmpty(hunk)) <= 2 * context
    if (isNear) hunk.push(change)
    else hunks.push([change])
  }
  return hunks
}

/** Returns changes of one file, in order, as a unified diff. */
const unified = (path: string, text: string, changes: ReadonlyArray<LineChange>): string => {
  const lines = linesIn(text)
  let shift = 0
  const hunks = hunksOf(changes).map((hunk) => {
    const from = Math.max(0, hunk[0].line - 1 - context)
    const to = Math.min(lines.length, endOf(Arr.lastNonEmpty(hunk)) + context)
    let at = from
    let body = ""
    let added = 0
    for (const change of hunk) {
      body += marked(" ", lines.slice(at, change.line - 1)) + marked("-", change.removed) + marked("+", change.added)
      added += change.added.length - change.removed.length
      at = endOf(change)
    }
    const head = `@@ -${from + 1},${to - from} +${from + 1 + shift},${to - from + added} @@`
    shift += added
    return `${head}\n${body}${marked(" ", lines.slice(at, to))}`
  })
  return hunks.length === 0 ? "" : `--- a/${path}\n+++ b/${path}\n${hunks.join("")}`
}

/** Returns a source with the byte order mark of its file, which a text does not have. */
export const withMark = Effect.fnUntraced(function* (source: AccessPolicy.Source) {
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* Effect.orElseSucceed(fs.readFile(source.file ?? ""), () => new Uint8Array())
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return hasMark && !source.text.startsWith("\ufeff") ? { ...source, text: `\ufeff${source.text}` } : source
})

/** Returns the path of a file without symbolic links, also of a file that does not exist. */
const realPath = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const { resolve } = yield* Path.Path
  return yield* Effect.orElseSucceed(fs.realPath(file), () => resolve(file))
})

/** Returns the path of a policy relative to the current folder. Fails outside of it: `git apply` refuses such a path. */
const pathOf = Effect.fnUntraced(function* ({ file = "" }: AccessPolicy.Source) {
  const { isAbsolute, relative } = yield* Path.Path
  const path = relative(yield* realPath("."), yield* realPath(file)).replaceAll("\\", "/")
  return isAbsolute(path) || /^\.\.(\/|$)/.test(path)
    ? yield* wrongUse(
        `--patch: ${printable(file)} is outside of the current folder: run the command in a folder above it`
      )
    : path
})

/** Returns changes of policies as one patch. Its paths are relative to the current folder. */
export const patchOf = Effect.fnUntraced(function* (
  changed: ReadonlyArray<{ readonly source: AccessPolicy.Source; readonly changes: ReadonlyArray<LineChange> }>
) {
  const texts = yield* Effect.forEach(changed, ({ changes, source }) =>
    Effect.map(pathOf(source), (path) => unified(path, source.text, changes))
  )
  return texts.join("")
})

/**
 * Returns the file of `--patch`. Fails if it is a policy or another output of the command, if `git apply` could not find a
 * policy, or if a trial shows that the file could not be written.
 */
export const patchTarget = (
  options: { readonly file: ReadonlyArray<string>; readonly force: boolean; readonly patch: Option.Option<string> },
  sources: ReadonlyArray<AccessPolicy.Source>,
  output: Option.Option<string>
) =>
  Effect.transposeMapOption(
    options.patch,
    Effect.fnUntraced(function* (path) {
      const target: Target = { what: "patch", path, force: options.force }
      if (options.file.includes("-")) {
        return yield* wrongUse("--patch requires a policy in a file: it cannot change standard input")
      }
      yield* Effect.forEach(sources, pathOf)
      const others = [...sources.flatMap(({ file }) => file ?? []), ...Option.toArray(output)]
      const taken = yield* Effect.forEach(others, realPath)
      if (taken.includes(yield* realPath(path))) {
        return yield* wrongUse(
          `--patch ${printable(path)} would overwrite another file of this command: pass another name`
        )
      }
      yield* check(target)
      return target
    })
  )

/** Writes a patch. Without a change, warns with the reason, and names the earlier file that stays. */
export const writePatch = Effect.fnUntraced(function* (target: Target, text: string, reason: string) {
  if (text !== "") return yield* write(target, text)
  const kept = (yield* fileExists(target)) ? `; ${printable(target.path)} unchanged` : ""
  return yield* Screen.warn(`${reason}: no patch written${kept}`)
})

/** Returns a line for each difference between the server and the policy. */
const differencesAt = ({ checkpoint, review }: AccessMatrix.Row, names: AccessMatrix.AccessMatrix["names"]) =>
  (review?.projects ?? []).flatMap(({ marks, project }) =>
    marks.flatMap((mark) =>
      mark === "granted since the last review"
        ? []
        : [`${printableId(checkpoint)}: ${Ids.named(project, names)}: ${mark}: the patch does not change it`]
    )
  )

/**
 * Writes a patch that sets `lastReview` to a day for each reviewed entry that was read. Names each entry that it leaves out,
 * and each difference between the server and the policy. Writes nothing if no entry changes.
 */
export const writeReviewPatch = Effect.fnUntraced(function* (
  target: Target,
  sources: ReadonlyArray<AccessPolicy.Source>,
  { names, rows }: AccessMatrix.AccessMatrix,
  day: string
) {
  const read = rows.flatMap(({ checkpoint, complete }) => (complete ? [checkpoint] : []))
  const changed = (yield* Effect.forEach(sources, withMark)).map((source) => ({
    source,
    ...AccessPolicy.withLastReview(source, read, day)
  }))
  const leftOut = [
    ...rows.flatMap((row) =>
      row.complete ? [] : [`${printableId(row.checkpoint)} is not in the patch: not read: ${printable(row.reason)}`]
    ),
    ...changed.flatMap(({ source: { file = "" }, unchanged }) =>
      unchanged.map(
        ({ checkpoint, line, reason }) =>
          `${printable(file)}:${line}: ${printableId(checkpoint)} is not in the patch: ${reason}: edit it manually`
      )
    )
  ]
  const screen = yield* Screen.Screen
  for (const line of [...leftOut, ...rows.flatMap((row) => differencesAt(row, names))]) {
    yield* screen.warn(`review: ${line}`)
  }
  yield* writePatch(target, yield* patchOf(changed), "review: no entry to change")
})
