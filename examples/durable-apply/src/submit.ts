/**
 * Submits a confirmed plan and waits for its end: `npm run submit -- plan.json <run>`. It needs no admin key. Run again
 * with the same `<run>`, it waits for the same apply.
 */
import { readFileSync } from "node:fs"
import { AccessPlan } from "@checkpoint-permissions/access"
import * as ApplyWorkflow from "@checkpoint-permissions/access/ApplyWorkflow"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Schedule } from "effect"
import { engine } from "./engine.ts"

const [file, run] = process.argv.slice(2)

/** The result of an execution, once it has ended. */
const ended = (execution: string) =>
  ApplyWorkflow.ApplyPlan.poll(execution).pipe(
    Effect.flatMap((result) => (result?._tag === "Complete" ? Effect.succeed(result.exit) : Effect.fail("unfinished"))),
    Effect.retry(Schedule.spaced("1 second"))
  )

const program = Effect.gen(function* () {
  if (file === undefined || run === undefined) return yield* Effect.dieMessage("usage: submit <plan.json> <run>")
  const plan = yield* AccessPlan.fromJson(readFileSync(file, "utf8"))
  const execution = yield* ApplyWorkflow.submit(plan, { run })
  yield* Console.error(`submitted as run ${run}, execution ${execution}`)
  const { failed, ...counts } = yield* yield* ended(execution)
  yield* Console.log(JSON.stringify({ ...counts, failed }))
  if (failed.length + plan.unread.length > 0) process.exitCode = 4
})

NodeRuntime.runMain(Effect.provide(program, engine("submitter")))
