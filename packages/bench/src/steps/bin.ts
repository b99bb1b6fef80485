/**
 * `npm run figures:steps`: steps of Effect's run loop for one list and one page of a stream, beside those of programs on
 * the bare `HttpClient`. A `fetch` answers from memory. Steps do not vary from run to run, as processor time does.
 */
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scheduler from "effect/Scheduler"
import * as Stream from "effect/Stream"
import { ask } from "../contenders/byHand.ts"
import { key } from "../contenders/contender.ts"

const calls = 20
const checkpoint = "ft:bench:0"
const apiUrl = "https://api.openai.com/v1"

const page = (n: number): string => {
  const id = `cp_${String(n).padStart(24, "0")}`
  return JSON.stringify({
    object: "list",
    data: [{ id, object: "checkpoint.permission", created_at: 1_721_764_867, project_id: "proj_1" }],
    first_id: id,
    last_id: id,
    has_more: n < calls
  })
}

/** A `fetch` that answers each request with one more permission. After twenty the listing ends. */
const transport = () => {
  let n = 0
  const answer: typeof fetch = async () => {
    n += 1
    const body = page(n)
    const headers = { "content-type": "application/json", "content-length": String(body.length) }
    return new Response(body, { headers })
  }
  return Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, answer))
}

/** Counts the steps of an effect, divided by the number of calls. */
const stepsOf = async (program: Effect.Effect<unknown, unknown, HttpClient.HttpClient>): Promise<number> => {
  let steps = 0
  const scheduler: Scheduler.Scheduler = {
    shouldYield: (fiber) => {
      steps += 1
      return Scheduler.defaultScheduler.shouldYield(fiber)
    },
    scheduleTask: (task, priority) => Scheduler.defaultScheduler.scheduleTask(task, priority)
  }
  await program.pipe(Effect.withScheduler(scheduler), Effect.provide(transport()), Effect.runPromise)
  return steps / calls
}

const times = <A, E, R>(one: Effect.Effect<A, E, R>) => Effect.replicateEffect(one, calls, { discard: true })

const ours = <A, E>(use: (service: CheckpointPermissions.Service) => Effect.Effect<A, E>) =>
  Effect.flatMap(CheckpointPermissions.make({ adminKey: Redacted.make(key), apiUrl }), use)

const bare = HttpClient.execute(
  HttpClientRequest.get(`${apiUrl}/fine_tuning/checkpoints/${checkpoint}/permissions`, {
    headers: { authorization: `Bearer ${key}` }
  })
).pipe(Effect.flatMap((response) => response.json))

const rows = [
  ["one list", 288, ours(({ list }) => times(list(checkpoint)))],
  ["one page of a stream", 373, ours(({ stream }) => Stream.runDrain(stream(checkpoint)))],
  ["HttpClient, with the span that it makes", undefined, times(bare)],
  [
    "the same with filterStatusOk, retryTransient, a timeout and a span",
    undefined,
    times(ask(apiUrl, (response) => response.json)(checkpoint))
  ]
] as const

for (const [what, goal, program] of rows) {
  const steps = await stepsOf(program)
  const verdict = goal === undefined ? "" : `  goal ${goal}, ${steps <= goal ? "met" : "missed"}`
  process.stdout.write(`${what.padEnd(60)}${steps.toFixed(1).padStart(7)}${verdict}\n`)
}
