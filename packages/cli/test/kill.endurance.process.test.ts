import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { seeds } from "../../../tools/endurance.ts"
import * as binary from "./support/binary.ts"
import { folder, policyOf } from "./support/world.ts"

const checkpoints = Array.from({ length: 10 }, (_, i) => `ft:k${i}`)
const kept = ["proj_kept"]
const added = ["proj_in_1", "proj_in_2", "proj_in_3"]
const removed = ["proj_out_1", "proj_out_2"]
const seed = Object.fromEntries(checkpoints.map((id) => [id, [...kept, ...removed]]))
const policy = policyOf(checkpoints, ...kept, ...added)
const wanted = [...kept, ...added].sort().join()

/** A create that is repeated makes a second permission, and work is done before its reply is out. */
const server = Emulator.layer({
  seed,
  organization: { projects: [...kept, ...added, ...removed] },
  behavior: { regrant: "second", deleteGone: "not-found", latency: "4 millis", replyLatency: "12 millis" }
})

const isWhole = (line: string): boolean => {
  try {
    return JSON.parse(line).time !== undefined
  } catch {
    return false
  }
}

/** Lines of a journal that are neither whole nor the one that the killed process was writing. */
const tornIn = (journal: string): ReadonlyArray<string> =>
  journal
    .split("\n")
    .filter((line) => line !== "" && !isWhole(line))
    .map((line) => `a torn line: ${line}`)

/**
 * Applies beside a rival that knows nothing of its locks, kills it at a random moment of its work, and applies again.
 * Returns the number of writes done when it was killed, and all that is wrong in the end: nothing when the server is as in
 * the policy, without duplicates, and the journals are whole.
 */
const once = Effect.gen(function* () {
  const { baseUrl } = yield* Emulator.Emulator
  const fake = yield* FakePermissions.FakePermissions
  const home = yield* folder
  home.write("policy.yaml", policy)
  const env = { OPENAI_ADMIN_KEY: "sk-admin", OPENAI_BASE_URL: baseUrl }
  const started = (who: string) =>
    [
      [...["apply", "--file", "policy.yaml", "--yes", "--max-revokes", "100"], ...["--journal", `${who}.journal`]],
      { ...env, XDG_STATE_HOME: `${home.path}/${who}` },
      { cwd: home.path }
    ] as const
  const run = (who: string) => binary.run(...started(who))
  const first = yield* binary.start(...started("one"))
  const rival = yield* binary.start(...started("rival"))
  // Ten listings, ten creates, ten listings and twenty deletes each: at any of them, and some time after it.
  const nth = yield* Random.nextIntBetween(1, 91)
  yield* Effect.raceFirst(fake.awaitRequests(nth), first.outcome)
  yield* Effect.sleep(yield* Random.nextIntBetween(0, 25))
  yield* first.signal("SIGKILL")
  yield* first.outcome
  const before = (yield* fake.requests).filter(({ method, status }) => method !== "GET" && status === 200).length
  const [again, beside] = yield* Effect.all([run("one"), rival.outcome], { concurrency: 2 })
  // One of the two reports that the other changed something meanwhile: one more is needed.
  const last = again.code !== 0 || beside.code !== 0 ? yield* run("one") : again
  const all = yield* fake.allPermissions
  const wrong = [
    ...checkpoints.flatMap((id) => {
      const has = (all[id] ?? [])
        .map(({ project_id }) => project_id)
        .sort()
        .join()
      return has === wanted ? [] : [`${id} has ${has}`]
    }),
    ...tornIn(home.read("one.journal")),
    ...tornIn(home.read("rival.journal")),
    ...(last.code === 0 ? [] : [`exit code ${last.code}: ${last.stderr}`])
  ]
  return { before, wrong }
}).pipe(Effect.provide(server), Effect.scoped, Effect.orDie)

const all = seeds(1, 24)

describe("an apply that is killed", () => {
  it.live(
    `and run again reaches the policy without duplicates: ${all.length} times, at random moments`,
    () =>
      Effect.gen(function* () {
        const rounds = yield* Effect.forEach(all, (seed) => Effect.withRandom(once, Random.make(seed)), {
          concurrency: 4
        })
        assert.deepStrictEqual(
          rounds.flatMap(({ wrong }) => wrong),
          []
        )
        // Some of many are killed in the middle of their writes.
        if (all.length > 8) assert.isTrue(rounds.some(({ before }) => before > 0 && before < 30))
      }),
    1_800_000
  )
})
