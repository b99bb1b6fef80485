/** A folder with the evidence of an offboarding: previous access, the reads of the verdict, the history, and digests. */
import { createHash } from "node:crypto"
import type { Offboarded, OffboardOptions } from "@checkpoint-permissions/access/Access"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as History from "@checkpoint-permissions/access/History"
import { visibleJson } from "@checkpoint-permissions/protocol/text"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { wrongUse } from "../failure.ts"
import { mapFileError, type Target, write } from "../output/file.ts"
import { documentOf, isComplete, type Origin, type Sources } from "./verdict.ts"

/** Access before a write: open grants of the log, or a read. */
type AccessBefore = Parameters<NonNullable<OffboardOptions["onBefore"]>>[0]

const target = (path: string): Target => ({ what: "evidence", path, force: true })

const encodeRow = Schema.encodeSync(AccessMatrix.Row)
const encodePermissions = Schema.encodeSync(AccessMatrix.Row.members[0].fields.permissions)

/** Returns a line of JSON for each checkpoint whose access is about to change. */
export const linesOf = (before: AccessBefore, origin: Origin, at: DateTime.Utc): string => {
  const run = { time: DateTime.formatIso(at), ...origin }
  const lines =
    before.source === "read"
      ? [{ ...run, source: "read", ...encodeRow(before.row) }]
      : Object.values(Arr.groupBy(before.permissions, ({ checkpoint }) => checkpoint)).map((all) => ({
          ...run,
          source: "log",
          checkpoint: all[0].checkpoint,
          permissions: encodePermissions(all.map(({ checkpoint: _, ...permission }) => permission))
        }))
  return lines.map((line) => `${visibleJson(JSON.stringify(line))}\n`).join("")
}

const beforeName = "before.jsonl"

/** Returns the other files of the folder, by their names. */
const filesOf = (verdict: Offboarded, sources: Sources) => {
  const { apiUrl, requestedAt, organization } = verdict.history
  return {
    "after.json": AccessMatrix.toJson({
      format: "checkpoint-permissions/matrix",
      version: 3,
      createdAt: requestedAt,
      apiUrl,
      ...(organization === undefined ? {} : { organization }),
      project: verdict.project,
      names: {},
      projects: [verdict.project],
      rows: verdict.checkpoints.flatMap(({ row }) =>
        row === undefined
          ? []
          : [{ ...row, permissions: row.permissions.filter(({ project_id }) => project_id === verdict.project) }]
      )
    }),
    "history.json": History.toJson(verdict.history),
    "verdict.json": `${visibleJson(JSON.stringify(documentOf(verdict, sources), null, 2))}\n`
  }
}

/**
 * Opens the folder, or creates it. `append` writes the access before a write, and completes when it is on the disk.
 * `finish` writes the other files. If not everything was read, it adds `.partial` to their names. Fails if the folder
 * has the evidence of another run.
 */
export const open = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const at = (name: string) => join(folder, name)
  const orFailed = mapFileError(target(folder))
  yield* orFailed(fs.makeDirectory(folder, { recursive: true, mode: 0o700 }))
  const finished = at(beforeName)
  if (yield* orFailed(fs.exists(finished))) {
    return yield* wrongUse(`evidence ${JSON.stringify(folder)} contains another run: pass a new folder`)
  }
  const opened = yield* orFailed(fs.open(`${finished}.partial`, { flag: "a", mode: 0o600 }))
  const append = (origin: Origin) => (before: AccessBefore) =>
    Effect.flatMap(DateTime.now, (now) =>
      Effect.zipRight(opened.writeAll(new TextEncoder().encode(linesOf(before, origin, now))), opened.sync)
    ).pipe(orFailed, Effect.uninterruptible)

  const finish = Effect.fnUntraced(function* (verdict: Offboarded, sources: Sources) {
    const end = isComplete(verdict) ? "" : ".partial"
    if (end === "") yield* orFailed(fs.rename(`${finished}.partial`, finished))
    const before = yield* orFailed(fs.readFileString(`${finished}${end}`))
    const files = { [beforeName]: before, ...filesOf(verdict, sources) }
    const digests = Object.entries(files).map(
      ([name, text]) => `${createHash("sha256").update(text).digest("hex")}  ${name}${end}\n`
    )
    for (const [name, text] of [...Object.entries(files), ["SHA256SUMS", digests.join("")] as const]) {
      if (name !== beforeName) yield* write(target(at(`${name}${end}`)), text)
    }
  })
  return { append, finish }
})
