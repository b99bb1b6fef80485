/** What is known of permissions before anything is read, and where policies would grant them again. */
import * as Access from "@checkpoint-permissions/access/Access"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import { Organization } from "@checkpoint-permissions/client/Organization"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import { Refused, WrongUse } from "../failure.ts"
import type { Connection } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"
import { kindOf } from "./document.ts"
import { readText } from "./files.ts"

/** The documents that files hold, those of standard input apart, which is read once. */
const texts = (files: ReadonlyArray<string>) =>
  Effect.forEach(
    files.filter((file) => file !== "-"),
    (file) => Effect.map(readText("checkpoints", file), (text) => ({ file, text, kind: kindOf(text) }))
  )

/** The permissions of the audit with this SHA-256. Without one somebody may have edited it: nothing is known then. */
export const knownIn = Effect.fnUntraced(function* (files: ReadonlyArray<string>, sha256: string | undefined) {
  if (sha256 === undefined) return []
  const [audit, ...more] = (yield* texts(files)).filter(({ kind }) => kind === "audit")
  if (audit === undefined || more.length > 0) {
    return yield* new WrongUse({
      message: "--sha256 is the digest of an audit file: pass that audit, and no other, with --from"
    })
  }
  const matrix = yield* Effect.mapError(
    AccessMatrix.fromJson(audit.text, { sha256 }),
    ({ message }) => new Refused({ message: `revoke: ${printable(audit.file)}: ${message}` })
  )
  return matrix.rows.flatMap(({ checkpoint, permissions }) =>
    permissions.map((permission): Access.KnownPermission => ({ ...permission, checkpoint }))
  )
})

/** The permissions of projects that the audit log knows. If it is refused nothing is known, and that is said. */
export const knownInLog = Effect.fnUntraced(function* (
  { organizationLists }: Connection,
  projects: ReadonlyArray<ProjectId>
) {
  const screen = yield* Screen.Screen
  yield* screen.progress("revoke: asking the audit log")
  const known = yield* Access.knownInLog(projects).pipe(
    Effect.provideServiceEffect(Organization, organizationLists),
    Effect.catchAll(({ message }) =>
      Effect.as(screen.complain(`the audit log is no help (${message}): everything is read first`), [])
    )
  )
  yield* screen.clear
  return known
})

/** Names the lines of policies by which the next apply would grant projects access again. */
export const warnOfPolicies = Effect.fnUntraced(function* (
  files: ReadonlyArray<string>,
  projects: ReadonlyArray<string>
) {
  const screen = yield* Screen.Screen
  const policies = (yield* texts(files)).filter(({ kind }) => kind === "policy")
  for (const { file, in: where, line, project } of yield* AccessPolicy.places(policies, projects)) {
    yield* screen.complain(
      `${printable(file ?? "")}:${line}: ${printable(where)} would grant ${printable(project)} again at the next apply: take it out there too`
    )
  }
})
