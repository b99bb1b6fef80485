import { Access, AccessMatrix, AccessPlan } from "@checkpoint-permissions/access"
import { Organization, Pacing } from "@checkpoint-permissions/client"
import { FakePermissions, Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Clock, Effect, Option, Redacted } from "effect"
import { makeReader } from "../src/internal/audit/modelPermissions.ts"
import * as Run from "../src/internal/run/run.ts"
import { checkpoint, inWorld, many, policy, project, requests, test, type World } from "./support/world.ts"

const base = "gpt-4o-mini-2024-07-18"
const weather = checkpoint(`ft:${base}:org:weather:B7R9VjQd`)
const step = checkpoint(`ft:${base}:org:weather:XyZ12345:ckpt-step-90`)
const legal = checkpoint("ft:gpt-4.1-nano-2025-04-14:org:legal:C1")

const organization = (pacing = Pacing.none) => Organization.make({ adminKey: Redacted.make("sk-admin-test"), pacing })

const readLists = Effect.map(organization(), ({ modelPermissions }) => modelPermissions)

/** Each list that a project may have, and the marks of weather, of step as its sibling, and of legal. */
const lists = {
  exact_allow: ["allow_list", [weather], undefined, "unknown", "not in the project's allow list"],
  base_allow: ["allow_list", [base], "unknown", "unknown", "not in the project's allow list"],
  alias_allow: ["allow_list", ["gpt-4o-mini"], "unknown", "unknown", "not in the project's allow list"],
  other_allow: ["allow_list", ["o3"], ...Array(3).fill("not in the project's allow list")],
  empty_allow: ["allow_list", [], "unknown", "unknown", "unknown"],
  exact_deny: ["deny_list", [weather], "in the project's deny list", "unknown", undefined],
  base_deny: ["deny_list", [base], "unknown", "unknown", undefined],
  other_deny: ["deny_list", ["o3"], undefined, undefined, undefined],
  empty_deny: ["deny_list", [], undefined, undefined, undefined]
} as const

const names = Object.keys(lists)

const world: World = {
  seed: { [weather]: names, [step]: names, [legal]: [...names, "unset"] },
  organization: {
    projects: [...names, "unset", "own"],
    modelPermissions: Object.fromEntries(
      Object.entries(lists).map(([name, [mode, model_ids]]) => [name, { mode, model_ids }])
    )
  }
}

const requested = Effect.map(requests, (all) =>
  all.filter(({ operation }) => operation === "get-model-permissions").map(({ path }) => path.split("/").at(-2))
)

/** The marks of a project in the order of the rows. */
const marksOf = (matrix: AccessMatrix.AccessMatrix, name: string) =>
  matrix.rows.map(({ marks = [] }) => marks.find((one) => one.project === name)?.mark)

