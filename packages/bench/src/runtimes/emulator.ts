/** The server of the smoke program, in its own process under Node. On request it prints the requests that it received. */
import * as Emulator from "@checkpoint-permissions/testing/Emulator"
import * as FakePermissions from "@checkpoint-permissions/testing/FakePermissions"
import * as Faults from "@checkpoint-permissions/testing/Faults"
import * as ServerBehavior from "@checkpoint-permissions/testing/ServerBehavior"
import * as Effect from "effect/Effect"

const key = "sk-admin-smoke-0123456789"

/** The requests that it must have received when the program has ended. */
const seen = (requests: ReadonlyArray<FakePermissions.RecordedRequest>) => ({
  requests: requests.length,
  // any status is fine, but the request must not be sent there
  followed: requests.filter((request) => request.path.includes("elsewhere")).length,
  abandoned: requests.filter((request) => request.checkpoint === "ft:smoke:slow" && request.outcome === "abandoned")
    .length
})

const program = Effect.gen(function* () {
  const { baseUrl } = yield* Emulator.Emulator
  const fake = yield* FakePermissions.FakePermissions
  const always = (checkpoint: string) => ({ checkpoint, times: Number.MAX_SAFE_INTEGER })
  yield* fake.inject(Faults.redirect(`${baseUrl}/elsewhere`), always("ft:smoke:redirect"))
  yield* fake.inject(Faults.latency({ before: "1 hour" }), always("ft:smoke:slow"))
  process.send?.({ baseUrl, key })
  yield* Effect.async<void>((resume) => {
    process.once("message", () => resume(Effect.void))
    process.once("disconnect", () => resume(Effect.void))
  })
  process.send?.(seen(yield* fake.requests))
}).pipe(
  Effect.provide(
    Emulator.layer({
      behavior: { keys: [ServerBehavior.adminKey(key)] },
      seed: { "ft:smoke:many": Array.from({ length: 250 }, (_, n) => `proj_${n}`) }
    })
  )
)

Effect.runPromise(program).finally(() => process.exit())
