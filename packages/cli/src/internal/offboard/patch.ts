/** The change of a policy as a patch for `git apply`. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { wrongUse } from "../failure.ts"

type LineChange = Either.Either.Right<ReturnType<typeof AccessPolicy.withoutProject>>[number]

/** Lines of context around a change. */
const context = 3

const linesIn = (text: string): ReadonlyArray<string> => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

const marked = (sign: string, lines: ReadonlyArray<string>): string =>
  lines.map((line) => `${sign}${line}${line.endsWith("\n") ? "" : "\n\\ No newline at end of file\n"}`).join("")

/** Returns changes as a unified diff of one file. Changes with little between them are one hunk. */
export const unified = (path: string, text: string, changes: ReadonlyArray<LineChange>): string => {
  const lines = linesIn(text)
  const endOf = ({ line, removed }: LineChange) => line - 1 + removed.length
  const hunks: Array<Array<LineChange>> = []
  for (const change of changes) {
    const hunk = hunks.at(-1)
    const before = hunk?.at(-1)
    if (before !== undefined && change.line - 1 - endOf(before) <= 2 * context) hunk?.push(change)
    else hunks.push([change])
  }
  let shift = 0
  const body = hunks.map((hunk) => {
    const first = hunk[0]?.line ?? 1
    const from = Math.max(0, first - 1 - context)
    const to = Math.min(lines.length, Math.max(...hunk.map(endOf)) + context)
    let at = from
    let text = ""
    let added = 0
    for (const change of hunk) {
      text += marked(" ", lines.slice(at, change.line - 1)) + marked("-", change.removed) + marked("+", change.added)
      added += change.added.length - change.removed.length
      at = endOf(change)
    }
    text += marked(" ", lines.slice(at, to))
    const head = `@@ -${from + 1},${to - from} +${from + 1 + shift},${to - from + added} @@\n`
    shift += added
    return head + text
  })
  return body.length === 0 ? "" : `--- a/${path}\n+++ b/${path}\n${body.join("")}`
}

/**
 * Returns a patch that removes a project from policies. Fails with a line for each place that needs a manual change: an
 * owner or an alias.
 */
export const patchOf = Effect.fnUntraced(function* (sources: ReadonlyArray<AccessPolicy.Source>, project: string) {
  const { relative, resolve } = yield* Path.Path
  const parts = sources.map((source) => ({ source, changes: AccessPolicy.withoutProject(source, project) }))
  const lines = parts.flatMap(({ changes, source: { file = "" } }) =>
    Either.isRight(changes)
      ? []
      : changes.left.map(
          ({ line, reason }) =>
            `offboard: cannot remove ${printable(project)} from ${printable(file)}:${line}: ${reason}: edit it manually`
        )
  )
  if (lines.length > 0) return yield* wrongUse(...lines)
  return parts
    .flatMap(({ changes, source: { file = "", text } }) =>
      Either.isRight(changes)
        ? [unified(relative(resolve("."), resolve(file)).replaceAll("\\", "/"), text, changes.right)]
        : []
    )
    .join("")
})
