import { AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointPermissions, RetryPolicy } from "@checkpoint-permissions/client"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Option, Redacted } from "effect"
import { isEndurance } from "../../../scripts/endurance.ts"
import { matrixOf } from "../src/internal/server/reading.ts"
import { resume } from "../src/internal/state/resume.ts"
import { silentScreen } from "./support/screen.ts"
import { VirtualMachine } from "./support/virtualProcess.ts"
import { folder } from "./support/world.ts"

const projects = Array.from({ length: 200 }, (_, n) => ProjectId.make(`proj_${String(n).padStart(3, "0")}`))
const count = isEndurance ? 300 : 60
const checkpoints = Array.from({ length: count }, (_, n) => CheckpointId.make(`ft:c${n}`))
const key = Redacted.make("sk-admin-test")

/** The minutes in which a pace is found weigh more in a short run. */
const finding = isEndurance ? 0 : 2

/** Two pages a checkpoint, of which the first ten are saved up. */
const leastMinutes = (2 * count - 10) / 10

/** What the command does, on a fake. */
const audit = (stateDir: string, said: Array<string>) =>
  Effect.gen(function* () {
    const permissions = yield* CheckpointPermissions.CheckpointPermissions
    const { apiUrl } = permissions.server
    const saved = yield* resume({
      stateDir: Option.some(stateDir),
      maxAge: Option.some(Duration.minutes(10)),
      scope: { command: "audit", apiUrl, organization: undefined, project: undefined, filter: undefined, key },
      checkpoints
    })
    const { result } = yield* matrixOf("audit", { checkpoints, names: {}, owners: {} }, {}, saved)
    yield* saved.finish
    return result
  }).pipe(
    Effect.scoped,
    Effect.provide(CheckpointPermissions.layer({ adminKey: key, retry: RetryPolicy.standard })),
    Effect.provide(silentScreen(said))
  )

describe(`an audit of ${count} × 200 at ten calls a minute`, () => {
  for (const kills of isEndurance ? [[5], [15], [29], [5, 15, 29]] : [[8]]) {
    it.scoped(`killed at minute ${kills.join(", ")} and started again takes hardly longer than it has to`, () =>
      Effect.gen(function* () {
        const { path } = yield* folder
        const said: Array<string> = []
        yield* Effect.gen(function* () {
          const fake = yield* FakePermissions.FakePermissions
          yield* fake.seed(Object.fromEntries(checkpoints.map((id) => [id, projects])))
          const machine = new VirtualMachine()
          let at = 0
          for (const minute of kills) {
            const { kill } = yield* machine.start(audit(path, said))
            yield* Effect.sleep(Duration.minutes(minute - at))
            yield* kill
            at = minute
          }
          const { fiber } = yield* machine.start(audit(path, said))
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
    )
  }
})
