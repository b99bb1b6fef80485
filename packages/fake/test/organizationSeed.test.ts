import { readFileSync } from "node:fs"
import { emulator, makeFetch } from "@checkpoint-permissions/fake"
import OpenAI from "openai"
import { assert, describe, it } from "vitest"
import { all } from "./support.ts"

const file = new URL("../../../docs/seeds/organization.json", import.meta.url)

describe("the organization of the documentation", () => {
  const given = emulator.parseSeed(JSON.parse(readFileSync(file, "utf8")))
  const fetch = makeFetch({ ...given, clock: "manual", startAt: Date.parse("2026-09-01") })
  const { organization } = new OpenAI({ adminAPIKey: "sk-admin", apiKey: "sk", fetch }).admin

  it("every permission but one has the event that made it, and every key of an event is listed", async () => {
    const events = await all(organization.auditLogs.list({ limit: 5 }))
    const made = new Map(events.map((event) => [event["checkpoint.permission.created"]?.id, event]))
    const unlogged: Array<string> = []
    for (const [checkpoint, permissions] of Object.entries(fetch.allPermissions())) {
      for (const { created_at, id, project_id } of permissions) {
        const event = made.get(id)
        if (event === undefined) unlogged.push(project_id)
        else {
          assert.deepStrictEqual(event["checkpoint.permission.created"]?.data, {
            project_id,
            fine_tuned_model_checkpoint: checkpoint
          })
          assert.strictEqual(event.effective_at, created_at)
        }
      }
    }
    assert.deepStrictEqual(unlogged, ["proj_sandbox"])
    const keys = new Set((await all(organization.adminAPIKeys.list())).map(({ id }) => id))
    const actors = events.flatMap(({ actor }) => actor?.api_key?.id ?? [])
    assert.isNotEmpty(actors)
    for (const id of actors) assert.isTrue(keys.has(id), id)
  })
})
