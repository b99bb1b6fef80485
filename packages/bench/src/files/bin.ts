/**
 * `npm run figures:files`: the source files of this repository whose code a second `delete` runs, by V8's precise
 * coverage. A reader opens these files to follow a delete.
 */
import { Session } from "node:inspector/promises"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { key } from "../contenders/contender.ts"

const goal = 20
const root = fileURLToPath(new URL("../../../..", import.meta.url))

const answer: typeof fetch = async () =>
  new Response(JSON.stringify({ id: "cp_1", object: "checkpoint.permission", deleted: true }), {
    headers: { "content-type": "application/json" }
  })

const runtime = ManagedRuntime.make(
  CheckpointPermissions.layer({ adminKey: Redacted.make(key) }).pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(Layer.succeed(FetchHttpClient.Fetch, answer))
  )
)
const remove = () => runtime.runPromise(Effect.asVoid(CheckpointPermissions.delete("ft:bench:0", "cp_1")))

const session = new Session()
session.connect()
await session.post("Profiler.enable")
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false })
await remove()
// each report resets the counts
await session.post("Profiler.takePreciseCoverage")
await remove()
const { result } = await session.post("Profiler.takePreciseCoverage")

const files = result
  .filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
  .flatMap(({ url }) => (url.startsWith("file:") ? [relative(root, fileURLToPath(url))] : []))
  .filter((path) => /^packages\/(?!bench\/)\w+\/src\//.test(path))
  .sort()
process.stdout.write(
  `${files.map((path) => `${path}\n`).join("")}${files.length} files, goal ${goal}, ${files.length <= goal ? "met" : "missed"}\n`
)
await runtime.dispose()
