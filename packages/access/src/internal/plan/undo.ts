/** The plan that undoes changes: those of a journal, or those of a history and its filters. */
import { CheckpointPermissions } from "@checkpoint-permissions/client/CheckpointPermissions"
import type * as Organization from "@checkpoint-permissions/client/Organization"
import {
  type CheckpointId,
  isCheckpointId,
  isProjectId,
  type ProjectId
} from "@checkpoint-permissions/core/Identifiers"
import type { Change } from "@checkpoint-permissions/protocol/events"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { AccessMatrix } from "../audit/matrix.ts"
import { History } from "../history/changes.ts"
import { Entry } from "../journal.ts"
import { decodeFile, serverOf } from "../json.ts"
import { decideGrant, type Evidence, readEvidence } from "./newest.ts"
import { planOfRows } from "./revoking.ts"
import { type AccessPlan, type ListedPermission, type PlanRefused, refuse, type Step } from "./steps.ts"
import { serverRefusalOf } from "./validity.ts"

/** A change that is undone. Project and checkpoint are missing if the log does not name them. */
interface Undone extends Pick<Change, "action" | "at" | "checkpoint" | "permission" | "project"> {
  /** The time before a create, in Unix seconds. The server may answer it with a permission that is older. */
  readonly from?: number | undefined
}

/** The changes of a file, with their server. */
export interface UndoFile {
  readonly apiUrl: string
  readonly organization?: string
  readonly changes: ReadonlyArray<Undone>
}

const decodeHistory = decodeFile(History, { format: "checkpoint-permissions/history", version: 2 })
const decodeLine = Schema.decodeEither(Schema.parseJson(Entry))

const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000)

/** Returns the changes of a journal, each with the permission that was created or deleted. */
const ofJournal = (entries: ReadonlyArray<Entry>): ReadonlyArray<Undone> => {
  const intents = new Map<string, number>()
  return entries.flatMap(({ action, checkpoint, event, outcome, permission, project, time }) => {
    const cell = JSON.stringify([action, checkpoint, project])
    if (event === "intent") intents.set(cell, secondsOf(time))
    if (event !== "result" || outcome !== "done" || permission === null) return []
    return [{ action, at: secondsOf(time), from: intents.get(cell), checkpoint, permission, project }]
  })
}

/**
 * Reads the changes of a journal, or of a history as JSON. The last line of a journal may be cut off. Fails if the text is
 * neither, or if a journal has lines of several servers or organizations.
 *
 * @category undo
 */
export const readUndo = (text: string): Effect.Effect<UndoFile, PlanRefused> =>
  Effect.gen(function* () {
    const lines = text.split("\n").filter((line) => line.trim() !== "")
    const entries = lines.flatMap((line) =>
      Either.match(decodeLine(line), { onLeft: () => [], onRight: (one) => [one] })
    )
    const [first] = entries
    if (first === undefined || entries.length < lines.length - 1) {
      const history = yield* Effect.mapError(decodeHistory(text, undefined), (issue) =>
        refuse("format", `it is neither a journal nor a history: ${issue}`)
      )
      return { ...serverOf(history), changes: history.changes }
    }
    if (entries.some(({ organization, server }) => organization !== first.organization || server !== first.server)) {
      return yield* refuse("server", "the journal has lines of several servers or organizations: split it")
    }
    const organization = first.organization ?? undefined
    return { ...serverOf({ apiUrl: first.server, organization }), changes: ofJournal(entries) }
  })

/** The changes of a project at a checkpoint. */
interface Cell {
  readonly project: ProjectId
  /** The permissions that were created, each with the time before its create. */
  readonly created: ReadonlyMap<string, number>
  /** True if the project had a permission before the changes. */
  readonly hadAccess: boolean
  /** The time of the last change, in Unix seconds. */
  readonly at: number
}

