import { type FakeFetch, type RecordedRequest, server } from "@checkpoint-permissions/fake"
import type { Outcome } from "@checkpoint-permissions/fake/http"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { HttpClient } from "@effect/platform"
import { Clock, Context, Effect, Fiber, Layer } from "effect"
import { client } from "../../src/internal/inProcess.ts"
import { asService, plainOptions } from "./controls.ts"
import { Target, type Transport } from "./transport.ts"

/** The pure functions, with a state and a list of records that a few lines keep, and nothing else. */
export const pure: Transport = (options) =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const clock = yield* Effect.clock
      const now = () => clock.unsafeCurrentTimeMillis()
      let state = server.start(plainOptions(options), now())
      let records: Array<RecordedRequest> = []
      let waiting: Array<() => void> = []

      const noted = (stepped: server.Stepped): server.Step => {
        state = stepped.state
        note(stepped.record)
        return stepped.step
      }
      const note = (record: RecordedRequest) => {
        const at = records.findIndex(({ requestId }) => requestId === record.requestId)
        if (at < 0) records.push(record)
        else if (records[at]?.outcome === "pending") records[at] = record
        for (const callback of waiting) callback()
      }
      const afterWait = (wait: server.Wait): Effect.Effect<Outcome> =>
        Effect.zipRight(
          Effect.sleep(wait.after),
          Effect.flatMap(Clock.currentTimeMillis, (time) => proceed(noted(server.resume(state, wait.pending, time))))
        )
      const background = (self: Effect.Effect<Outcome>) => Effect.forkIn(Effect.interruptible(self), scope)
      const proceed = (step: server.Step): Effect.Effect<Outcome> => {
        if (step._tag === "Wait") {
          return step.survives ? Effect.flatMap(background(afterWait(step)), Fiber.join) : afterWait(step)
        }
        const outcome = Effect.succeed(step.outcome)
        return step.later === undefined ? outcome : Effect.zipRight(background(afterWait(step.later)), outcome)
      }

      const fake: Pick<FakeFetch, keyof FakeFetch> = {
        seed: (seed) => {
          state = server.seed(state, seed, now())
        },
        seedOrganization: (organization) => {
          state = server.seedOrganization(state, organization)
        },
        permissions: (checkpoint) => server.permissions(state, checkpoint),
        projects: (checkpoint) => server.permissions(state, checkpoint).map(({ project_id }) => project_id),
        allPermissions: () => Object.fromEntries(server.allPermissions(state)),
        remove: (checkpoint, id) => {
          state = server.remove(state, checkpoint, id, now())
        },
        requests: () => records,
        clearRequests: () => {
          records = []
        },
        awaitRequests: (count) =>
          new Promise((resolve) => {
            const check = () => records.length >= count && resolve()
            waiting = [...waiting, check]
            check()
          }),
        inject: (faults, matching) => {
          const list = "_tag" in faults ? [faults] : faults
          state = server.inject(
            state,
            list.map((fault) => ({ ...matching, fault }))
          )
        },
        setFaults: (plan) => {
          state = server.setFaults(state, plan)
        },
        behavior: () => state.behavior,
        setBehavior: (settings) => {
          state = server.setBehavior(state, settings, now())
        },
        reset: () => {
          state = server.start(plainOptions(options), now())
        },
        now,
        advance: () => Promise.reject(new Error("the clock is the test's"))
      }

      const httpClient = client({
        handle: (request) =>
          Effect.flatMap(Clock.currentTimeMillis, (time) => {
            const stepped = server.receive(state, request, time)
            return Effect.onInterrupt(proceed(noted(stepped)), () =>
              Effect.map(Clock.currentTimeMillis, (time) => note(server.abandoned(stepped.record, time)))
            )
          })
      })
      return Context.make(HttpClient.HttpClient, httpClient).pipe(
        Context.add(FakePermissions.FakePermissions, asService(fake, options)),
        Context.add(Target, { baseUrl: "https://api.openai.com/v1", socket: false })
      )
    })
  )
