import { Access, type AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Duration, Effect, Fiber, FastCheck as fc, Option, Redacted } from "effect"
import { isEndurance } from "../../../scripts/endurance.ts"
import { matrixOf, planOf } from "../src/internal/server/reading.ts"
import { resume } from "../src/internal/state/resume.ts"
import { forget } from "../src/internal/state/savedRows.ts"
import { silentScreen } from "./support/screen.ts"
import { VirtualMachine } from "./support/virtualProcess.ts"
import { folder } from "./support/world.ts"

const runs = isEndurance ? 150 : 12
const seed = 1

/** More than are read at once. */
const checkpoints = Array.from({ length: 12 }, (_, n) => CheckpointId.make(`ft:c${n}`))
const projects = ["proj_a", "proj_b"].map((id) => ProjectId.make(id))
const key = Redacted.make("sk-admin-test")

/** How long a listing takes, in milliseconds. */
const latency = 20_000
const maxAge = Duration.minutes(10)

type Step =
  /** A report, which is cut short after so many milliseconds, if it has not ended by then. */
  | {
      readonly _tag: "report"
      readonly command: "audit" | "plan"
      readonly end: "kill" | "interrupt"
      readonly after: number
    }
  /** Somebody changes a checkpoint: on this machine, with this tool, or anywhere. */
  | { readonly _tag: "change"; readonly here: boolean; readonly checkpoint: CheckpointId; readonly project: ProjectId }
  | { readonly _tag: "wait"; readonly millis: number }

const change = fc.record({
  _tag: fc.constant("change" as const),
  here: fc.boolean(),
  checkpoint: fc.constantFrom(...checkpoints.slice(0, 3)),
  project: fc.constantFrom(...projects)
})
const report = fc.record({
  _tag: fc.constant("report" as const),
  command: fc.constantFrom("audit" as const, "audit" as const, "plan" as const),
  end: fc.constantFrom("kill" as const, "interrupt" as const),
  after: fc.constantFrom(10_000, 25_000, 30_000, 50_000)
})
const wait = fc.record({ _tag: fc.constant("wait" as const), millis: fc.constantFrom(15_000, 60_000, 660_000) })
const steps: fc.Arbitrary<ReadonlyArray<Step>> = fc.array(fc.oneof(report, report, change, wait), {
  minLength: 2,
  maxLength: 6
})
/** What two people do at one machine at the same time. */
const scenarios = fc.tuple(steps, fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: steps }))

/** What a checkpoint has from a time on. */
interface Version {
  readonly checkpoint: string
  readonly at: number
  readonly projects: ReadonlyArray<string>
}

/** A change by this tool on this machine. */
interface Change {
  readonly checkpoint: string
  readonly began: number
  readonly ended: number
}

interface History {
  readonly versions: ReadonlyArray<Version>
  readonly changes: ReadonlyArray<Change>
}

interface Report {
  readonly began: number
  readonly rows: ReadonlyArray<Pick<AccessMatrix.Row, "checkpoint" | "readAt" | "permissions">>
}

/** What is wrong with a row of a report. */
const wrongWith = (
  { began }: Report,
  { checkpoint, permissions, readAt }: Report["rows"][number],
  { changes, versions }: History
): string | undefined => {
  const at = DateTime.toEpochMillis(readAt)
  const shown = permissions.map(({ project_id }) => project_id).sort()
  const ofIt = versions.filter((one) => one.checkpoint === checkpoint)
  const states = [
    ofIt.findLast((one) => one.at < at)?.projects ?? [],
    ...ofIt.filter((one) => one.at === at).map((one) => one.projects)
  ]
  if (!states.some((state) => state.join() === shown.join())) return `had not ${shown.join(" ")} at ${at}`
  const isStale = changes.some((one) => one.checkpoint === checkpoint && one.began > at && one.ended < began)
  return isStale ? "was changed on this machine since" : undefined
}

