import { emulator } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as fc from "effect/FastCheck"
import { compare } from "../src/internal/parity/recording/compare.ts"
import * as Grammar from "../src/internal/parity/recording/grammar.ts"
import { recordOf, textOf } from "../src/internal/parity/recording/record.ts"
import { comparable, differencesOf } from "../src/internal/parity/recording/replay.ts"
import { checkpoint } from "./support/parityServer.ts"
import { project, ran, recorded } from "./support/recorded.ts"

const seed = { [checkpoint]: Array.from({ length: 137 }, (_, i) => `proj_${i}`) }

const organization = {
  projects: [{ id: "proj_1", name: "Weather" }, "proj_2", "proj_3"],
  events: [1, 2].map((at) => ({
    type: "checkpoint.permission.created",
    effective_at: at,
    permission_id: `cp_old${at}`,
    project_id: "proj_1",
    fine_tuned_model_checkpoint: checkpoint
  }))
}

const run = ran({ server: { seed, organization, behavior: { listingLag: 12_000 } }, writes: true })

const recording = Effect.map(run, (one) => Either.getOrThrow(recordOf(one)))

/** The recording as JSON, with one text in place of the first of another. */
const changed = (before: RegExp | string, after: string) =>
  Effect.map(recording, (one): unknown => {
    const text = JSON.stringify(one)
    const other = text.replace(before, after)
    assert.notStrictEqual(other, text, String(before))
    return JSON.parse(other)
  })

const faultsOf = (json: unknown) => Either.match(Grammar.read(json), { onLeft: (all) => all, onRight: () => [] })

describe("a recording", () => {
  it.effect("contains each request of the run, and is a file of settings", () =>
    Effect.gen(function* () {
      const { sent } = yield* run
      const { behavior, parity } = yield* recording
      assert.strictEqual(parity.version, 2)
      assert.strictEqual(parity.at, "2026-01-01")
      assert.strictEqual(parity.server, "other")
      assert.strictEqual(parity.requests.length, sent.length)
      const [first] = parity.requests
      assert.deepStrictEqual(first?.query, [
        ["project_id", "project_1"],
        ["limit", "100"]
      ])
      assert.deepStrictEqual(parity.seed, {
        key: "any",
        permissions: { checkpoint_1: 137, checkpoint_2: 0 },
        projects: 3,
        events: 2,
        models: 1
      })
      assert.deepInclude(behavior, { maxLimit: 100, defaultLimit: 10, regrant: "existing" })
      assert.isAtLeast(
        Number(emulator.parseSettings(JSON.parse(textOf(yield* recording))).behavior?.listingLag),
        12_000
      )
    })
  )

  it.effect("contains the requests after the last grant", () =>
    Effect.gen(function* () {
      // the create that is refused in part leaves a permission, which a listing shows late
      const server = { seed, behavior: { regrant: "conflict", partialCreate: "others", listingLag: 12_000 } } as const
      const { parity } = Either.getOrThrow(yield* recorded({ server, writes: true }))
      const deleted = parity.requests.filter(({ method }) => method === "DELETE")
      assert.deepStrictEqual(new Set(deleted.map(({ path }) => path)).size, 2)
      assert.deepStrictEqual(differencesOf(Either.getOrThrow(yield* recorded({ server, writes: true }))), [])
    })
  )

  const secret = fc.stringMatching(/^[A-Za-z0-9]{12,20}$/)

  it("contains no id, key or name of an organization", () =>
    fc.assert(
      fc.asyncProperty(secret, secret, fc.boolean(), async (one, two, writes) => {
        const model = `ft:gpt-4o-mini-2024-07-18:${one}:weather:${two}`
        const owner = { type: "user", id: `user-${one}`, email: `${two}@example.com`, name: one } as const
        const server = {
          seed: { [model]: [`proj_${one}${two}`, { id: `cp_${two}`, project_id: `proj_${two}` }] },
          organization: {
            projects: [{ id: `proj_${one}`, name: two }, `proj_${two}`],
            models: [{ id: one, owned_by: two }],
            adminKeys: [{ id: `key_${one}`, owner }],
            events: organization.events.map((event) => ({
              ...event,
              actor: { session: { email: `${one}@example.com`, user_agent: two } },
              permission_id: `cp_${one}`
            }))
          },
          behavior: { unknownAfter: "not-found", regrant: "conflict" }
        } as const
        const text = textOf(Either.getOrThrow(await Effect.runPromise(recorded({ server, writes, model }))))
        for (const hidden of [one, two, project, "sk-admin", "fake.invalid"]) assert.notInclude(text, hidden)
      }),
      { numRuns: 20 }
    ))

  it.effect("is not written if it contains the key, an id or a name", () =>
    Effect.gen(function* () {
      const { sent, ...rest } = yield* run
      for (const secrets of [["checkpoint_1"], ["permission_137"]]) {
        const result = recordOf({ ...rest, sent: sent.map((one) => ({ ...one, secrets })) })
        assert.isTrue(Either.isLeft(result), secrets.join())
      }
    })
  )

  const outside: ReadonlyArray<readonly [string, RegExp | string, string, string]> = [
    ["an id in a body", '"permission_9"', '"cp_9"', ".id"],
    ["an id in a path", "/checkpoints/checkpoint_1/", "/checkpoints/ft:a/", "parity.requests.0.path"],
    ["a parameter", '["project_id",', '["secret",', "parity.requests.0.query.0.0"],
    ["a field", '"has_more":true', '"acme":true', "reply.body"],
    ["a header", '"headers":["content-type"]', '"headers":["x-acme"]', "reply.headers.0"],
    ["the text of an error", /"text":"[^"]*"/, '"text":"Hello"', "reply.error.text"],
    ["the code of an error", /"code":"[^"]*"/, '"code":"acme"', "reply.error.code"],
    ["a field of a request", '"method":"GET"', '"method":"GET","host":"a"', "parity.requests.0.host"],
    ["a time of day", '"at":"2026-01-01"', '"at":"2026-01-01T09:00:00Z"', "parity.at"],
    ["a reason", '"regrant":"found"', '"regrant":"acme"', "parity.settings.regrant"],
    ["a setting with ids", '"behavior":{', '"behavior":{"owners":{"ft:a":"proj_1"},', "behavior"],
    ["the seed", '"checkpoint_1":137', '"ft:acme":137', "parity.seed.permissions"]
  ]

  it.effect.each(outside)("that has %s is not in the grammar", ([, before, after, where]) =>
    Effect.map(changed(before, after), (json) => {
      const faults = faultsOf(json)
      assert.isNotEmpty(faults)
      assert.isTrue(
        faults.every((fault) => fault.includes(where)),
        faults.join("\n")
      )
      assert.notMatch(faults.join(), /acme|ft:a|proj_1/)
    })
  )
})

