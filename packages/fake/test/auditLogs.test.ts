import { readFileSync } from "node:fs"
import { behavior, server } from "@checkpoint-permissions/fake"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { type Asked, ask, checkpoint, other } from "./support.ts"

const checkpoints = [checkpoint, other]
const projects = ["proj_a", "proj_b", "proj_c"]
const keys = [behavior.adminKey("sk-admin-1"), behavior.adminKey("sk-admin-2")]

/** An event as the test keeps it, beside the server. */
interface Expected {
  readonly type: "checkpoint.permission.created" | "checkpoint.permission.deleted"
  readonly at: number
  readonly actor: string
  readonly permission: string
  readonly checkpoint: string
  readonly project: string | undefined
}

interface Write {
  readonly seconds: number
  readonly key: number
  readonly checkpoint: string
  readonly projects: ReadonlyArray<string>
  /** Given, a permission of the checkpoint is deleted in place of the create. */
  readonly deletes: number | undefined
}

const someWrites: fc.Arbitrary<ReadonlyArray<Write>> = fc.array(
  fc.record({
    seconds: fc.nat(3),
    key: fc.integer({ min: 1, max: 2 }),
    checkpoint: fc.constantFrom(...checkpoints),
    projects: fc.uniqueArray(fc.constantFrom(...projects), { minLength: 1 }),
    deletes: fc.option(fc.nat(3), { nil: undefined })
  }),
  { maxLength: 12 }
)

const send = (state: server.State, key: number, now: number, sent: Asked) => {
  const { reply, state: next } = ask(state, { ...sent, key: `sk-admin-${key}` }, now)
  const { body, status } = reply
  assert.strictEqual(status, 200)
  const data: unknown = typeof body === "object" && body !== null && "data" in body ? body.data : []
  assert(Array.isArray(data))
  return { state: next, data }
}

/** Carries out the writes, and says what each should leave in the log, newest first. */
const written = (writes: ReadonlyArray<Write>, repeatEvents: boolean) => {
  let state = server.start({ behavior: { keys, repeatEvents } }, 0)
  let now = 0
  const events: Array<Expected> = []
  for (const write of writes) {
    now += write.seconds * 1000
    const path = `/fine_tuning/checkpoints/${write.checkpoint}/permissions`
    const had = server.permissions(state, write.checkpoint)
    const event = { at: now / 1000, actor: `key_${write.key}`, checkpoint: write.checkpoint }
    if (write.deletes === undefined) {
      const sent = send(state, write.key, now, { method: "POST", path, json: { project_ids: write.projects } })
      state = sent.state
      for (const { id, project_id: project } of sent.data) {
        if (repeatEvents || !had.some((one) => one.id === id)) {
          events.push({ ...event, type: "checkpoint.permission.created", permission: id, project })
        }
      }
    } else {
      const id = had[write.deletes]?.id
      if (id === undefined) continue
      state = send(state, write.key, now, { method: "DELETE", path: `${path}/${id}` }).state
      events.push({ ...event, type: "checkpoint.permission.deleted", permission: id, project: undefined })
    }
  }
  return { state, now, events: events.reverse() }
}

interface Filter {
  readonly query: ReadonlyArray<readonly [string, string]>
  readonly holds: (event: Expected) => boolean
}

const listOf = (
  name: string,
  values: ReadonlyArray<string>,
  of: (event: Expected) => ReadonlyArray<string | undefined>
): fc.Arbitrary<Filter> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }).map((wanted) => ({
    query: wanted.map((value) => [name, value] as const),
    holds: (event) => of(event).some((value) => value !== undefined && wanted.includes(value))
  }))

const bound = (name: string, holds: (at: number, bound: number) => boolean): fc.Arbitrary<Filter> =>
  fc.nat(20).map((value) => ({
    query: [[`effective_at[${name}]`, String(value)]],
    holds: ({ at }) => holds(at, value)
  }))

