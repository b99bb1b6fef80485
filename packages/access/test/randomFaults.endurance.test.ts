import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { FakePermissions, Faults, ServerBehavior } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { seeds } from "../../../scripts/endurance.ts"
import { checkpoint, inWorld, projects } from "./support/world.ts"

const weather = checkpoint("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
const before = ["proj_1", "proj_2", "proj_3", "proj_4", "proj_5"]

/** Grants two projects, revokes one and lists all, in pages of two. */
const work = Effect.gen(function* () {
  const permissions = yield* CheckpointPermissions.CheckpointPermissions
  yield* Access.grant(weather, projects("proj_2", "proj_new"))
  yield* Access.revoke(weather, projects("proj_1", "proj_gone"))
  const all = yield* Stream.runCollect(permissions.stream(weather, { limit: 2, order: "ascending" }))
  const { projects: held } = yield* FakePermissions.FakePermissions
  return { listed: Array.from(all, ({ project_id }) => project_id), held: yield* held(weather) }
})

describe("Faults.random at its default", () => {
  it.effect.each(ServerBehavior.unknowns.regrant.map((regrant) => [regrant] as const))(
    "is survived by this client and Access, with a regrant that is %s",
    ([regrant]) =>
      Effect.forEach(seeds(25, 200), (seed) =>
        Effect.gen(function* () {
          const { held, listed } = yield* inWorld(work, {
            seed: { [weather]: before },
            behavior: { regrant, shortPages: "every-other", latency: { min: 0, max: 500 } },
            faults: Faults.random({ seed, probability: 0.3 })
          })
          const expected = ["proj_2", "proj_3", "proj_4", "proj_5", "proj_new"]
          assert.deepStrictEqual({ seed, held, listed }, { seed, held: expected, listed: expected })
        })
      )
  )
})
