/** Changes of policies as a patch for `git apply`. */
import type * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { check, type Target } from "./file.ts"

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

/** Returns changes of policies as one patch. Its paths are relative to the current folder. */
export const patchOf = Effect.fnUntraced(function* (
  changed: ReadonlyArray<{ readonly source: AccessPolicy.Source; readonly changes: ReadonlyArray<LineChange> }>
) {
  const { relative, resolve } = yield* Path.Path
  return changed
    .map(({ changes, source: { file = "", text } }) =>
      unified(relative(resolve("."), resolve(file)).replaceAll("\\", "/"), text, changes)
    )
    .join("")
})

/** Returns the file of `--patch`. Fails if a trial shows that it could not be written. */
export const patchTarget = ({ force, patch }: { readonly force: boolean; readonly patch: Option.Option<string> }) =>
  Effect.transposeMapOption(patch, (path) => {
    const target: Target = { what: "patch", path, force }
    return Effect.as(check(target), target)
  })
