/** The record of an offboarding: everything that it has read and deleted so far. */
import {
  type CheckpointId,
  isCheckpointId,
  isProjectId,
  type ProjectId
} from "@checkpoint-permissions/core/Identifiers"
import type { AuditEvent } from "@checkpoint-permissions/core/Organization"
import * as Events from "@checkpoint-permissions/protocol/events"
import * as Arr from "effect/Array"
import type { Row } from "../audit/matrix.ts"
import type { FilterCheck, OffboardedCheckpoint, OpenPermission } from "./model.ts"

/** A permission of the project, from the log or from a read. */
export interface KnownPermission extends OpenPermission {
  /** True if a read has shown it. */
  isListed: boolean
  /** `over limit`: not deleted because of `maxRevokes`. `gone`: deleted by another caller. */
  state: "open" | "over limit" | "sent" | "revoked" | "gone"
}

interface KnownCheckpoint {
  /** The last read. */
  row: Row | undefined
  /** The earliest valid start of a read, in Unix milliseconds: the last delete, or the time when a grant was found. */
  notBefore: number
}

type KnownOwner = Required<Pick<OffboardedCheckpoint, "owner" | "ownerSource">>

export interface Records {
  readonly project: ProjectId
  readonly checkpoints: Map<CheckpointId, KnownCheckpoint>
  /** The owners that the server named, also of unknown checkpoints. */
  readonly owners: Map<string, KnownOwner>
  readonly permissions: Map<string, KnownPermission>
  readonly events: Map<string, AuditEvent>
  readonly changes: Array<Events.Change>
  /** The reason why a read of the log did not reach its end. */
  logFailure: string | undefined
  /** The reason why `find` may have missed checkpoints. */
  findFailure: string | undefined
  filter: FilterCheck
}

export const makeRecords = (project: ProjectId): Records => ({
  project,
  checkpoints: new Map(),
  owners: new Map(),
  permissions: new Map(),
  events: new Map(),
  changes: [],
  logFailure: undefined,
  findFailure: undefined,
  filter: "not checked"
})

export const checkpointIn = ({ checkpoints }: Records, checkpoint: CheckpointId): KnownCheckpoint => {
  const known = checkpoints.get(checkpoint) ?? { row: undefined, notBefore: 0 }
  checkpoints.set(checkpoint, known)
  return known
}

export const addKnown = (
  records: Records,
  checkpoints: ReadonlyArray<string>,
  owners: Readonly<Record<string, string>> = {},
  refused: ReadonlyArray<string> = []
): void => {
  for (const checkpoint of checkpoints) if (isCheckpointId(checkpoint)) checkpointIn(records, checkpoint)
  for (const [checkpoint, owner] of Object.entries(owners)) {
    const ownerSource = refused.includes(checkpoint) ? "refusal" : "job"
    if (isProjectId(owner)) addOwner(records, checkpoint, { owner, ownerSource })
  }
}

/** Adds an owner. If several sources name one, the project takes precedence. */
export const addOwner = (records: Records, checkpoint: string, known: KnownOwner): void => {
  if (!isOwned(records, checkpoint)) records.owners.set(checkpoint, known)
}

/** Returns true if the project owns the model. */
export const isOwned = ({ owners, project }: Records, checkpoint: string): boolean =>
  owners.get(checkpoint)?.owner === project

const permissionIn = ({ permissions }: Records, permission: OpenPermission): KnownPermission => {
  const known = permissions.get(permission.id) ?? { ...permission, isListed: false, state: "open" }
  permissions.set(permission.id, known)
  return known
}

/** Adds grants of the log, found at a time in Unix milliseconds. Returns those that are new, by checkpoint. */
export const addLogged = (
  records: Records,
  open: ReadonlyArray<OpenPermission>,
  now: number
): ReadonlyArray<ReadonlyArray<KnownPermission>> => {
  const fresh = open.filter(({ id }) => !records.permissions.has(id))
  return Object.values(Arr.groupBy(fresh, ({ checkpoint }) => checkpoint)).map((permissions) => {
    checkpointIn(records, permissions[0].checkpoint).notBefore = now
    return permissions.map((one) => permissionIn(records, one))
  })
}

export const addListed = (
  records: Records,
  row: Row,
  listed: ReadonlyArray<OpenPermission>
): ReadonlyArray<KnownPermission> => {
  const { checkpoint, owner, ownerSource } = row
  checkpointIn(records, checkpoint).row = row
  if (owner !== undefined && ownerSource === "refusal") addOwner(records, checkpoint, { owner, ownerSource })
  const permissions = listed.map((one) => permissionIn(records, one))
  for (const one of permissions) one.isListed = true
  return permissions
}

/** Returns true if the permission is deleted. */
export const isGone = (permission: KnownPermission | undefined): boolean =>
  permission?.state === "revoked" || permission?.state === "gone"

/** Adds a page of the log, without the events of an earlier page. Its checkpoints are known from now on. */
export const addPage = (records: Records, page: ReadonlyArray<AuditEvent>): void => {
  const fresh = page.filter(({ id }) => !records.events.has(id))
  for (const event of fresh) records.events.set(event.id, event)
  const changes = Events.join(fresh)
  records.changes.push(...changes)
  addKnown(
    records,
    changes.flatMap(({ checkpoint }) => checkpoint ?? [])
  )
}