describe("the comparison", () => {
  const wrong: ReadonlyArray<readonly [string, RegExp | string, string]> = [
    ["a status", '"status":200', '"status":201'],
    ["the code of an error", '"code":"invalid_value"', '"code":"not_found"'],
    ["the type of an error", '"type":"invalid_request_error"', '"type":"server_error"'],
    ["the text of an error", /"text":"No checkpoint permission[^"]*"/, '"text":"string"'],
    ["more to come", '"has_more":true', '"has_more":false'],
    ["an order", /(\{"id":"permission_8",[^}]*\}),(\{"id":"permission_9",[^}]*\})/, "$2,$1"],
    ["an id", /"last_id":"permission_\d+"/, '"last_id":"permission_2"'],
    ["a field", '"object":"list",', ""],
    ["a header", '"headers":["content-type"]', '"headers":[]']
  ]

  it.effect.each(wrong)("finds %s", ([, before, after]) =>
    Effect.zipWith(recording, changed(before, after), ({ parity }, json) => {
      const other = Either.getOrThrow(Grammar.read(json)).parity
      assert.isNotEmpty(compare(parity.requests, other.requests))
      assert.isNotEmpty(compare(other.requests, parity.requests))
    })
  )

  it.effect("ignores 429s and repeated equal polls", () =>
    Effect.gen(function* () {
      const { parity } = yield* recording
      assert.deepStrictEqual(differencesOf(yield* recording), [])
      const limited = parity.requests.flatMap((one) => [
        { ...one, reply: { status: 429, headers: [], error: null } },
        { ...one, reply: null },
        ...(one.method === "GET" ? [one, one] : [one])
      ])
      assert.deepStrictEqual(compare(comparable(parity.requests), comparable(parity.requests)), [])
      const twice = { ...(yield* recording), parity: { ...parity, requests: limited } }
      assert.deepStrictEqual(differencesOf(twice), [])
      // without the poll that shows the grant
      const isPoll = ({ query }: Grammar.Request) => query.length === 1 && query[0]?.[0] === "project_id"
      const polls = parity.requests.filter(isPoll)
      assert.isAtLeast(polls.length, 2)
      const absent = parity.requests.map((one) => (isPoll(one) ? { ...one, reply: polls[0]?.reply ?? null } : one))
      assert.isNotEmpty(compare(comparable(parity.requests), comparable(absent)))
    })
  )
})
