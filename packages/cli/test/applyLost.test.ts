import { Access, AccessPolicy, Lock } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { NodeContext } from "@effect/platform-node"
import { assert, describe } from "@effect/vitest"
import { Deferred, Effect, Layer, Option, Redacted } from "effect"
import { applyPlan } from "../src/internal/apply/apply.ts"
import * as Interruption from "../src/internal/terminal/interruption.ts"
import { silentScreen } from "./support/screen.ts"
import { scoped } from "./support/test.ts"

const options = {
  yes: true,
  dryRun: false,
  maxRevokes: Option.none(),
  journal: Option.none(),
  actor: Option.some("tester"),
  backup: Option.none(),
  maxDuration: Option.none(),
  json: false
}

const checkpoints = Array.from({ length: 30 }, (_, i) => `ft:c${i}`)

const onFake = CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin"), pacing: Pacing.none }).pipe(
  Layer.provideMerge(FakePermissions.layer())
)

/** An apply of a grant for each checkpoint, which loses its lock when it prints `text`. */
const losing = (text: string) =>
  Effect.gen(function* () {
    const lost = yield* Deferred.make<void>()
    const said: Array<string> = []
    const screen = silentScreen(said, (printed) => {
      if (printed.includes(text)) Deferred.unsafeDone(lost, Effect.void)
    })
    const policy = yield* AccessPolicy.make({
      version: 1,
      checkpoints: Object.fromEntries(checkpoints.map((id) => [id, { projects: ["proj_a"] }]))
    })
    const resources = { journal: undefined, locks: Lock.none, lost: Deferred.await(lost) }
    const prepare = Effect.map(Access.plan(policy), (plan) => ({ resources, plan }))
    const failure = yield* applyPlan("apply", options, prepare).pipe(
      Effect.flip,
      Effect.provide(Layer.mergeAll(screen, NodeContext.layer)),
      Effect.provide(Layer.sync(Interruption.Interruption, Interruption.make))
    )
    const fake = yield* FakePermissions.FakePermissions
    const writes = (yield* fake.requests).filter(({ method }) => method !== "GET").length
    return { failure, said, writes }
  }).pipe(Effect.provide(onFake))

describe("an apply whose run lock is taken over", () => {
  scoped("while it works begins no other checkpoint, and says so", function* () {
    const { failure, said, writes } = yield* losing("+ proj_a  ft:c0\n")
    assert.strictEqual(failure._tag, "Incomplete")
    assert.deepStrictEqual(said, ["apply: another run has taken its lock over: finishes what is in flight and stops\n"])
    assert.isAbove(writes, 0)
    assert.isBelow(writes, checkpoints.length)
  })

  scoped("before it begins changes nothing", function* () {
    const { failure, writes } = yield* losing("30 to grant")
    assert.strictEqual(failure._tag, "Refused")
    assert.strictEqual(
      "message" in failure ? failure.message : "",
      "apply: another run has taken its lock over meanwhile: nothing is changed, run it again"
    )
    assert.strictEqual(writes, 0)
  })
})
