import { behavior, type http, server } from "@checkpoint-permissions/fake"
import { Clock, Effect } from "effect"
import * as fc from "effect/FastCheck"
import type { ApiRequest, ApiResponse, Send } from "../../src/internal/parity/exchange.ts"

export const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"

const textOf = ({ body }: http.Reply): string => (body._tag === "Text" ? body.text : "")

/** A server of the fake's pure functions that answers questions in the time of the `Clock`. */
export const serverOf = (options: server.Options) => {
  let state = server.start(options, 0)
  const asked: Array<ApiRequest> = []
  const send: Send = (question) =>
    Effect.gen(function* () {
      asked.push(question)
      const now = yield* Clock.currentTimeMillis
      const handled = server.handle(
        state,
        {
          method: question.method,
          url: question.path,
          path: `/v1${question.path}`,
          query: question.query,
          headers: { authorization: "Bearer sk-admin-1" },
          body: question.body === undefined ? "" : JSON.stringify(question.body)
        },
        now
      )
      state = handled.state
      yield* Effect.sleep(handled.after)
      if (handled.outcome._tag === "Dropped") return yield* Effect.dieMessage("dropped")
      const { reply } = handled.outcome
      const answer: ApiResponse = { status: reply.status, headers: reply.headers, body: JSON.parse(textOf(reply)) }
      return answer
    })
  return { send, asked, permissions: () => server.permissions(state, checkpoint) }
}

/** As many permissions as a checkpoint of a large organization has. */
export const seed = { [checkpoint]: Array.from({ length: 250 }, (_, i) => `proj_${i}`) }

const someLag = fc.constantFrom(0, 0, 400, 5_000, 30_000, 90_000)

/** Servers that do each undocumented thing in each way. */
export const someBehavior: fc.Arbitrary<behavior.Settings> = fc.record({
  regrant: fc.constantFrom(...behavior.unknowns.regrant),
  partialCreate: fc.constantFrom(...behavior.unknowns.partialCreate),
  overLimit: fc.constantFrom(...behavior.unknowns.overLimit),
  underLimit: fc.constantFrom(...behavior.unknowns.underLimit),
  deleteGone: fc.constantFrom(...behavior.unknowns.deleteGone),
  unknownAfter: fc.constantFrom(...behavior.unknowns.unknownAfter),
  shortPages: fc.oneof(
    fc.constantFrom(...behavior.unknowns.shortPages),
    fc.nat().map((seed) => ({ seed }))
  ),
  listingLag: someLag,
  defaultLimit: fc.constantFrom(10, 20, 50, 300),
  maxLimit: fc.constantFrom(20, 50, 100, 249, 250, 1000),
  keys: fc.constantFrom("any" as const, [behavior.adminKey("sk-admin-1")]),
  missingScopeStatus: fc.constantFrom(401 as const, 403 as const),
  unknownCheckpoints: fc.constantFrom("accept" as const, "not-found" as const),
  unsetModelPermissions: fc.constantFrom(...behavior.unknowns.unsetModelPermissions),
  auditLog: fc.constantFrom(...behavior.unknowns.auditLog),
  auditLag: someLag,
  repeatEvents: fc.boolean(),
  auditResources: fc.subarray(["permission" as const, "checkpoint" as const, "project" as const]),
  latency: fc.constantFrom(0, 200),
  replyLatency: fc.constantFrom(0, 100)
})
