import { Emulator, FakePermissions } from "@checkpoint-permissions/testing"
import { Effect, Random } from "effect"
import * as binary from "./binary.ts"
import { folder } from "./world.ts"

const checkpoints = Array.from({ length: 10 }, (_, i) => `ft:k${i}`)
const kept = ["proj_kept"]
const added = ["proj_in_1", "proj_in_2", "proj_in_3"]
const removed = ["proj_out_1", "proj_out_2"]
const seed = Object.fromEntries(checkpoints.map((id) => [id, [...kept, ...removed]]))
const policy = `version: 1\ncheckpoints:\n${checkpoints
  .map((id) => `  "${id}":\n    projects: [${[...kept, ...added].join(", ")}]\n`)
  .join("")}`
const wanted = [...kept, ...added].sort().join()

/** A create that is repeated makes a second permission, and work is done before its reply is out. */
const server = Emulator.layer({
  seed,
  behavior: { regrant: "second", deleteGone: "not-found", latency: "4 millis", replyLatency: "12 millis" }
})

export interface Killed {
  /** Writes that the server had done when the process was killed. */
  readonly before: number
  /** What is wrong in the end; none when it is the policy, nothing doubled. */
  readonly wrong: ReadonlyArray<string>
}

/** Applies, kills it at a random moment of its work, applies again. */
export const once: Effect.Effect<Killed> = Effect.gen(function* () {
  const { baseUrl } = yield* Emulator.Emulator
  const fake = yield* FakePermissions.FakePermissions
  const home = yield* folder
  home.write("policy.yaml", policy)
  const env = { OPENAI_ADMIN_KEY: "sk-admin", OPENAI_BASE_URL: baseUrl }
  const args = ["apply", "--file", "policy.yaml", "--yes", "--max-revokes", "100", "--journal", "journal"]
  const first = yield* binary.start(args, env, { cwd: home.path })
  // Ten listings, ten creates, twenty deletes: at any of them, and some time after it.
  const nth = yield* Random.nextIntBetween(1, 41)
  yield* fake.awaitRequests(nth)
  yield* Effect.sleep(yield* Random.nextIntBetween(0, 25))
  yield* first.signal("SIGKILL")
  yield* first.outcome
  const before = (yield* fake.requests).filter(({ method, status }) => method !== "GET" && status === 200).length
  const again = yield* binary.run(args, env, { cwd: home.path })
  const all = yield* fake.allPermissions
  const wrong = checkpoints.flatMap((id) => {
    const has = (all[id] ?? [])
      .map(({ project_id }) => project_id)
      .sort()
      .join()
    return has === wanted ? [] : [`${id} has ${has}`]
  })
  return { before, wrong: again.code === 0 ? wrong : [...wrong, `exit code ${again.code}: ${again.stderr}`] }
}).pipe(Effect.provide(server), Effect.scoped, Effect.orDie)
