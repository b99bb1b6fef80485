/** Audits that go by the audit log. */
import type * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as History from "@checkpoint-permissions/access/History"
import { Organization } from "@checkpoint-permissions/client/Organization"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { checkAuditIsOf } from "../input/inventory.ts"
import { stoppable } from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import type { Connection } from "./server.ts"

/**
 * Reads what the log asks for, and says once why if it reads everything. A signal and `--max-duration` end the reading:
 * the rest is unknown, and `signal` knows which one it was.
 */
export const againOf = Effect.fnUntraced(function* (
  name: string,
  { maxDuration }: { readonly maxDuration: Option.Option<Duration.Duration> },
  connection: Connection,
  previous: AccessMatrix.AccessMatrix,
  options: History.AuditAgainOptions
) {
  const screen = yield* Screen.Screen
  yield* checkAuditIsOf(previous, connection)
  yield* screen.progress(`${name}: asking the audit log`)
  const tell = (why: string) => screen.complain(`${name}: ${why}: stops, and shows what was read`)
  const again = yield* stoppable({ maxDuration }, tell, (stop, signal) =>
    Effect.map(
      History.auditAgain(previous, {
        ...options,
        stop,
        onRow: (_, { done, total }) => screen.progress(`${name}: ${done} of ${total} known`)
      }),
      (again) => ({ ...again, signal: signal() })
    )
  ).pipe(
    Effect.provideServiceEffect(Organization, connection.organizationLists),
    Effect.onInterrupt(() => screen.complain(`checkpoint-permissions: ${name}: interrupted, nothing is written`))
  )
  yield* screen.clear
  if (again.why !== undefined) {
    yield* screen.complain(`${name}: reads every checkpoint: ${History.reasonOf(again.why)}`)
  }
  return again
})
