import { assert, describe, it } from "vitest"
import { type Mark, markOf } from "../src/modelPermissions.ts"

const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
const old = "ft-AF1WoRqd3aJAHsqc9NY7iL8F"
const sibling = "ft:gpt-4o-mini-2024-07-18:org:weather:sibling"
const notAllowed = "not in the project's allow list"
const denied = "in the project's deny list"

describe("the mark of a checkpoint under model permissions", () => {
  it.each<readonly [of: string, entry: string, allow: Mark | undefined, deny: Mark | undefined]>([
    [checkpoint, checkpoint, undefined, denied],
    [checkpoint, "gpt-4o-mini-2024-07-18", "unknown", "unknown"],
    [checkpoint, "gpt-4o-mini", "unknown", "unknown"],
    [checkpoint, "gpt-4o-mini-2025-01-01", "unknown", "unknown"],
    [checkpoint, `${checkpoint}:ckpt-step-100`, "unknown", "unknown"],
    [checkpoint, sibling, "unknown", "unknown"],
    [checkpoint, "gpt-4o", notAllowed, undefined],
    [checkpoint, "ft:gpt-4o-mini-2024-07-18:org:weather:other", notAllowed, undefined],
    [`${checkpoint}:ckpt-step-100`, checkpoint, "unknown", "unknown"],
    ["ft:gpt-3.5-turbo-0613:org::x", "gpt-3.5-turbo", "unknown", "unknown"],
    [old, "gpt-4o", "unknown", "unknown"],
    [old, old, undefined, denied]
  ])("%s with %s: %s in an allow list, %s in a deny list", (of, entry, allow, deny) => {
    for (const models of [[entry], ["o9", entry]]) {
      assert.strictEqual(markOf({ mode: "allow_list", models }, of, [sibling]), allow)
      assert.strictEqual(markOf({ mode: "deny_list", models }, of, [sibling]), deny)
    }
  })

  it("is unknown for an empty allow list, and none where nothing is set or denied", () => {
    assert.strictEqual(markOf({ mode: "allow_list", models: [] }, checkpoint), "unknown")
    assert.isUndefined(markOf({ mode: "deny_list", models: [] }, checkpoint))
    assert.isUndefined(markOf(undefined, checkpoint))
  })
})
