/** Random plans, reads and times: the seven rules of an apply are those of oracles which look at one fact at a time. */
import { Identifiers } from "@checkpoint-permissions/core"
import { DateTime, Duration, FastCheck as fc } from "effect"
import { assert, describe, it } from "vitest"
import { derive } from "../src/internal/plan/derive.ts"
import { type Planned, type Read, refusalOf, validity } from "../src/internal/plan/validity.ts"
import { checkpoint, project } from "./support/world.ts"

const names = ["proj_a", "proj_b", "proj_c", "proj_d"] as const
const dayMillis = 86_400_000
const start = Date.UTC(2027, 0, 10)
const dayAfter = (days: number) => new Date(start + days * dayMillis).toISOString().slice(0, 10)

const permission = fc.record({ project: fc.constantFrom(...names), n: fc.integer({ min: 1, max: 6 }) }).map((one) => ({
  id: Identifiers.PermissionId.make(`cp_${one.project}_${one.n}`),
  project_id: project(one.project),
  created_at: one.n
}))
const permissions = fc.uniqueArray(permission, { selector: ({ id }) => id, maxLength: 6 })

/** A policy of one checkpoint, its permissions at the plan, and steps that the plan leaves out. */
const planned = fc
  .record({
    found: permissions,
    projects: fc.subarray([...names]),
    until: fc.dictionary(fc.constantFrom(...names), fc.integer({ min: -3, max: 6 })),
    mode: fc.constantFrom("exact" as const, "at-least" as const),
    owner: fc.option(fc.constantFrom(...names), { nil: undefined }),
    isPartLeft: fc.boolean()
  })
  .map(({ found, isPartLeft, mode, owner, projects, until }): Planned => {
    const ends = Object.entries(until).flatMap(([one, days]) =>
      projects.some((listed) => listed === one) ? [{ project: project(one), until: dayAfter(days) }] : []
    )
    const entry = {
      checkpoint: checkpoint("ft:a"),
      mode,
      owner: owner === undefined ? undefined : project(owner),
      projects: projects.map(project),
      ...(mode === "exact" && ends.length > 0 ? { ends } : {})
    }
    const at = DateTime.unsafeMake(start)
    const row = { checkpoint: entry.checkpoint, permissions: found, readFrom: at, readAt: at, complete: true } as const
    const plan = derive(entry, row, dayAfter(0))
    const [left, ...revokes] = plan.revokes
    return isPartLeft && left !== undefined
      ? { ...plan, mode, revokes, left: { grants: [], revokes: [left] } }
      : { ...plan, mode }
  })

/** Each rule looks at one permission or project. */
const rules = (plan: Planned, read: Read, now: number) => {
  const day = new Date(now).toISOString().slice(0, 10)
  const isListed = (id: string) => read.permissions.some((one) => one.id === id)
  const has = (name: string) => read.permissions.some(({ project_id }) => project_id === name)
  const isLeft = (id: string) => plan.left?.revokes.some((one) => one.permission.id === id) === true
  const isRevoked = (id: string) => plan.revokes.some((one) => one.permission.id === id)
  const isNoted = (id: string) => plan.duplicates.some((one) => one.id === id)
  const isWanted = (name: string) => [...plan.grants, ...plan.unchanged].some((one) => one === name)
  const differences: Array<string> = []
  if (read.by === "apply" && read.exempt === undefined) {
    for (const { id, project_id } of plan.found) {
      if (plan.mode === "at-least" && !isWanted(project_id)) continue
      if (isListed(id) || isRevoked(id) || isLeft(id) || isNoted(id)) continue
      differences.push(`permission ${id} of ${project_id} is gone`)
    }
    for (const { id, project_id } of read.permissions) {
      if (plan.mode === "at-least" || isWanted(project_id) || plan.found.some((one) => one.id === id)) continue
      differences.push(`permission ${id} of ${project_id} is new`)
    }
  } else if (read.by === "apply") {
    for (const name of names) {
      if (isWanted(name) && !has(name) && read.exempt?.has(name) === false) {
        differences.push(`${name} has no permission any more`)
      }
    }
    for (const { id, project_id } of read.permissions) {
      if (plan.mode === "at-least" || isWanted(project_id) || isRevoked(id) || isLeft(id)) continue
      if (project_id !== plan.owner) differences.push(`permission ${id} of ${project_id} is new`)
    }
  }
  const isOld = read.by === "plan" && read.readFrom !== undefined && now >= read.readFrom + read.maxAge
  const isOverwritten = read.by === "plan" && (read.lastWrite ?? 0) >= (read.readFrom ?? 0)
  const isUnusable =
    isOld || isOverwritten || (read.by === "plan" && ((read.readFrom ?? now + 1) > now || plan.duplicates.length > 0))
  const grants: Record<string, string> = {}
  for (const name of plan.grants) grants[name] = has(name) ? "granted" : "to grant"
  const revokes: Record<string, string> = {}
  for (const { permission } of plan.revokes) revokes[permission.id] = isListed(permission.id) ? "to revoke" : "gone"
  const expired = (plan.ends ?? []).flatMap((end) => (end.until < day ? [`${end.project} ${end.until}`] : []))
  return { isUsable: !isUnusable, differences: differences.sort(), grants, revokes, expired: expired.sort() }
}

