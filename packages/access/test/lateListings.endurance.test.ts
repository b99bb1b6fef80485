/** Grants and applies on a server whose listings lag for up to half a minute leave one permission of each project. */
import * as contract from "@checkpoint-permissions/contract"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { Effect, Either, Random } from "effect"
import { assert, describe, it } from "vitest"
import { seeds } from "../../../tools/endurance.ts"
import { Access } from "../src/index.ts"
import { applied, sorted, tagsOf } from "./support/applied.ts"
import { checkpoint, inWorld, otherAccess, policy } from "./support/world.ts"

const weather = checkpoint(contract.checkpoint)

/** One process: a grant, or a plan and its apply. Its result is true if it reports success. */
const process = (one: contract.Late, by: "grant" | "apply", start: number) =>
  Effect.gen(function* () {
    yield* Effect.sleep(start)
    const access = yield* otherAccess({ timeout: "10 seconds" })
    if (by === "grant") {
      const { mayBeDuplicated, notListedYet } = yield* access.grant(weather, contract.lateProjects(one))
      return mayBeDuplicated.length + notListedYet.length === 0
    }
    const plan = yield* access.plan(policy({ [weather]: contract.lateProjects(one) }))
    const steps = yield* applied(plan).pipe(Effect.provideService(Access.Access, access))
    return (
      !tagsOf(steps).includes("NotListedYet") &&
      steps.every((step) => step._tag !== "CheckpointFinished" || step.complete)
    )
  })

const check = (one: contract.Late, by: "grant" | "apply") =>
  inWorld(
    Effect.gen(function* () {
      const fake = yield* FakePermissions.FakePermissions
      const results = yield* Effect.forEach(one.starts, (start) => Effect.either(process(one, by, start)), {
        concurrency: "unbounded"
      })
      const left = sorted(yield* fake.projects(weather))
      yield* Effect.sleep("1 minute")
      yield* process(one, by, 0)
      return {
        isDone: results.every((result) => Either.isRight(result) && result.right),
        left,
        atEnd: sorted(yield* fake.projects(weather))
      }
    }).pipe(Effect.withRandom(Random.make(one.seed))),
    contract.lateServer(one)
  )

describe.each(["grant", "apply"] as const)("random listings that lag: each %s", (by) => {
  it("leaves one permission of each project, with lost replies or beside others", async () => {
    let done = 0
    for (const seed of seeds(7, 2000)) {
      const one = contract.lateOf(seed)
      const { atEnd, isDone, left } = await Effect.runPromise(check(one, by))
      if (isDone) assert.deepStrictEqual(left, [...one.projects], JSON.stringify(one))
      assert.deepStrictEqual(atEnd, [...one.projects], JSON.stringify(one))
      if (isDone) done += 1
    }
    assert.isAbove(done, seeds(7, 2000).length * 0.6)
  })
})
