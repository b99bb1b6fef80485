import { behavior, emulator } from "@checkpoint-permissions/fake"
import { VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "effect/FastCheck"
import { nothing } from "../src/internal/parity/cleanup.ts"
import * as Request from "../src/internal/parity/exchange.ts"
import { initial, type Outcomes } from "../src/internal/parity/outcomes.ts"
import { reads } from "../src/internal/parity/reads.ts"
import { recordOf } from "../src/internal/parity/record.ts"
import { writes } from "../src/internal/parity/writes.ts"
import { checkpoint, seed, serverOf, someBehavior } from "./support/parityServer.ts"

type Behavior = behavior.ServerBehavior
type Name = keyof Behavior

const isRandom = ({ shortPages }: Behavior): boolean => typeof shortPages === "object"

/** The settings that reads tell of a server with 250 permissions. */
const readable = (of: Behavior): ReadonlyArray<Name> => [
  "unknownCheckpoints",
  "unsetModelPermissions",
  // before a grant the log is empty
  ...(of.auditLog === "off" ? ["auditLog" as const] : []),
  "overLimit",
  "underLimit",
  "unknownAfter",
  "shortPages",
  ...(of.keys === "any" ? [] : ["missingScopeStatus" as const]),
  ...(of.overLimit === "bad-request" || (of.maxLimit < 250 && !isRandom(of)) ? ["maxLimit" as const] : []),
  ...(of.defaultLimit < 250 && !isRandom(of) ? ["defaultLimit" as const] : [])
]

const looked = 60_000

/** The settings that a grant tells beside them. */
const writable = (of: Behavior): ReadonlyArray<Name> => {
  const isLogged = of.auditLog === "on" && typeof of.auditLag === "number" && of.auditLag < looked
  const isListed = of.listingLag < looked
  const changesNothing = of.regrant === "existing" || of.deleteGone !== "not-found"
  return [
    "regrant",
    "deleteGone",
    ...(isListed ? ["listingLag" as const] : []),
    ...(isLogged ? ["auditLog" as const, "auditLag" as const, "auditResources" as const] : []),
    ...(isLogged && changesNothing ? ["repeatEvents" as const] : []),
    ...(isListed && (of.regrant === "conflict" || of.regrant === "bad-request") ? ["partialCreate" as const] : [])
  ]
}

/** The found value, or the range that it is in. */
const agrees = (of: Behavior, name: Name, found: unknown, note: string | undefined): boolean => {
  const value = of[name]
  if (name === "shortPages") return isRandom(of) ? typeof found === "object" : value === found
  if (name !== "listingLag" && name !== "auditLag") return JSON.stringify(value) === JSON.stringify(found)
  const [, text] = /^(?:more than|at most) (\d+) ms$/.exec(note ?? "") ?? []
  const bound = Number(text)
  return found === 0 ? Number(value) <= bound : Number(value) > bound && Number(value) <= Number(found)
}

const check = (of: Behavior, known: Outcomes, expected: ReadonlyArray<Name>) => {
  const outcomes: Outcomes = { ...initial, ...known }
  assert.sameMembers(Object.keys(outcomes), Object.keys(behavior.defaults))
  const names = Object.keys(behavior.defaults).filter((name): name is Name => name in outcomes)
  const found = names.filter((name) => "found" in (outcomes[name] ?? {}))
  assert.sameMembers(found, [...expected], JSON.stringify(outcomes))
  for (const name of found) {
    const outcome = outcomes[name]
    if (outcome !== undefined && "found" in outcome) {
      assert.isTrue(agrees(of, name, outcome.found, outcome.note), `${name}: ${JSON.stringify(outcome)}`)
    }
  }
  checkRecord(outcomes, found)
}

/** The record is the found settings for the emulator, and has no id of the server. */
const checkRecord = (outcomes: Outcomes, found: ReadonlyArray<Name>) => {
  const record = recordOf({ outcomes, apiUrl: "https://acme.invalid/v1", at: "2026-12-01T09:30:00Z" })
  const read = behavior.change(behavior.defaults, emulator.parseSettings(JSON.parse(record)).behavior ?? {})
  for (const name of found) {
    const { found: value } = { found: undefined, ...outcomes[name] }
    assert.deepStrictEqual<unknown>(read[name], value, name)
  }
  for (const hidden of ["proj_", "cp_", "ft:", "sk-", "acme", "09:30"]) assert.notInclude(record, hidden)
}

const run = <A>(effect: Effect.Effect<A>) => Effect.runPromise(VirtualClock.run(effect))

describe("parity on servers of random behaviour with 250 permissions", () => {
  it("reads: every observable setting is found, no other claimed, with 20 GETs at most", () =>
    fc.assert(
      fc.asyncProperty(someBehavior, async (settings) => {
        const { send, asked } = serverOf({ seed, behavior: settings })
        const known = await run(reads(send, checkpoint))
        const of = behavior.change(behavior.defaults, settings)
        check(of, known, readable(of))
        assert.isAtMost(asked.length, 20)
        assert.isTrue(asked.every(({ method }) => method === "GET"))
      }),
      { numRuns: 100 }
    ))

  it("with writes: settings that a grant reveals are found too, and everything is undone", () =>
    fc.assert(
      fc.asyncProperty(someBehavior, async (settings) => {
        const { send, permissions } = serverOf({ seed, behavior: settings })
        const before = permissions()
        const made = nothing()
        const known = await run(
          Effect.flatMap(reads(send, checkpoint), (before) =>
            writes(send, { checkpoint, project: "proj_parity" }, made, before)
          )
        )
        const of = behavior.change(behavior.defaults, settings)
        check(of, known, [...readable(of), ...writable(of)])
        assert.isFalse(made.isUnconfirmed, "every create is answered")
        // Permissions that a lagging listing hides are left to the end of the run.
        assert.deepStrictEqual(
          permissions().filter(({ id }) => made.ids.get(id) !== true),
          before
        )
      }),
      { numRuns: 100 }
    ))

  it("deletes only its own permissions on a server that ignores filters and answers a create with all permissions", () =>
    run(
      Effect.gen(function* () {
        const server = serverOf({ seed, behavior: { regrant: "conflict", partialCreate: "others" } })
        const before = server.permissions()
        const send: Request.Send = (question) =>
          question.operation === "list"
            ? server.send({ ...question, query: question.query.filter(([name]) => name !== "project_id") })
            : question.operation === "create"
              ? Effect.flatMap(server.send(question), (answer) =>
                  answer.status === 200 ? server.send(Request.list(checkpoint)) : Effect.succeed(answer)
                )
              : server.send(question)
        const known = yield* writes(send, { checkpoint, project: "proj_parity" }, nothing(), {})
        assert.deepStrictEqual(server.permissions(), before)
        assert.deepStrictEqual(known["partialCreate"], { found: "others" })
        assert.deepStrictEqual(known["regrant"], { found: "conflict" })
      })
    ))
})