const cellsIn = (changes: ReadonlyArray<Undone>): ReadonlyMap<CheckpointId, ReadonlyArray<Cell>> => {
  const cells = new Map<CheckpointId, Map<ProjectId, Cell>>()
  for (const { action, at, checkpoint, from = 0, permission = "", project } of [...changes].sort(
    (a, b) => a.at - b.at
  )) {
    if (checkpoint === undefined || project === undefined || !isCheckpointId(checkpoint) || !isProjectId(project))
      continue
    const here = cells.get(checkpoint) ?? new Map<ProjectId, Cell>()
    const { created = new Map<string, number>(), hadAccess = false } = here.get(project) ?? {}
    const isCreate = action === "grant"
    here.set(project, {
      project,
      at,
      created: isCreate ? new Map([...created, [permission, from]]) : created,
      hadAccess: hadAccess || (!isCreate && !created.has(permission))
    })
    cells.set(checkpoint, here)
  }
  return new Map(Array.from(cells, ([checkpoint, here]) => [checkpoint, [...here.values()]]))
}

const stepsOf = (
  checkpoint: string,
  { at, created, hadAccess, project }: Cell,
  found: ReadonlyArray<ListedPermission>,
  evidence: Evidence
): ReadonlyArray<Step> => {
  const own = found.filter((one) => one.project_id === project)
  if (hadAccess) {
    if (own.length > 0) return [{ project, why: "undo", left: "has access again" }]
    const { left, ...newer } = decideGrant(checkpoint, project, at, evidence)
    const isKnown = left === "changed on the server since"
    return [{ project, why: "undo", ...newer, ...(left === undefined ? {} : isKnown ? { left } : { although: left }) }]
  }
  const listed = own.filter(({ id }) => created.has(id))
  if (listed.length === 0) return [{ project, why: "undo", left: "is gone already" }]
  return listed.map(({ created_at, id }) => ({
    project,
    permission: { id, created_at },
    why: "undo",
    ...(created_at < (created.get(id) ?? 0) ? { left: "existed before" } : {})
  }))
}

/**
 * Returns the checkpoints of the changes, to be audited before the plan is made.
 *
 * @category undo
 */
export const undoneCheckpoints = ({ changes }: UndoFile): ReadonlyArray<CheckpointId> => [...cellsIn(changes).keys()]

/**
 * Fails for changes of another server or organization.
 *
 * @category undo
 */
export const checkUndo = (file: UndoFile): Effect.Effect<void, PlanRefused, CheckpointPermissions> =>
  Effect.flatMap(CheckpointPermissions, ({ server }) => serverRefusalOf(file, server) ?? Effect.void)

/**
 * Returns the plan that undoes changes: a permission that was created is revoked by its id, and a project whose permission
 * was revoked is granted. A later change of the same access wins, and is the reason to leave the step out. A doubt because
 * of the audit log is a note on the step. `unnamed` of the plan counts changes whose project or checkpoint is unknown.
 *
 * @category undo
 */
export const undo = (
  file: UndoFile,
  matrix: Pick<AccessMatrix, "apiUrl" | "createdAt" | "organization" | "rows">
): Effect.Effect<AccessPlan, never, Organization.Organization> =>
  Effect.gen(function* () {
    const cells = cellsIn(file.changes)
    const first = Math.min(...[...cells.values()].flat().flatMap(({ at, hadAccess }) => (hadAccess ? [at] : [])))
    const undone = new Set<string | undefined>(file.changes.map(({ permission }) => permission))
    const read = Number.isFinite(first) ? yield* readEvidence(DateTime.unsafeMake(first * 1000)) : { changes: [] }
    const evidence = { ...read, changes: read.changes.filter(({ permission }) => !undone.has(permission)) }
    const plan = yield* planOfRows(matrix, ({ checkpoint }, found) =>
      (cells.get(checkpoint) ?? []).flatMap((cell) => stepsOf(checkpoint, cell, found, evidence))
    )
    const unnamed = file.changes.filter(({ checkpoint, project }) => checkpoint === undefined || project === undefined)
    return unnamed.length === 0 ? plan : { ...plan, unnamed: unnamed.length }
  })