describe("an audit", () => {
  test("marks access by each form of a list, reads each project once, and no list without access", world, function* () {
    const modelPermissions = yield* readLists
    const siblings = { [step]: [weather, step] }
    const matrix = yield* Access.audit([weather, step, legal], {
      modelPermissions,
      siblings,
      owners: { [legal]: "own" },
      projects: ["without"]
    })
    for (const [name, [, , ...marks]] of Object.entries(lists))
      assert.deepStrictEqual(marksOf(matrix, name), marks, name)
    assert.deepStrictEqual((yield* requested).sort(), [...names, "own", "unset"].sort())
    assert.deepStrictEqual(matrix.modelPermissions, { read: names.length + 2 })
    assert.deepStrictEqual(yield* AccessMatrix.fromJson(AccessMatrix.toJson(matrix)), matrix)
    const text = AccessMatrix.toText(matrix)
    assert.match(text, /proj_?|exact_deny {2}in the project's deny list\n/)
    assert.match(text, / base_allow {2}model permissions: unknown\n/)
    assert.match(AccessMatrix.toLines(matrix), /\texact_deny\t.*\tin the project's deny list\n/)
    assert.match(AccessMatrix.toMarkdown(matrix), /\| `exact_deny` \|.*\| `in the project's deny list` \|\n/)
    assert.include(yield* AccessMatrix.toHtml(matrix), "in the project's deny list")
    const one = yield* Access.audit([weather, legal], {
      modelPermissions,
      project: "exact_deny",
      owners: { [legal]: "own" }
    })
    assert.deepStrictEqual(one.modelPermissions, { read: 1 })
  })

  for (const [unset, mark] of [
    ["not-found", undefined],
    ["deny-none", undefined],
    ["allow-none", "unknown"]
  ] as const) {
    test(`marks access of a project without a list: ${unset}`, {
      ...world,
      behavior: { unsetModelPermissions: unset }
    }, function* () {
      const matrix = yield* Access.audit([legal], { modelPermissions: yield* readLists })
      assert.strictEqual(marksOf(matrix, "unset")[0], mark)
      assert.isUndefined(matrix.modelPermissions?.failure)
    })
  }

  for (const [status, lines] of [
    [401, "the key lacks the scope"],
    [403, "the key lacks the scope"],
    [500, /failed/],
    [400, undefined]
  ] as const) {
    test(`marks access as unknown after a ${status}`, world, function* () {
      const fake = yield* FakePermissions.FakePermissions
      yield* fake.inject(Faults.error(status), { operation: "get-model-permissions", times: 99 })
      const { modelPermissions } = yield* Organization.make({ adminKey: Redacted.make("sk"), pacing: Pacing.none })
      const matrix = yield* Access.audit([weather, step, legal], { modelPermissions, concurrency: 2 })
      assert.strictEqual(AccessMatrix.counts(matrix).incomplete, 0)
      for (const name of names) assert.deepStrictEqual(marksOf(matrix, name), ["unknown", "unknown", "unknown"])
      assert.include(AccessMatrix.toText(matrix).split("\n").at(-2), "Model permissions not read: ")
      if (typeof lines === "string") {
        assert.strictEqual(matrix.modelPermissions?.failure, lines)
        // what was in flight beside the first
        assert.isAtMost((yield* requested).length, 2)
      } else if (lines !== undefined) assert.match(matrix.modelPermissions?.failure ?? "", lines)
      else assert.strictEqual((yield* requested).length, names.length + 1)
    })
  }

  test("names the error that ended the run as the reason for unread lists", world, function* () {
    const fake = yield* FakePermissions.FakePermissions
    yield* fake.inject(Faults.latency({ before: "1 hour" }), { operation: "get-model-permissions", times: 99 })
    yield* fake.inject([Faults.latency({ before: "1 second" }), Faults.error(401)], { operation: "list" })
    const matrix = yield* Access.audit([weather, step], { modelPermissions: yield* readLists, concurrency: 1 })
    assert.match(matrix.modelPermissions?.failure ?? "", /^the run ended, .*status 401/)
    assert.lengthOf(yield* requested, 1)
  })

  const crowd = many(20)
  const checkpoints = Array.from({ length: 30 }, (_, n) => `ft:${base}:org:m:${n}`)
  const limited: World = {
    seed: Object.fromEntries(checkpoints.map((id) => [id, crowd])),
    behavior: { rate: { requests: 10, per: "1 minute" } },
    client: { pacing: Pacing.adaptive }
  }

  it.effect("takes no longer with fewer projects than checkpoints", () =>
    Effect.gen(function* () {
      const lasts = (isRead: boolean) =>
        inWorld(
          Effect.gen(function* () {
            const { modelPermissions } = yield* organization(Pacing.adaptive)
            const start = yield* Clock.currentTimeMillis
            yield* Access.audit(checkpoints, isRead ? { modelPermissions } : {})
            assert.strictEqual(new Set(yield* requested).size, isRead ? crowd.length : 0)
            return (yield* Clock.currentTimeMillis) - start
          }),
          limited
        )
      const without = yield* lasts(false)
      assert.isAbove(without, 60_000)
      assert.isAtMost(yield* lasts(true), without * 1.05)
    })
  )
})

describe("a plan", () => {
  const wanted = policy({ [weather]: [...names, "unset"], [legal]: ["exact_deny", "unset"] })
  const seeded: World = {
    ...world,
    seed: { [weather]: names.filter((name) => !name.startsWith("exact")), [legal]: ["unset"] }
  }

  test("marks its grants, of the projects that it grants alone, in its file too", seeded, function* () {
    const plan = yield* Access.plan(wanted, { modelPermissions: yield* readLists })
    assert.deepStrictEqual(
      plan.checkpoints.map(({ grants, marks }) => [grants, marks]),
      [
        [
          ["exact_allow", "exact_deny", "unset"].map(project),
          [{ project: project("exact_deny"), mark: "in the project's deny list" }]
        ],
        [[project("exact_deny")], undefined]
      ]
    )
    assert.deepStrictEqual((yield* requested).sort(), ["exact_allow", "exact_deny", "unset"])
    const { snapshots: _, ...saved } = plan
    const file = yield* AccessPlan.toJson(plan)
    assert.deepStrictEqual(yield* AccessPlan.fromJson(file), saved)
    const edited = yield* Effect.flip(AccessPlan.fromJson(file.replace("in the project's deny list", "unknown")))
    assert.strictEqual(edited.reason, "edited")
  })

  test("without grants reads none, and without the scope has the reason", seeded, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const modelPermissions = yield* readLists
    const none = yield* Access.plan(policy({ [legal]: ["unset"] }), { modelPermissions })
    assert.deepStrictEqual([none.modelPermissions, yield* requested], [{ read: 0 }, []])
    yield* fake.inject(Faults.error(403), { operation: "get-model-permissions", times: 99 })
    const plan = yield* Access.plan(wanted, { modelPermissions, concurrency: 1 })
    assert.deepStrictEqual(plan.modelPermissions, { read: 0, failure: "the key lacks the scope" })
    assert.deepStrictEqual(
      plan.checkpoints.flatMap(({ marks = [] }) => marks.map(({ mark }) => mark)),
      Array(4).fill("unknown")
    )
    assert.strictEqual((yield* requested).length, 1)
  })
})

describe("a reader", () => {
  it.effect("reads every project and ends, in each order of fibers", () => {
    const read = Effect.gen(function* () {
      const reader = yield* makeReader(() => Effect.succeed(undefined), 1, yield* Run.make(undefined))
      for (const id of many(3)) yield* reader.ask([id])
      return (yield* reader.lists).lists.size
    }).pipe(Effect.scoped, Effect.timeoutOption("1 day"))
    return Effect.forEach(Arr.range(0, 99), (seed) =>
      Effect.map(VirtualClock.run(read, { seed, yieldChance: 0.05 }), (size) =>
        assert.strictEqual(Option.getOrUndefined(size), 3, `seed ${seed}`)
      )
    )
  })
})