const simulated = (scenario: readonly [ReadonlyArray<Step>, ReadonlyArray<Step>], stateDir: string) =>
  Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    const machine = new VirtualMachine()
    const changes: Array<Change> = []
    const versions: Array<Version> = []
    const reports: Array<Report> = []
    const said: Array<string> = []
    const now = Clock.currentTimeMillis

    const reading = (command: "audit" | "plan") =>
      Effect.gen(function* () {
        const began = yield* now
        const { apiUrl } = (yield* CheckpointPermissions.CheckpointPermissions).server
        const saved = yield* resume({
          stateDir: Option.some(stateDir),
          maxAge: Option.some(maxAge),
          scope: { command, apiUrl, organization: undefined, project: undefined, filter: undefined, key },
          checkpoints
        })
        const oldEnough = saved.rows.map(({ readAt }) => began - DateTime.toEpochMillis(readAt))
        const youngest = Math.min(...oldEnough)
        assert.isTrue(oldEnough.length === 0 || youngest < Duration.toMillis(maxAge), `a row is ${youngest} ms old`)
        if (command === "audit") {
          const { result } = yield* matrixOf("audit", { checkpoints, names: {}, owners: {} }, {}, saved)
          reports.push({ began, rows: result.rows })
        } else {
          const policy = Object.fromEntries(checkpoints.map((id) => [id, { projects: [] }]))
          const { result } = yield* planOf({ version: 1, checkpoints: policy }, saved)
          reports.push({ began, rows: result.checkpoints.map((row) => ({ ...row, permissions: row.found })) })
        }
        yield* saved.finish
      }).pipe(
        Effect.scoped,
        Effect.provide(CheckpointPermissions.layer({ adminKey: key })),
        Effect.provide(silentScreen(said))
      )

    /** Takes access away, or gives it. As a command does it, what was saved of the checkpoint is forgotten first. */
    const changing = ({ checkpoint, here, project }: Extract<Step, { readonly _tag: "change" }>) =>
      Effect.gen(function* () {
        const began = yield* now
        const permissions = yield* CheckpointPermissions.CheckpointPermissions
        if (here) {
          const { apiUrl } = permissions.server
          yield* forget({ folder: stateDir, apiUrl, checkpoint, warn: (line) => Effect.dieMessage(line) })
        }
        const held = yield* fake.projects(checkpoint)
        const written = held.some((one) => one === project)
          ? Access.revoke(checkpoint, [project])
          : Access.grant(checkpoint, [project])
        yield* CheckpointPermissions.tapReplies(written, () =>
          Effect.gen(function* () {
            const projects = [...(yield* fake.projects(checkpoint))].sort()
            versions.push({ checkpoint, at: yield* now, projects })
          })
        )
        if (here) changes.push({ checkpoint, began, ended: yield* now })
      }).pipe(Effect.provide(CheckpointPermissions.layer({ adminKey: key })))

    const happens = (step: Step) =>
      Effect.gen(function* () {
        if (step._tag === "wait") return yield* Effect.sleep(step.millis)
        if (step._tag === "change")
          return yield* Effect.flatMap(machine.start(changing(step)), ({ fiber }) => Fiber.join(fiber))
        const { fiber, kill } = yield* machine.start(reading(step.command))
        const ended = yield* Effect.timeoutOption(Fiber.join(fiber), step.after)
        if (Option.isSome(ended)) return
        if (step.end === "kill") yield* kill
        else yield* Fiber.interrupt(fiber)
      })

    yield* Effect.forEach(scenario, (steps) => Effect.forEach(steps, happens, { discard: true }), {
      concurrency: "unbounded",
      discard: true
    })
    return { history: { changes, versions }, reports, said }
  })

describe("saved rows, simulated", () => {
  it.scopedLive(
    "each row of a report says when it was read, and it was so then; none was changed here before the report began",
    () =>
      Effect.gen(function* () {
        let goneOn = 0
        for (const [n, scenario] of fc.sample(scenarios, { numRuns: runs, seed }).entries()) {
          const { path } = yield* folder
          const { history, reports, said } = yield* simulated(scenario, path).pipe(
            Effect.provide(FakePermissions.layer({ behavior: { latency } })),
            (program) => VirtualClock.run(program, { startAt: 1_700_000_000_000, seed: seed + n })
          )
          for (const one of reports) {
            for (const row of one.rows) {
              assert.isUndefined(wrongWith(one, row, history), `${n}: ${row.checkpoint} ${JSON.stringify(scenario)}`)
            }
          }
          goneOn += said.filter((line) => line.includes("goes on with")).length
        }
        assert.isAbove(goneOn, runs / 10)
      }),
    3_600_000
  )
})
