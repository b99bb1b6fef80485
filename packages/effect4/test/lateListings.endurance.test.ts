/** Grants on a server whose listings lag for up to half a minute leave one permission of each project. */
import * as contract from "@checkpoint-permissions/contract"
import { Access, CheckpointPermissions, FakePermissions, VirtualClock } from "@checkpoint-permissions/effect4"
import { Effect, References, Result } from "effect"
import { assert, test } from "vitest"
import { seeds } from "../../../tools/endurance.ts"
import { onFake } from "./support/setup.ts"

/** One process. Its result is true if it reports success. */
const process = (one: contract.Late, start: number) =>
  Effect.gen(function* () {
    yield* Effect.sleep(start)
    const access = yield* Access.make(yield* CheckpointPermissions.CheckpointPermissions)
    const { mayBeDuplicated, notListedYet } = yield* access.grant(contract.checkpoint, contract.lateProjects(one))
    return mayBeDuplicated.length + notListedYet.length === 0
  })

const check = (one: contract.Late) =>
  Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    const results = yield* Effect.forEach(one.starts, (start) => Effect.result(process(one, start)), {
      concurrency: "unbounded"
    })
    const left = [...(yield* fake.projects(contract.checkpoint))].sort()
    yield* Effect.sleep("1 minute")
    yield* process(one, 0)
    return {
      isDone: results.every((result) => Result.isSuccess(result) && result.success),
      left,
      atEnd: [...(yield* fake.projects(contract.checkpoint))].sort()
    }
  }).pipe(
    Effect.provide(onFake(contract.lateServer(one), { timeout: "10 seconds" })),
    Effect.provideService(References.MinimumLogLevel, "None"),
    (effect) => VirtualClock.run(effect, { seed: one.seed })
  )

const all = seeds(20, 2000)

test("random listings that lag: each grant leaves one permission of each project, with lost replies or beside others", async () => {
  let done = 0
  for (const seed of all) {
    const one = contract.lateOf(seed)
    const { atEnd, isDone, left } = await Effect.runPromise(check(one))
    if (isDone) assert.deepStrictEqual(left, [...one.projects], JSON.stringify(one))
    assert.deepStrictEqual(atEnd, [...one.projects], JSON.stringify(one))
    if (isDone) done += 1
  }
  assert.isAbove(done, all.length * 0.6)
})
