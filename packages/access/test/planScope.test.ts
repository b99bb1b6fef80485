import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Either, FastCheck as fc } from "effect"
import { Access, AccessPlan, AccessPolicy } from "../src/index.ts"
import { derive } from "../src/internal/plan/derive.ts"
import { applied, reloaded, saved } from "./support/applied.ts"
import { inWorld, projects, requestCounts, test } from "./support/world.ts"

const [a, b, c] = ["ft:m:org:a:A1", "ft:m:org:b:B1", "ft:m:org:c:C1"] as const

type Encoded = typeof AccessPolicy.AccessPolicy.Encoded
type Entry = Encoded["checkpoints"][string]

const made = (checkpoints: Encoded["checkpoints"], rest: Partial<Encoded> = {}) =>
  Effect.runSync(AccessPolicy.make({ version: 1, checkpoints, ...rest }))

const day = "2027-02-01"
const ended = { project: "proj_e", until: "2027-01-31" }
const scopeOf = (policy: AccessPolicy.AccessPolicy, base: AccessPolicy.AccessPolicy) =>
  Either.getOrThrow(AccessPlan.scopeOf(policy, base))

describe("the part of a policy that has changed", () => {
  const base: Entry = { owner: "proj_o", projects: ["proj_x", "@team", { ...ended, until: "2027-03-01" }] }
  const groups = { team: ["proj_t", "proj_u"] }

  it("compares owner, mode, projects and ends of resolved entries", () => {
    const cases: ReadonlyArray<readonly [what: string, entry: Entry, isChanged: boolean, groups?: typeof groups]> = [
      ["the same", base, false],
      ["another order", { ...base, projects: [...base.projects].reverse() }, false],
      ["a group written out", { ...base, projects: ["proj_t", "proj_u", "proj_x", ...base.projects.slice(2)] }, false],
      ["the default mode", { ...base, mode: "exact" }, false],
      [
        "another reason",
        { ...base, projects: [...base.projects.slice(0, 2), { ...ended, until: "2027-03-01", reason: "r" }] },
        false
      ],
      ["no owner", { projects: base.projects }, true],
      ["another owner", { ...base, owner: "proj_p" }, true],
      ["a project less", { ...base, projects: base.projects.slice(1) }, true],
      ["a later end", { ...base, projects: [...base.projects.slice(0, 2), { ...ended, until: "2027-03-02" }] }, true],
      ["no end", { ...base, projects: [...base.projects.slice(0, 2), "proj_e"] }, true],
      ["a group that has changed", base, true, { team: ["proj_t"] }]
    ]
    for (const [what, entry, isChanged, groupsNow = groups] of cases) {
      const scope = scopeOf(
        made({ [a]: entry, [b]: { projects: [] } }, { groups: groupsNow }),
        made({ [a]: base, [b]: { projects: [] } }, { groups })
      )
      assert.deepStrictEqual<unknown>(scope, { entries: 2, changed: isChanged ? [a] : [], removed: [] }, what)
    }
    const modes = scopeOf(made({ [a]: { mode: "at-least", projects: [] } }), made({ [a]: { projects: [] } }))
    assert.deepStrictEqual<unknown>(modes.changed, [a])
  })

  it("names entries with another last review, and covers them only if their access differs", () => {
    const on = (lastReview: string, ...projects: ReadonlyArray<string>) => ({ lastReview, projects })
    const former = { [a]: on("2026-08-31", "proj_x"), [b]: on("2026-08-31", "proj_x"), [c]: { projects: ["proj_x"] } }
    const now = { [a]: on("2026-11-30", "proj_x"), [b]: on("2026-11-30"), [c]: { projects: ["proj_x"] } }
    assert.deepStrictEqual<unknown>(scopeOf(made(now, { reviewEvery: "90d" }), made(former)), {
      entries: 3,
      changed: [b],
      removed: [],
      reviewed: [a, b],
      reviewEvery: { after: "90d" }
    })
    assert.isUndefined(scopeOf(made(now), made({})).reviewed, "a new entry is planned, with its review")
    assert.deepStrictEqual<unknown>(scopeOf(made(former), made(now)).reviewed, [a, b], "a removed review is named, too")
  })

  it("has no entry with access that has ended, and lists checkpoints that are no longer managed", () => {
    const policy = made({ [a]: { projects: [ended] }, [b]: { projects: ["proj_x"] }, [c]: { projects: [ended] } })
    const before = made({ [a]: { projects: [ended] }, "ft:m:org:z:Z": { projects: [] }, [c]: { projects: [] } })
    assert.deepStrictEqual<unknown>(scopeOf(policy, before), {
      entries: 3,
      changed: [b, c],
      removed: ["ft:m:org:z:Z"]
    })
    assert.deepStrictEqual<unknown>(scopeOf(policy, made({})).changed, [a, b, c], "an empty base")
  })

  it("leaves out no step, if the server has the access of the base", () => {
    const project = fc.constantFrom("proj_a", "proj_b", "proj_c")
    const entry = fc.record({
      mode: fc.constantFrom("exact" as const, "at-least" as const),
      projects: fc.uniqueArray(project)
    })
    const policies = fc.dictionary(fc.constantFrom(a, b, c), entry)
    fc.assert(
      fc.property(policies, policies, (now, former) => {
        const covered = new Set<string>(scopeOf(made(now), made(former)).changed)
        const readAt = DateTime.unsafeMake(0)
        for (const wanted of Either.getOrThrow(AccessPolicy.resolve(made(now)))) {
          const found = former[wanted.checkpoint]
          if (covered.has(wanted.checkpoint)) continue
          const permissions = projects(...(found?.projects ?? [])).map((project_id) => {
            return { id: Identifiers.PermissionId.make(`cp_${project_id}`), project_id, created_at: 1 }
          })
          const plan = derive(wanted, { checkpoint: wanted.checkpoint, complete: true, permissions, readAt }, day)
          assert.isDefined(found)
          assert.deepStrictEqual([plan.grants, plan.revokes], [[], []])
        }
      })
    )
  })
})

