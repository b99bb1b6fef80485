import { behavior, type FakeFetch, faults, makeFetch } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { authorized, checkpoint, granting, permissionsUrl } from "./support.ts"

/** What came of one attempt: a reply that makes sense, or something that a client may try again. */
const attempt = async (fetch: FakeFetch, url: string, init: RequestInit): Promise<unknown> => {
  try {
    const response = await fetch(url, { ...init, redirect: "manual" })
    const text = await response.text()
    if (response.status === 429 || response.status >= 500) return undefined
    return { status: response.status, body: JSON.parse(text) }
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** Tries again, twice at most. */
const retried = async (fetch: FakeFetch, url: string, init: RequestInit): Promise<unknown> => {
  for (let tries = 0; tries < 3; tries++) {
    const reply = await attempt(fetch, url, init)
    if (reply !== undefined) return reply
  }
  return assert.fail("two faults in a row are what a plan has at most")
}

const field = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (inner, name) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined),
    value
  )

const listed = async (fetch: FakeFetch): Promise<ReadonlyArray<string>> => {
  const projects: Array<string> = []
  let after = ""
  for (;;) {
    const reply = await retried(fetch, `${permissionsUrl}?limit=3${after}`, { headers: authorized })
    const data = field(reply, "body", "data")
    assert(Array.isArray(data))
    for (const one of data) projects.push(String(field(one, "project_id")))
    if (field(reply, "body", "has_more") === false) return projects
    after = `&after=${String(field(data.at(-1), "id"))}`
  }
}

/** Sends a create once, and reads back whether it was executed. */
const granted = async (fetch: FakeFetch, projectId: string): Promise<void> => {
  for (let tries = 0; tries < 4; tries++) {
    await attempt(fetch, permissionsUrl, granting(projectId))
    if ((await listed(fetch)).includes(projectId)) return
  }
  assert.fail("it was never granted")
}

/** Lets the time pass that latencies take. */
const inManualTime = async <A>(fetch: FakeFetch, run: Promise<A>): Promise<A> => {
  let done = false
  const ended = run.finally(() => {
    done = true
  })
  while (!done) await fetch.advance(60_000)
  return ended
}

describe("faults.random at its default", () => {
  it("draws the survivable kinds, at most two faults in a row; with kinds, as it is told", () => {
    assert.deepStrictEqual(faults.random({ seed: 3, probability: 0.9 }), {
      _tag: "Random",
      seed: 3,
      probability: 0.9,
      kinds: faults.survivableKinds,
      consecutive: 2
    })
    assert.deepStrictEqual(faults.random({ seed: 3, probability: 1, kinds: ["huge"] }), {
      _tag: "Random",
      seed: 3,
      probability: 1,
      kinds: ["huge"]
    })
  })

  it("is survived by a client that tries again twice and reads back what it wrote", async () => {
    for (let seed = 0; seed < 40; seed++) {
      for (const regrant of behavior.unknowns.regrant) {
        const fetch = makeFetch({
          seed: { [checkpoint]: ["proj_1", "proj_2", "proj_3", "proj_4", "proj_5"] },
          behavior: { regrant },
          faults: faults.random({ seed, probability: 0.5 }),
          clock: "manual"
        })
        await inManualTime(
          fetch,
          (async () => {
            assert.deepStrictEqual(await listed(fetch), ["proj_5", "proj_4", "proj_3", "proj_2", "proj_1"])
            await granted(fetch, "proj_new")
            await retried(fetch, `${permissionsUrl}/cp_000000000000000000000001`, {
              method: "DELETE",
              headers: authorized
            })
            assert.deepStrictEqual(await listed(fetch), ["proj_new", "proj_5", "proj_4", "proj_3", "proj_2"])
          })()
        )
      }
    }
  })
})
