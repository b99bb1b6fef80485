/** Makes the table of `other-clients.md`: each client calls a fake server with each fault. A failure shows the rows. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { faults, makeFetch } from "@checkpoint-permissions/fake"
import { OpenAiClient } from "@effect/ai-openai"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { Effect, identity, Layer, Redacted, Stream } from "effect"
import OpenAI from "openai"
import { afterEach, assert, beforeEach, it, vi } from "vitest"
import { root } from "../snippets.ts"

const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
const adminKey = Redacted.make("sk-admin-test")

type Fetch = ReturnType<typeof makeFetch>

/** The calls of a client. A list resolves to the number of its permissions; a failed call rejects. */
interface Client {
  readonly list: () => Promise<number>
  readonly create: () => Promise<unknown>
  readonly delete: () => Promise<unknown>
}

const openai = (fetch: Fetch): Client => {
  const { permissions } = new OpenAI({ adminAPIKey: "sk-admin-test", apiKey: "any", fetch }).fineTuning.checkpoints
  return {
    list: async () => {
      let count = 0
      for await (const _ of permissions.list(checkpoint)) count += 1
      return count
    },
    create: () => permissions.create(checkpoint, { project_ids: ["proj_a"] }),
    delete: async () => {
      const [first] = (await permissions.list(checkpoint, { project_id: "proj_a" })).data
      return permissions.delete(first?.id ?? "", { fine_tuned_model_checkpoint: checkpoint })
    }
  }
}

const transport = (fetch: Fetch) =>
  Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch as typeof globalThis.fetch))

const aiOpenai =
  (transformClient: (client: HttpClient.HttpClient) => HttpClient.HttpClient) =>
  (fetch: Fetch): Client => {
    const run = <A, E>(use: (client: OpenAiClient.Service["client"]) => Effect.Effect<A, E>) =>
      Effect.flatMap(OpenAiClient.OpenAiClient, ({ client }) => use(client)).pipe(
        Effect.provide(OpenAiClient.layer({ apiKey: adminKey, transformClient })),
        Effect.provide(transport(fetch)),
        Effect.runPromise
      )
    return {
      list: () =>
        run((client) => {
          const rest = (after?: string): Effect.Effect<number, unknown> =>
            client
              .listFineTuningCheckpointPermissions(checkpoint, { after })
              .pipe(
                Effect.flatMap(({ data, has_more }) =>
                  has_more
                    ? Effect.map(rest(data.at(-1)?.id), (count) => count + data.length)
                    : Effect.succeed(data.length)
                )
              )
          return rest()
        }),
      create: () =>
        run((client) => client.createFineTuningCheckpointPermission(checkpoint, { project_ids: ["proj_a"] })),
      delete: () =>
        run((client) =>
          client
            .listFineTuningCheckpointPermissions(checkpoint, { project_id: "proj_a" })
            .pipe(
              Effect.flatMap(({ data }) => client.deleteFineTuningCheckpointPermission(checkpoint, data[0]?.id ?? ""))
            )
        )
    }
  }

const ours = (fetch: Fetch): Client => {
  const layer = Layer.provideMerge(Access.layer, CheckpointPermissions.layer({ adminKey })).pipe(
    Layer.provide(transport(fetch))
  )
  const run = <A, E>(effect: Effect.Effect<A, E, Access.Access | CheckpointPermissions.CheckpointPermissions>) =>
    Effect.runPromise(Effect.provide(effect, layer))
  return {
    list: () => run(Stream.runCount(CheckpointPermissions.stream(checkpoint))),
    create: () => run(Access.grant(checkpoint, ["proj_a"])),
    delete: () => run(Access.revoke(checkpoint, ["proj_a"]))
  }
}

const clients = [openai, aiOpenai(identity), aiOpenai(HttpClient.retryTransient({ times: 2 })), ours]

const rows = [
  ["A list gets a 502", "list", faults.html(502), 1],
  ["Lists get four 429s without `Retry-After`", "list", faults.rateLimited(), 4],
  ["A page has no `has_more`", "list", faults.page("missing-has-more"), 1],
  ["A proxy answers a list with its own 404", "list", faults.html(404), 1],
  ["The reply to a create is lost", "create", faults.dropAfter(), 1],
  ["The reply to a delete is lost", "delete", faults.dropAfter(), 1]
] as const

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The name of an error: the class of openai, or the tag and the reason of an error of Effect. */
const nameOf = (error: unknown): string => {
  const text = String(error)
  const [, name = text] = /^\(?(?:FiberFailure\) )?(\w+)/.exec(text) ?? []
  return error instanceof OpenAI.OpenAIError ? error.constructor.name : name
}

it("the table has the result of each client with each fault", async () => {
  const expected: Array<string> = []
  for (const [title, call, fault, times] of rows) {
    const cells: Array<string> = []
    for (const make of clients) {
      const projects = Array.from({ length: 15 }, (_, n) => `proj_${n}`)
      const fetch = makeFetch({
        seed: { [checkpoint]: call === "create" ? [] : call === "delete" ? ["proj_a"] : projects },
        behavior: { regrant: "second" }
      })
      for (let n = 0; n < times; n++) fetch.inject(fault, { operation: call })
      const done = make(fetch)
        [call]()
        .then(
          (value) => (call === "list" ? `all ${value}`.replace("all 10", "**10 of 15, no error**") : "done"),
          (error: unknown) => `\`${nameOf(error)}\``
        )
      await vi.advanceTimersByTimeAsync(600_000)
      const left = fetch.projects(checkpoint).length
      const state = call === "list" ? "" : `, ${left === 1 ? "1 permission" : `${left} permissions`}`
      cells.push(`${await done}${state}`)
    }
    expected.push(`| ${title} | ${cells.join(" | ")} |`)
  }
  const page = readFileSync(join(root, "docs/other-clients.md"), "utf8")
  assert.deepStrictEqual(
    page.split("\n").filter((line) => rows.some(([title]) => line.startsWith(`| ${title} |`))),
    expected
  )
})