/** The result in the form of the rules. */
const found = (plan: Planned, read: Read, now: number) => {
  const result = validity(plan, read, now)
  const keyed = (entries: ReadonlyArray<readonly [string, string]>) => Object.fromEntries(entries)
  const names = (ids: ReadonlyArray<string>, verdict: string) => ids.map((id) => [id, verdict] as const)
  return {
    isUsable: result.isUsable,
    differences: [...result.differences].sort(),
    grants: keyed([...names(result.granted, "granted"), ...names(result.toGrant, "to grant")]),
    revokes: keyed([
      ...names(
        result.toRevoke.map(({ id }) => id),
        "to revoke"
      ),
      ...names(
        result.gone.map(({ id }) => id),
        "gone"
      )
    ]),
    expired: [...result.expired].map(([name, until]) => `${name} ${until}`).sort()
  }
}

const read = (plan: Planned): fc.Arbitrary<Read> =>
  fc.oneof(
    fc
      .record({ kept: fc.subarray([...plan.found]), added: permissions, exempt: fc.option(fc.subarray([...names])) })
      .map(({ added, exempt, kept }): Read => {
        const others = added.filter(({ id }) => plan.found.every((one) => one.id !== id))
        return {
          by: "apply",
          permissions: [...kept, ...others],
          exempt: exempt === null ? undefined : new Set<string>(exempt)
        }
      }),
    fc
      .record({
        readFrom: fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined }),
        lastWrite: fc.option(fc.integer({ min: -3, max: 2 }), { nil: undefined }),
        maxAge: fc.integer({ min: 0, max: 3 })
      })
      .map(({ lastWrite, maxAge, readFrom }): Read => {
        const at = (days: number | undefined) => (days === undefined ? undefined : start + days * dayMillis)
        return {
          by: "plan",
          permissions: plan.found,
          readFrom: at(readFrom),
          lastWrite: at(lastWrite),
          maxAge: maxAge * dayMillis
        }
      })
  )

const server = fc.record({
  apiUrl: fc.constantFrom("https://a.example/v1", "https://b.example/v1"),
  organization: fc.constantFrom(undefined, "org-a", "org-b")
})
const digest = fc.constantFrom("sha256:a", "sha256:b")
const optional = <A>(one: fc.Arbitrary<A>) => fc.option(one, { nil: undefined })
const minuteMillis = 60_000

/** The limits of a whole plan. The plan is often valid, so that each limit alone decides. */
const limited = fc.record({
  plan: fc.record({
    server,
    policyDigest: digest,
    // near each limit
    age: fc
      .tuple(fc.integer({ min: 0, max: 26 }), fc.integer({ min: -7, max: 7 }))
      .map(([hours, minutes]) => (hours * 60 + minutes) * minuteMillis),
    executed: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    revokes: fc.integer({ min: 0, max: 3 })
  }),
  server: optional(server),
  policyDigest: optional(digest),
  maxRevokes: optional(fc.integer({ min: 0, max: 3 })),
  maxHours: optional(fc.integer({ min: 0, max: 30 }))
})

/** Each limit looks at one fact. The first that does not hold is the reason. */
const brokenLimits = ({
  maxHours,
  maxRevokes,
  plan,
  policyDigest,
  server
}: typeof limited extends fc.Arbitrary<infer A> ? A : never) => [
  ...(server === undefined || server.apiUrl === plan.server.apiUrl ? [] : ["server"]),
  ...(server === undefined || server.organization === plan.server.organization ? [] : ["organization"]),
  ...(plan.executed ? ["executed"] : []),
  ...(policyDigest === undefined || policyDigest === plan.policyDigest ? [] : ["policy"]),
  ...(plan.age < -5 * minuteMillis || plan.age > (maxHours ?? 24) * 60 * minuteMillis ? ["age"] : []),
  ...(maxRevokes === undefined || plan.revokes <= maxRevokes ? [] : ["revokes"])
]

describe("the validity of a plan", () => {
  it("is that of limits which look at one fact at a time, for random plans, servers and times", () => {
    const reasons = new Set<string | undefined>()
    fc.assert(
      fc.property(limited, (one) => {
        const { age, executed, policyDigest, revokes, server } = one.plan
        const at = DateTime.unsafeMake(start - age)
        const plan = { ...server, policyDigest, createdAt: at, counts: { revokes } }
        const { maxHours, ...limits } = one
        const refusal = refusalOf(
          executed ? { ...plan, executed: { at, complete: true } } : plan,
          { ...limits, maxAge: maxHours === undefined ? undefined : Duration.hours(maxHours) },
          start
        )
        reasons.add(refusal?.reason)
        assert.strictEqual(refusal?.reason, brokenLimits(one)[0])
      }),
      { numRuns: 3000 }
    )
    assert.strictEqual(reasons.size, 7, "each limit decided, and none")
  })
})

describe("the validity of a plan's steps", () => {
  it("is that of rules which look at one step at a time, for random plans, reads and times", () => {
    const cases = planned.chain((plan) =>
      fc.record({ plan: fc.constant(plan), read: read(plan), days: fc.integer({ min: -2, max: 8 }) })
    )
    fc.assert(
      fc.property(cases, ({ days, plan, read }) => {
        const now = start + days * dayMillis
        assert.deepStrictEqual(found(plan, read, now), rules(plan, read, now))
      }),
      { numRuns: 3000 }
    )
  })
})
