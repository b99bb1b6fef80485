import { assert } from "@effect/vitest"
import { Effect, Option, Tracer } from "effect"
import { Access } from "../src/index.ts"
import { checkpoint as checkpointOf, test } from "./support/world.ts"

const checkpoint = checkpointOf("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")

test("grant and revoke are spans with the checkpoint and the counts of the report, around those of the requests", {
  seed: { [checkpoint]: ["proj_had"] },
  behavior: { owners: { [checkpoint]: "proj_owner" } }
}, function* () {
  const spans: Array<Tracer.Span> = []
  const native = yield* Effect.tracer
  const tracer = Tracer.make({
    span: (...args) => {
      const span = native.span(...args)
      spans.push(span)
      return span
    },
    context: (run, fiber) => native.context(run, fiber)
  })
  yield* Effect.gen(function* () {
    yield* Access.grant(checkpoint, ["proj_had", "proj_a", "proj_b", "proj_owner"])
    yield* Access.revoke(checkpoint, ["proj_a", "proj_none"])
    yield* Effect.flip(Access.revoke("", ["proj_a"]))
  }).pipe(Effect.withTracer(tracer))
  const outer = spans.filter(({ name }) => name.startsWith("Access."))
  assert.deepStrictEqual(
    outer.map(({ attributes, name }) => ({ name, ...Object.fromEntries(attributes) })),
    [
      {
        name: "Access.grant",
        checkpoint,
        projects: 4,
        granted: 2,
        already_granted: 1,
        not_listed_yet: 0,
        owner_projects: 1
      },
      { name: "Access.revoke", checkpoint, projects: 2, revoked: 1, absent: 1, owner_projects: 0 },
      { name: "Access.revoke" }
    ]
  )
  const requests = spans.filter(({ name }) => name.startsWith("CheckpointPermissions."))
  const parents = new Set(requests.map(({ parent }) => Option.getOrUndefined(parent)?.spanId))
  assert.deepStrictEqual(parents, new Set(outer.slice(0, 2).map(({ spanId }) => spanId)))
})
