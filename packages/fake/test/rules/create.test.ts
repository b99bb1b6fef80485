import { assert, describe, it } from "vitest"
import { checkpoint, failed, items, projects, rule, within } from "./server.ts"

describe("create", () => {
  rule("answers a page with the permissions, in the order asked for", {}, async ({ create, fake, list }) => {
    await fake.advance(1_721_764_867_900)
    const page = await create(["proj_b", "proj_a"])
    assert.strictEqual(page.status, 200)
    const [first, second] = ["cp_000000000000000000000001", "cp_000000000000000000000002"]
    const made = { created_at: 1721764867, object: "checkpoint.permission" }
    assert.deepStrictEqual(page.body, {
      object: "list",
      data: [
        { ...made, id: first, project_id: "proj_b" },
        { ...made, id: second, project_id: "proj_a" }
      ],
      first_id: first,
      last_id: second,
      has_more: false
    })
    assert.deepStrictEqual(projects(await list()), ["proj_a", "proj_b"])
  })

  rule(
    "regrant: existing answers the permission there is",
    { seed: { [checkpoint]: [{ project_id: "proj_a", id: "cp_old" }] } },
    async ({ create, fake }) => {
      const page = await create(["proj_b", "proj_a"])
      assert.deepStrictEqual(items(page, "id")[1], "cp_old")
      assert.deepStrictEqual(fake.projects(checkpoint), ["proj_a", "proj_b"])
      assert.deepStrictEqual(projects(await create(["proj_c", "proj_c"])), ["proj_c", "proj_c"])
      assert.deepStrictEqual(fake.projects(checkpoint), ["proj_a", "proj_b", "proj_c"])
    }
  )

  rule(
    "regrant: second makes another one",
    {
      seed: { [checkpoint]: [{ project_id: "proj_a", id: "cp_old" }] },
      behavior: { regrant: "second" }
    },
    async ({ create, fake }) => {
      const page = await create(["proj_a"])
      assert.notStrictEqual(items(page, "id")[0], "cp_old")
      assert.deepStrictEqual(fake.projects(checkpoint), ["proj_a", "proj_a"])
    }
  )

  it.each([
    ["conflict", 409],
    ["bad-request", 400]
  ] as const)("regrant: %s is status %i", (regrant, status) =>
    within({ seed: { [checkpoint]: ["proj_a"] }, behavior: { regrant } }, async ({ create, fake }) => {
      failed(await create(["proj_a"]), status, { code: "already_exists", message: /proj_a already has access/ })
      assert.deepStrictEqual(fake.projects(checkpoint), ["proj_a"])
    })
  )

  it.each([
    ["nothing", ["proj_a"]],
    ["others", ["proj_a", "proj_b", "proj_c"]]
  ] as const)("partialCreate: %s, of which one is refused", (partialCreate, after) =>
    within(
      {
        seed: { [checkpoint]: ["proj_a"] },
        behavior: { partialCreate, owners: { [checkpoint]: "proj_own" } }
      },
      async ({ create, fake }) => {
        failed(await create(["proj_b", "proj_own", "proj_c"]), 400, {
          message: /^Cannot modify checkpoint permissions for the owning project: proj_own$/,
          param: null,
          code: null
        })
        assert.deepStrictEqual(fake.projects(checkpoint), after)
        assert.strictEqual((await create(["proj_own"], { checkpoint: "ft:other" })).status, 200)
      }
    )
  )

  rule(
    "partialCreate: nothing also when the refusal is of a regrant",
    { seed: { [checkpoint]: ["proj_a"] }, behavior: { regrant: "conflict" } },
    async ({ create, fake }) => {
      failed(await create(["proj_b", "proj_a"]), 409, {})
      assert.deepStrictEqual(fake.projects(checkpoint), ["proj_a"])
    }
  )

  rule(
    "maxProjects: a create takes so many and no more",
    { behavior: { maxProjects: 2 } },
    async ({ create, fake }) => {
      assert.strictEqual((await create(["proj_a", "proj_b"])).status, 200)
      failed(await create(["proj_c", "proj_d", "proj_e"]), 400, {
        param: "project_ids",
        code: "array_above_max_length"
      })
      assert.deepStrictEqual(fake.projects(checkpoint), ["proj_a", "proj_b"])
    }
  )

  it.each([
    ["project_ids missing", {}, "project_ids", "missing_required_parameter"],
    ["project_ids empty", { project_ids: [] }, "project_ids", "empty_array"],
    ["project_ids a string", { project_ids: "proj_a" }, "project_ids", "invalid_type"],
    ["project_ids null", { project_ids: null }, "project_ids", "invalid_type"],
    ["an item a number", { project_ids: ["proj_a", 1] }, "project_ids[1]", "invalid_type"],
    ["an item empty", { project_ids: [""] }, "project_ids[0]", "invalid_value"],
    ["an unknown property", { project_ids: ["proj_a"], project_id: "proj_b" }, "project_id", "unknown_parameter"],
    ["a property without a name", { "": 0 }, null, "unknown_parameter"],
    ["an array", ["proj_a"], "body", "invalid_type"],
    ["a string", "proj_a", "body", "invalid_type"],
    ["null", null, "body", "invalid_type"]
  ] as const)("400 for a body with %s", (_, json, param, code) =>
    within({}, async ({ call, fake }) => {
      failed(await call("POST", { json }), 400, { param, code })
      assert.deepStrictEqual(fake.projects(checkpoint), [])
    })
  )

  it.each(["", "{", "project_ids=proj_a", '{"project_ids":["proj_a"]'])("400 for a body that is not JSON: %s", (text) =>
    within({}, async ({ call }) => {
      failed(await call("POST", { text }), 400, { message: /could not parse the JSON body/ })
    })
  )

  rule("400 for a content type that is not JSON", {}, async ({ call }) => {
    const reply = await call("POST", { text: '{"project_ids":["proj_a"]}', contentType: "text/plain" })
    failed(reply, 400, { code: "unsupported_content_type" })
  })

  rule("400 for an unknown query parameter", {}, async ({ create }) => {
    failed(await create(["proj_a"], { query: { limit: "1" } }), 400, { param: "limit", code: "unknown_parameter" })
  })

  rule(
    "ids that were seeded are not given out again",
    { seed: { [checkpoint]: [{ project_id: "proj_a", id: "cp_000000000000000000000001" }] } },
    async ({ create, fake }) => {
      assert.strictEqual((await create(["proj_b"])).status, 200)
      assert.lengthOf(new Set(fake.permissions(checkpoint).map(({ id }) => id)), 2)
    }
  )
})
