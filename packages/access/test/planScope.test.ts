import { Identifiers } from "@checkpoint-permissions/core"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Either, FastCheck as fc } from "effect"
import { scoped } from "../../core/test/effects.ts"
import { Access, AccessPlan, AccessPolicy } from "../src/index.ts"
import { derive } from "../src/internal/plan/derive.ts"
import { applied, reloaded, saved } from "./support/applied.ts"
import { checkpoint, inWorld, projects, requestCounts, test } from "./support/world.ts"

const [a, b, c] = ["ft:m:org:a:A1", "ft:m:org:b:B1", "ft:m:org:c:C1"] as const

type Encoded = typeof AccessPolicy.AccessPolicy.Encoded
type Entry = Encoded["checkpoints"][string]

const made = (checkpoints: Encoded["checkpoints"], rest: Partial<Encoded> = {}) =>
  Effect.runSync(AccessPolicy.make({ version: 1, checkpoints, ...rest }))

const day = "2027-02-01"
const ended = { project: "proj_e", until: "2027-01-31" }
const scopeOf = (policy: AccessPolicy.AccessPolicy, base: AccessPolicy.AccessPolicy) =>
  Either.getOrThrow(AccessPlan.scopeOf(policy, base))

/** Policies of a few entries and projects, so that two of them have many in common. */
const policies: fc.Arbitrary<AccessPolicy.AccessPolicy> = (() => {
  const project = fc.constantFrom("proj_x", "proj_y", "proj_z")
  const days = fc.constantFrom("2026-12-20", "2031-12-20")
  const ending = fc.record(
    { project, until: days, reason: fc.constantFrom("trial", "") },
    { requiredKeys: ["project", "until"] }
  )
  const listed = fc.oneof(project, ending, fc.constant("@team"))
  const idOf = (one: string | { readonly project: string }) => (typeof one === "string" ? one : one.project)
  const entry: fc.Arbitrary<Entry> = fc.oneof(
    fc.record({ mode: fc.constant("at-least" as const), projects: fc.uniqueArray(project) }),
    fc.record(
      {
        owner: fc.constantFrom("proj_o", "proj_p"),
        lastReview: days,
        projects: fc.uniqueArray(listed, { selector: idOf })
      },
      { requiredKeys: ["projects"] }
    )
  )
  const groups = { team: ["proj_x", "proj_t"] }
  return fc
    .tuple(fc.dictionary(fc.constantFrom(a, b), entry), fc.constantFrom({}, { reviewEvery: "90d" }))
    .map(([checkpoints, rest]) => made(checkpoints, { groups, ...rest }))
})()

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
      assert.deepStrictEqual<unknown>(scope.changed, isChanged ? [a] : [], what)
    }
    const modes = scopeOf(made({ [a]: { mode: "at-least", projects: [] } }), made({ [a]: { projects: [] } }))
    assert.deepStrictEqual<unknown>(modes.changed, [a])
  })

  it("names each difference, those that give access first, and covers only entries whose access differs", () => {
    const end = (until: string, reason = "trial") => ({ project: "proj_e", until, reason })
    const former = {
      [a]: { owner: "proj_o", lastReview: "2026-08-31", projects: ["proj_x", end("2027-03-01")] },
      [b]: { lastReview: "2026-08-31", projects: [end("2027-03-01")] },
      [c]: { projects: ["proj_x"] }
    }
    const now = {
      [a]: { lastReview: "2026-11-30", projects: ["proj_x", end("2031-03-01", "more")] },
      [b]: { lastReview: "2026-11-30", projects: [end("2027-03-01")] },
      "ft:m:org:d:D1": { mode: "at-least" as const, projects: ["proj_e"] }
    }
    const { differences, ...rest } = scopeOf(made(now, { reviewEvery: "90d" }), made(former))
    assert.deepStrictEqual<unknown>(rest, { entries: 3, changed: [a, "ft:m:org:d:D1"], removed: [c] })
    const texts = differences?.map(({ after, before, checkpoint, key, project }) =>
      [key, ...(project === undefined ? [] : [project]), checkpoint.slice(9, 10), `${before} → ${after}`].join(" ")
    )
    assert.deepStrictEqual(texts, [
      "until proj_e a 2027-03-01 → 2031-03-01",
      "until proj_e d undefined → null",
      "mode c exact → undefined",
      "owner a proj_o → undefined",
      "reason proj_e a trial → more",
      "lastReview a 2026-08-31 → 2026-11-30",
      "reviewEvery a undefined → 90d",
      "lastReview b 2026-08-31 → 2026-11-30",
      "reviewEvery b undefined → 90d",
      "mode d undefined → at-least",
      "reviewEvery d undefined → 90d"
    ])
    const moved = (lastReview: string) =>
      scopeOf(
        made({ [c]: { projects: [] } }, { lastReview }),
        made({ [c]: { lastReview: "2026-08-31", projects: [] } })
      )
    assert.isUndefined(moved("2026-08-31").differences, "an entry that is moved to a file with the same day")
    assert.deepInclude(moved("2026-11-30").differences?.[0], { key: "lastReview", after: "2026-11-30" })
  })

  it("names every difference in the meaning of an entry: with them, one policy becomes the other", () => {
    /** The keys of each entry, apart from their order. */
    const meaning = (policy: AccessPolicy.AccessPolicy) => {
      const cells = Either.getOrThrow(AccessPolicy.resolve(policy)).flatMap((entry) => {
        const { checkpoint, ends = [], lastReview, mode, owner, projects, reviewEvery } = entry
        const counted = ends.filter(({ ignored }) => ignored !== true)
        const of = (key: string, after: string | null | undefined, project?: string) =>
          after === undefined ? [] : [[JSON.stringify([checkpoint, key, project]), after] as const]
        return [
          ...[...of("mode", mode), ...of("owner", owner)],
          ...[...of("lastReview", lastReview), ...of("reviewEvery", reviewEvery)],
          ...projects.flatMap((id) => of("until", counted.find(({ project }) => project === id)?.until ?? null, id)),
          ...counted.flatMap(({ project, reason }) => of("reason", reason, project))
        ]
      })
      return new Map(cells)
    }
    const sorted = (cells: ReadonlyMap<string, string | null>) => [...cells].sort()
    fc.assert(
      fc.property(policies, policies, (now, former) => {
        const cells = meaning(former)
        for (const { after, before, checkpoint, key, project } of scopeOf(now, former).differences ?? []) {
          const cell = JSON.stringify([checkpoint, key, project])
          assert.strictEqual(cells.get(cell), before)
          if (after === undefined) cells.delete(cell)
          else cells.set(cell, after)
          const isRemoved = key === "mode" && after === undefined
          for (const other of isRemoved ? [...cells.keys()] : [])
            if (JSON.parse(other)[0] === checkpoint) cells.delete(other)
        }
        assert.deepStrictEqual(sorted(cells), sorted(meaning(now)))
      })
    )
  })

  it("has no entry with access that has ended, and lists checkpoints that are no longer managed", () => {
    const policy = made({ [a]: { projects: [ended] }, [b]: { projects: ["proj_x"] }, [c]: { projects: [ended] } })
    const before = made({ [a]: { projects: [ended] }, "ft:m:org:z:Z": { projects: [] }, [c]: { projects: [] } })
    const { changed, removed } = scopeOf(policy, before)
    assert.deepStrictEqual<unknown>({ changed, removed }, { changed: [b, c], removed: ["ft:m:org:z:Z"] })
    assert.deepStrictEqual<unknown>(scopeOf(policy, made({})).changed, [a, b, c], "an empty base")
  })

  it("leaves out no step, if the server has the access of the base", () => {
    const project = fc.constantFrom("proj_a", "proj_b", "proj_c")
    const entry = fc.record({
      mode: fc.constantFrom("exact" as const, "at-least" as const),
      projects: fc.uniqueArray(project)
    })
    const checkpoints = fc.dictionary(fc.constantFrom(a, b, c), entry)
    fc.assert(
      fc.property(checkpoints, checkpoints, (now, former) => {
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
          assert.deepStrictEqual(plan.steps, [])
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

  test("reads and applies that part alone, also from its file", { seed, startAt }, function* (fake) {
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

  test("is gone beside others that are gone, if any other entry of the policy is listed", {
    seed: { [b]: [] },
    behavior
  }, function* () {
    const missing = Array.from({ length: 9 }, (_, n) => checkpoint(`ft:m:org:gone:${n}`))
    const ids = [...missing, b]
    const all = made(Object.fromEntries(ids.map((id) => [id, { projects: [] }])))
    const scope = { entries: ids.length, changed: missing.slice(0, 1), removed: [] }
    const plan = yield* Access.plan(all, { scope })
    assert.deepStrictEqual<unknown>([plan.gone, plan.unread], [[{ checkpoint: missing[0] }], []])
  })

  test("is unread if no other one was listed", { behavior, seed: {} }, function* () {
    const plan = yield* Access.plan(policy)
    assert.deepStrictEqual([plan.gone, plan.counts.unread], [undefined, 2])
  })
})

describe("the lines of a policy", () => {
  scoped("are shown where access ends", function* () {
    const text = `version: 1\ncheckpoints:\n  "${a}":\n    projects:\n      - proj_x\n      - { project: proj_e, until: 2027-01-31 }\n`
    const policy = yield* AccessPolicy.parse(text)
    const seed = { [a]: [{ project_id: "proj_e", created_at: 1 }] }
    const plan = yield* inWorld(Access.plan(policy), { startAt: Date.parse(`${day}T00:00:00Z`), seed })
    const [planned] = AccessPlan.withLines(plan, [{ text, file: "access/policy.yaml" }]).checkpoints
    assert.deepInclude<object | undefined>(planned?.steps[0], { ...ended, at: "access/policy.yaml:6" })
  })
})
