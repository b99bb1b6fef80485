/** What is known of permissions before anything is read, and where policies would grant them again. */
import type { KnownPermission } from "@checkpoint-permissions/access/Access"
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as Effect from "effect/Effect"
import { Refused, WrongUse } from "../failure.ts"
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
    return yield* new WrongUse({ message: "--sha256 is of an audit's file: pass one with --from, and no other audit" })
  }
  const matrix = yield* Effect.mapError(
    AccessMatrix.fromJson(audit.text, { sha256 }),
    ({ message }) => new Refused({ message: `revoke: ${printable(audit.file)}: ${message}` })
  )
  return matrix.rows.flatMap(({ checkpoint, permissions }) =>
    permissions.map((permission): KnownPermission => ({ ...permission, checkpoint }))
  )
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
