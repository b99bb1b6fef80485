import { assert, describe, it } from "@effect/vitest"
import { type Driver, pure, services } from "./nights/drivers.ts"
import { simulate } from "./nights/simulate.ts"

/** The kinds of violations of so many nights. */
const rulesOf = async (nights: number, driver: Driver, firstSeed = 1) => {
  const { violations } = await simulate({ firstSeed, nights }, driver)
  return new Set(violations.map(({ rule }) => rule))
}

describe("random nights", () => {
  it("no night is wrong, by the pure functions", async () => {
    const { authors, ends, exitCodes, violations } = await simulate({ firstSeed: 1, nights: 400 }, pure)
    assert.deepStrictEqual(violations, [])
    assert.isAbove(authors, 100)
    assert.isAbove(ends, 100)
    for (const code of [0, 3, 4]) assert.isAbove(exitCodes.get(code) ?? 0, 20)
  })

  it("no night is wrong, by the services over the same server", async () => {
    const { exitCodes, violations } = await simulate({ firstSeed: 1, nights: 24 }, services)
    assert.deepStrictEqual(violations, [])
    assert.isAbove(exitCodes.get(0) ?? 0, 0)
    assert.isAbove(exitCodes.get(3) ?? 0, 0)
  })

  it("finds an end of access by the clock of the machine", async () => {
    const byMachine: Driver = (history, policy, night, world, begun) =>
      pure(history, policy, night, { ...world, date: world.machineTime }, begun)
    assert.include(await rulesOf(400, byMachine), "exit 0 while a checkpoint differed")
  })

  it("finds an unread checkpoint that is left out", async () => {
    const lenient: Driver = async (...args) => {
      const drift = await pure(...args)
      if (drift === undefined) return drift
      const differences = drift.differences.filter(({ kind }) => kind !== "unread")
      return { ...drift, differences, exitCode: differences.length > 0 ? 3 : 0 }
    }
    assert.include(await rulesOf(100, lenient), "an unread checkpoint is not reported")
  })

  it("finds authors that are searched too near to the creation, and the last revoke of any permission", async () => {
    const careless: Driver = async (...args) => {
      const drift = await pure(...args)
      if (drift === undefined) return drift
      return {
        ...drift,
        differences: drift.differences.map((one) => {
          if ("permission" in one && one.grant?._tag === "InLog" && one.grant.at < one.createdAt) {
            return { ...one, grant: { _tag: "NotInLog" as const } }
          }
          return "end" in one && one.end?._tag === "Revoked" ? { ...one, end: { ...one.end, later: 0 } } : one
        })
      }
    }
    const rules = await rulesOf(400, careless)
    assert.include(rules, "a grant in the log without its author")
    assert.include(rules, "later deletes are not counted")
  })
})