describe("a plan of a part", () => {
  const policy = made({ [a]: { projects: ["proj_x"] }, [b]: { projects: [ended] }, [c]: { projects: ["proj_y"] } })
  const before = made({ [b]: { projects: [] }, [c]: { projects: ["proj_y"] } })
  const permission = (project_id: string) => ({ project_id, created_at: 1 })
  const seed = { [a]: [], [b]: ["proj_e", "proj_out"].map(permission), [c]: [permission("proj_other")] }
  const startAt = Date.parse(`${day}T12:00:00Z`)

  test("reads and applies that part alone, also from its file", { seed, startAt }, function* () {
    const fake = yield* FakePermissions.FakePermissions
    const plan = yield* Access.plan(policy, { scope: scopeOf(policy, before) })
    assert.deepInclude(plan.counts, { checkpoints: 2, grants: 1, revokes: 2, unread: 0 })
    assert.deepStrictEqual(yield* requestCounts, { list: 2, create: 0, delete: 0 })
    const loaded = yield* reloaded(plan)
    assert.deepStrictEqual(loaded, saved(plan))
    yield* applied(loaded)
    assert.deepStrictEqual<unknown>(yield* fake.projects(a), ["proj_x"])
    assert.deepStrictEqual<unknown>(yield* fake.projects(b), [])
    assert.isTrue((yield* fake.requests).every(({ checkpoint }) => checkpoint !== c))
  })

  test("that is empty sends nothing", { seed, startAt }, function* () {
    const plan = yield* Access.plan(policy, { scope: scopeOf(policy, policy) })
    assert.isTrue(AccessPlan.isEmpty(plan))
    assert.deepStrictEqual(yield* requestCounts, { list: 0, create: 0, delete: 0 })
  })
})

describe("a checkpoint that does not exist", () => {
  const policy = made({ [a]: { projects: ["proj_x"] }, [b]: { projects: [] } })
  const behavior = { unknownCheckpoints: "not-found" } as const

  test("is gone if another one was listed, and the plan is complete", { seed: { [b]: [] }, behavior }, function* () {
    const text = `version: 1\ncheckpoints:\n  "${a}":\n    projects: [proj_x]\n`
    const plan = AccessPlan.withLines(yield* Access.plan(policy), [{ text, file: "policy.yaml" }])
    assert.deepStrictEqual<unknown>(plan.gone, [{ checkpoint: a, at: "policy.yaml:3" }])
    assert.deepInclude(plan.counts, { checkpoints: 1, unread: 0 })
    assert.deepStrictEqual(yield* reloaded(plan), saved(plan))
  })

  test("is unread if no other one was listed", { behavior, seed: {} }, function* () {
    const plan = yield* Access.plan(policy)
    assert.deepStrictEqual([plan.gone, plan.counts.unread], [undefined, 2])
  })
})

describe("the lines of a policy", () => {
  it.effect("are shown where access ends", () =>
    Effect.gen(function* () {
      const text = `version: 1\ncheckpoints:\n  "${a}":\n    projects:\n      - proj_x\n      - { project: proj_e, until: 2027-01-31 }\n`
      const policy = yield* AccessPolicy.parse(text)
      const seed = { [a]: [{ project_id: "proj_e", created_at: 1 }] }
      const plan = yield* inWorld(Access.plan(policy), { startAt: Date.parse(`${day}T00:00:00Z`), seed })
      const [planned] = AccessPlan.withLines(plan, [{ text, file: "access/policy.yaml" }]).checkpoints
      assert.deepStrictEqual<unknown>(planned?.ends, [{ ...ended, at: "access/policy.yaml:6" }])
    })
  )
})
