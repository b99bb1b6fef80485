/** Audits that go by the audit log. */
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as History from "@checkpoint-permissions/access/History"
import { Organization } from "@checkpoint-permissions/client/Organization"
import * as Effect from "effect/Effect"
import * as Screen from "../terminal/screen.ts"
import type { Connection } from "./server.ts"

/** Reads what the log asks for, and says once why if it reads everything. */
export const againOf = Effect.fnUntraced(function* (
  name: string,
  { organizationLists }: Connection,
  previous: AccessMatrix.AccessMatrix,
  options: History.AuditAgainOptions
) {
  const screen = yield* Screen.Screen
  yield* screen.progress(`${name}: asking the audit log`)
  const again = yield* History.auditAgain(previous, {
    ...options,
    onRow: (_, { done, total }) => screen.progress(`${name}: ${done} of ${total} known`)
  }).pipe(
    Effect.provideServiceEffect(Organization, organizationLists),
    Effect.onInterrupt(() => screen.complain(`checkpoint-permissions: ${name}: interrupted, nothing is written`))
  )
  yield* screen.clear
  if (again.why !== undefined) {
    yield* screen.complain(`${name}: reads every checkpoint: ${History.reasonOf(again.why)}`)
  }
  return again
})