const permissionIds = Array.from({ length: 6 }, (_, i) => `cp_${String(i + 1).padStart(24, "0")}`)

const sometimes = <T>(of: fc.Arbitrary<T>) => fc.option(of, { freq: 1 })

const someFilters = fc
  .tuple(
    sometimes(
      listOf(
        "event_types[]",
        ["checkpoint.permission.created", "checkpoint.permission.deleted", "user.added"],
        ({ type }) => [type]
      )
    ),
    sometimes(listOf("project_ids[]", ["proj_default", "proj_a"], () => ["proj_default"])),
    sometimes(listOf("actor_ids[]", ["key_1", "key_2", "user-fake", "key_9"], ({ actor }) => [actor, "user-fake"])),
    sometimes(listOf("actor_emails[]", ["admin@example.com", "nobody@example.com"], () => ["admin@example.com"])),
    sometimes(bound("gt", (at, value) => at > value)),
    sometimes(bound("gte", (at, value) => at >= value)),
    sometimes(bound("lt", (at, value) => at < value)),
    sometimes(bound("lte", (at, value) => at <= value))
  )
  .map((filters) => filters.filter((one) => one !== null))

const resources = ["permission", "checkpoint", "project"] as const

const idsOf = (state: server.State, now: number, query: Filter["query"]) =>
  send(state, 1, now, { path: "/organization/audit_logs", query: [["limit", "100"], ...query] }).data

describe("audit logs", () => {
  it("every write leaves its event, newest first, and filters keep those for which all of them hold", () =>
    fc.assert(
      fc.property(someWrites, fc.boolean(), someFilters, (writes, repeatEvents, filters) => {
        const { events, now, state } = written(writes, repeatEvents)
        const found = idsOf(
          state,
          now,
          filters.flatMap(({ query }) => query)
        )
        const expected = events.filter((event) => filters.every(({ holds }) => holds(event)))
        assert.deepStrictEqual(
          found.map((event) => ({
            type: event.type,
            at: event.effective_at,
            actor: event.actor.api_key.id,
            permission: event[event.type].id,
            project: event[event.type].data?.project_id
          })),
          expected.map(({ checkpoint: _, ...event }) => event)
        )
      }),
      { numRuns: 300 }
    ))

  it("resource_ids[] compares with what auditResources says", () =>
    fc.assert(
      fc.property(
        someWrites,
        fc.subarray([...resources]),
        fc.uniqueArray(fc.constantFrom(...permissionIds, ...checkpoints, ...projects), { minLength: 1, maxLength: 4 }),
        (writes, auditResources, wanted) => {
          const { events, now, state } = written(writes, false)
          const set = server.setBehavior(state, { auditResources }, now)
          const found = idsOf(
            set,
            now,
            wanted.map((id) => ["resource_ids[]", id] as const)
          )
          const expected = events.filter((event) =>
            auditResources.some((resource) => event[resource] !== undefined && wanted.includes(event[resource]))
          )
          assert.deepStrictEqual(
            found.map((event) => event[event.type].id),
            expected.map(({ permission }) => permission)
          )
        }
      )
    ))

  const eventTypes = (...types: ReadonlyArray<string>) => {
    const query = types.map((type) => ["event_types[]", type] as const)
    return ask(server.start({}, 0), { path: "/organization/audit_logs", query }).reply
  }

  it("takes every type of event that OpenAI's document has", () => {
    const document = JSON.parse(readFileSync(new URL("./fixtures/openapi.json", import.meta.url), "utf8"))
    const types = document.components.schemas.AuditLogEventType.enum
    assert.strictEqual(eventTypes(...types).status, 200)
  })

  it("refuses a type of event that is none", () => {
    for (const types of [["nope"], ["checkpoint.permission.created", ""], ["checkpoint.permission"]]) {
      const { body, status } = eventTypes(...types)
      assert.strictEqual(status, 400)
      assert.match(JSON.stringify(body), /Invalid 'event_types\[\]': value '.*' is no type of an event/)
    }
  })
})
