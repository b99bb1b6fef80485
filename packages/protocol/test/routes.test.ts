import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { refuseCheckpoint, refusePermission } from "../src/identifiers.ts"
import { route } from "../src/operations.ts"

/** Text that would leave its segment if it were put there as it is, or that is close to it. */
const sly = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[".", "..", "/", "\\", "%", "%2e", "%2E%2E", "%2f", "%00", "?", "#", ";", ":", "@", "//", "permissions"],
        ...["/permissions/", "&", "=", "+", " ", "'", '"', "é", "\u{1f600}", "\u202e", "\ufeff", "ftckpt_"]
      ),
      fc.string({ unit: "binary", maxLength: 4 })
    ),
    { minLength: 1, maxLength: 8 }
  )
  .map((parts) => parts.join(""))
const checkpoints = fc.oneof(
  sly.filter((id) => refuseCheckpoint(id) === undefined),
  fc.constant("a".repeat(512))
)
const permissionIds = sly.filter((id) => refusePermission(id) === undefined)
const bases = fc.constantFrom("", "/v1", "/openai/v1", "/a%20b/v1")

const all = "/fine_tuning/checkpoints/{checkpoint}/permissions"
const permissions = (checkpoint: unknown) => route(all, { checkpoint })
const permission = (checkpoint: unknown, permission: unknown) =>
  route(`${all}/{permission}`, { checkpoint, permission })
const pathOf = (checked: ReturnType<typeof route>): string => {
  if ("ok" in checked) return checked.ok.path
  throw new Error(checked.reason)
}

describe("paths", () => {
  it("are one path to a URL parser: no traversal, no query, no fragment", () => {
    fc.assert(
      fc.property(bases, checkpoints, permissionIds, (base, checkpoint, permissionId) => {
        for (const [index, checked] of [permissions(checkpoint), permission(checkpoint, permissionId)].entries()) {
          const path = pathOf(checked)
          const url = new URL(`https://api.example.com${base}${path}`)
          assert.strictEqual(url.href, `https://api.example.com${base}${path}`)
          assert.strictEqual(url.pathname, `${base}${path}`)
          assert.strictEqual(new URL(path, "https://api.example.com").pathname, path)
          const segments = path.split("/")
          assert.strictEqual(segments.length, index === 0 ? 5 : 6)
          assert.strictEqual(decodeURIComponent(segments[3] ?? ""), checkpoint)
          if (index === 1) assert.strictEqual(decodeURIComponent(segments[5] ?? ""), permissionId)
          assert.match(path, /^[!-~]+$/)
        }
      }),
      { numRuns: 2000 }
    )
  })

  it("have every id that `identifiers` accepts, and no other", () => {
    fc.assert(
      fc.property(fc.oneof(sly, fc.string({ unit: "binary" })), (id) => {
        assert.strictEqual("ok" in permissions(id), refuseCheckpoint(id) === undefined)
        assert.strictEqual("ok" in permission("ft:a", id), refusePermission(id) === undefined)
      })
    )
  })
})
