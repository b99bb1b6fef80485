/** The change of a policy as a patch for `git apply`. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { wrongUse } from "../failure.ts"

type LineChange = Either.Either.Right<ReturnType<typeof AccessPolicy.withoutProject>>[number]

/** Lines of context around a change. */
const context = 3

const linesIn = (text: string): ReadonlyArray<string> => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

const marked = (sign: string, lines: ReadonlyArray<string>): string =>
  lines.map((line) => `${sign}${line}${line.endsWith("\n") ? "" : "\n\\ No newline at end of file\n"}`).join("")

/**
 * Returns changes as a unified diff of one file, with one hunk from the first change to the last. The changes are in
 * order.
 */
const unified = (path: string, text: string, changes: ReadonlyArray<LineChange>): string => {
  const [first] = changes
  const last = changes.at(-1)
  if (first === undefined || last === undefined) return ""
  const lines = linesIn(text)
  const from = Math.max(0, first.line - 1 - context)
  const to = Math.min(lines.length, last.line - 1 + last.removed.length + context)
  let at = from
  let body = ""
  let added = 0
  for (const change of changes) {
    body += marked(" ", lines.slice(at, change.line - 1)) + marked("-", change.removed) + marked("+", change.added)
    added += change.added.length - change.removed.length
    at = change.line - 1 + change.removed.length
  }
  const head = `@@ -${from + 1},${to - from} +${from + 1},${to - from + added} @@`
  return `--- a/${path}\n+++ b/${path}\n${head}\n${body}${marked(" ", lines.slice(at, to))}`
}

/** Returns a source with the byte order mark of its file, which a text does not have. */
const withMark = Effect.fnUntraced(function* (source: AccessPolicy.Source) {
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* Effect.orElseSucceed(fs.readFile(source.file ?? ""), () => new Uint8Array())
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return hasMark && !source.text.startsWith("\ufeff") ? { ...source, text: `\ufeff${source.text}` } : source
})

/**
 * Returns a patch that removes a project from policies. Fails with a line for each place that needs a manual change: an
 * owner or an alias.
 */
export const patchOf = Effect.fnUntraced(function* (sources: ReadonlyArray<AccessPolicy.Source>, project: string) {
  const { relative, resolve } = yield* Path.Path
  const texts = yield* Effect.forEach(sources, withMark)
  const [lines, patches] = Arr.partitionMap(texts, (source) => {
    const { file = "", text } = source
    return Either.mapBoth(AccessPolicy.withoutProject(source, project), {
      onLeft: (places) =>
        places.map(
          ({ line, reason }) =>
            `offboard: cannot remove ${printable(project)} from ${printable(file)}:${line}: ${reason}: edit it manually`
        ),
      onRight: (changes) => unified(relative(resolve("."), resolve(file)).replaceAll("\\", "/"), text, changes)
    })
  })
  if (lines.length > 0) return yield* wrongUse(...lines.flat())
  return patches.join("")
})
