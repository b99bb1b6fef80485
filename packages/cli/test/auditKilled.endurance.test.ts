import { Access, AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointPermissions, RetryPolicy } from "@checkpoint-permissions/client"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Option, Redacted } from "effect"
import { isEndurance } from "../../../scripts/endurance.ts"
import { resume } from "../src/internal/resume/resume.ts"
import { matrixOf } from "../src/internal/server/reading.ts"
import { silentScreen } from "./support/screen.ts"
import { scoped } from "./support/test.ts"
import { memoryFiles, startProcess } from "./support/virtualProcess.ts"

const projects = Array.from({ length: 200 }, (_, n) => ProjectId.make(`proj_${String(n).padStart(3, "0")}`))
const count = isEndurance ? 300 : 60
const checkpoints = Array.from({ length: count }, (_, n) => CheckpointId.make(`ft:c${n}`))

/** The minutes in which a pace is found weigh more in a short run. */
const finding = isEndurance ? 0 : 2

/** Two pages a checkpoint, of which the first ten are saved up. */
const leastMinutes = (2 * count - 10) / 10

/** What the command does, on a fake. */
const audit = (file: string, said: Array<string>) =>
  Effect.gen(function* () {
    const { server } = yield* CheckpointPermissions.CheckpointPermissions
    const options = { resume: Option.some(file), maxAge: Option.none(), out: Option.none() }
    const resumed = yield* resume("audit", options, server, checkpoints)
    return yield* matrixOf("audit", { checkpoints, names: {}, owners: {} }, {}, resumed)
  }).pipe(
    Effect.scoped,
    Effect.provide(Access.layer),
    Effect.provide(
      CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test"), retry: RetryPolicy.standard })
    ),
    Effect.provide(silentScreen(said))
  )

describe(`an audit of ${count} × 200 at ten calls a minute`, () => {
  for (const kills of isEndurance ? [[5], [15], [29], [5, 15, 29]] : [[8]]) {
    scoped(`killed at minute ${kills.join(", ")} and resumed takes hardly longer than it has to`, function* () {
      const file = "/rows.jsonl"
      const files = memoryFiles()
      const said: Array<string> = []
      yield* Effect.gen(function* () {
        const fake = yield* FakePermissions.FakePermissions
        yield* fake.seed(Object.fromEntries(checkpoints.map((id) => [id, projects])))
        let at = 0
        for (const minute of kills) {
          const { kill } = yield* startProcess(files, audit(file, said))
          yield* Effect.sleep(Duration.minutes(minute - at))
          yield* kill
          at = minute
        }
        const { fiber } = yield* startProcess(files, audit(file, said))
        const matrix = yield* Fiber.join(fiber)
        assert.deepInclude(AccessMatrix.counts(matrix), { complete: count, incomplete: 0 })
        assert.strictEqual(AccessMatrix.counts(matrix).cells.access, count * 200)
        const minutes = (yield* Clock.currentTimeMillis) / 60_000
        console.log(
          `audit of ${count} × 200 at 10 calls a minute, killed at minute ${kills.join(", ")}: ${minutes.toFixed(1)} min, the least being ${leastMinutes}; ${said.join("").trim().replaceAll("\n", "; ")}`
        )
        assert.isAtMost(minutes, leastMinutes * (1 + 0.1 * kills.length) + finding)
        assert.strictEqual(said.filter((line) => line.includes("goes on with")).length, kills.length)
      }).pipe(
        Effect.provide(FakePermissions.layer({ behavior: { rate: { requests: 10, per: "1 minute" } } })),
        VirtualClock.run
      )
    })
  }
})
