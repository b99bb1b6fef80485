import assert from "node:assert/strict"
import { test } from "node:test"
import { behavior, faults, makeFetch } from "@checkpoint-permissions/fake"
import OpenAI, { RateLimitError } from "openai"
import { projectsOf, share } from "../sharing.js"

const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"

/** A server of its own for each test, and the SDK on it. No socket, no key. */
const setup = (/** @type {Parameters<typeof makeFetch>[0]} */ options) => {
  const fetch = makeFetch(options)
  return { fetch, client: new OpenAI({ apiKey: "any", adminAPIKey: "sk-admin-test", maxRetries: 0, fetch }) }
}

test("lists every project, page after page", async () => {
  const projects = Array.from({ length: 250 }, (_, index) => `proj_${index}`)
  const { client } = setup({ seed: { [checkpoint]: projects } })

  assert.deepEqual(new Set(await projectsOf(client, checkpoint)), new Set(projects))
})

test("shares once, even where the reply is lost", async () => {
  // A server that would make a second permission for a repeated create.
  const { client, fetch } = setup({ behavior: { regrant: "second" } })
  fetch.inject(faults.dropAfter(), { operation: "create" })

  await share(client, checkpoint, "proj_a")

  assert.deepEqual(await projectsOf(client, checkpoint), ["proj_a"])
})

test("does nothing where the project has access", async () => {
  const { client, fetch } = setup({ seed: { [checkpoint]: ["proj_a"] } })

  await share(client, checkpoint, "proj_a")

  assert.deepEqual(
    fetch.requests().map(({ operation }) => operation),
    ["list"]
  )
})

test("the quota refills in a minute that takes no time", async () => {
  const { client, fetch } = setup({ clock: "manual", behavior: { rate: { requests: 10, per: 60_000 } } })
  for (let call = 0; call < 10; call++) await projectsOf(client, checkpoint)
  await assert.rejects(projectsOf(client, checkpoint), RateLimitError)

  await fetch.advance(60_000)

  assert.deepEqual(await projectsOf(client, checkpoint), [])
})

test("needs an admin key", async () => {
  const { client } = setup({ behavior: { keys: [behavior.adminKey("sk-admin-other")] } })

  await assert.rejects(share(client, checkpoint, "proj_a"), { status: 401 })
})
