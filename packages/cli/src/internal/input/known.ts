/** What is known of permissions before anything is read, and where policies would grant them again. */
import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import { Organization } from "@checkpoint-permissions/client/Organization"
import { isPermissionId, isProjectId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { refused, wrongUse } from "../failure.ts"
import type { Connection } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"
import { kindOf, readText } from "./document.ts"

/** The documents that files hold, those of standard input apart, which is read once. */
const texts = (files: ReadonlyArray<string>) =>
  Effect.forEach(
    files.filter((file) => file !== "-"),
    (file) => Effect.map(readText("checkpoints", file), (text) => ({ file, text, kind: kindOf(text) }))
  )

const edited = (file: string) => (message: string) => refused(`revoke: ${printable(file)}: ${message}`)

/** What an inventory knows from the log: grants that had no end when it was made. */
const ofInventory = Effect.fnUntraced(function* (file: string, text: string, sha256: string) {
  const inventory = yield* Effect.mapError(Inventory.fromJson(text, { sha256 }), ({ message }) => edited(file)(message))
  return inventory.checkpoints.flatMap(({ checkpoint, granted }) =>
    granted.flatMap(({ at, permission, project }) =>
      permission !== null && project !== null && isPermissionId(permission) && isProjectId(project)
        ? [{ checkpoint, id: permission, project_id: project, created_at: DateTime.toEpochMillis(at) / 1000 }]
        : []
    )
  )
})

/**
 * The permissions of the audit or inventory with this SHA-256. Without one somebody may have edited it: nothing is known
 * then.
 */
export const knownIn = Effect.fnUntraced(function* (files: ReadonlyArray<string>, sha256: string | undefined) {
  if (sha256 === undefined) return []
  const [known, ...more] = (yield* texts(files)).filter(({ kind }) => kind === "audit" || kind === "inventory")
  if (known === undefined || more.length > 0) {
    return yield* wrongUse(
      "--sha256 is the digest of an audit or inventory file: pass that file, and no other, with --from"
    )
  }
  const { file, kind, text } = known
  if (kind === "inventory") return yield* ofInventory(file, text, sha256)
  const matrix = yield* Effect.mapError(AccessMatrix.fromJson(text, { sha256 }), ({ message }) => edited(file)(message))
  return matrix.rows.flatMap(({ checkpoint, permissions }) =>
    permissions.map((permission): Access.KnownPermission => ({ ...permission, checkpoint }))
  )
})

/** The permissions of projects that the audit log knows. If it is refused nothing is known, and that is said. */
export const knownInLog = Effect.fnUntraced(function* (
  { organizationLists }: Connection,
  projects: ReadonlyArray<ProjectId>
) {
  yield* Screen.progress("revoke: asking the audit log")
  const known = yield* Access.knownInLog(projects).pipe(
    Effect.provideServiceEffect(Organization, organizationLists),
    Effect.catchAll(({ message }) =>
      Effect.as(Screen.complain(`the audit log is no help (${message}): everything is read first`), [])
    )
  )
  yield* Screen.clear
  return known
})

/** Names the lines of policies by which the next apply would grant projects access again. */
export const warnOfPolicies = Effect.fnUntraced(function* (
  files: ReadonlyArray<string>,
  projects: ReadonlyArray<string>
) {
  const policies = (yield* texts(files)).filter(({ kind }) => kind === "policy")
  for (const { file, in: where, line, project } of yield* AccessPolicy.places(policies, projects)) {
    yield* Screen.complain(
      `${printable(file ?? "")}:${line}: ${printable(where)} would grant ${printable(project)} again at the next apply: take it out there too`
    )
  }
})
