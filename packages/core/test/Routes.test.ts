import { CheckpointId, PermissionId } from "@checkpoint-permissions/core/Identifiers"
import { InvalidInput, Operation } from "@checkpoint-permissions/core/PermissionsError"
import { match, permission, permissions } from "@checkpoint-permissions/core/Routes"
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Option, Schema } from "effect"
import { unchecked } from "./support.ts"

/** Text that would leave its segment if it were put there as it is, or that is close to it. */
const sly = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ".",
        "..",
        "/",
        "\\",
        "%",
        "%2e",
        "%2E%2E",
        "%2f",
        "%00",
        "?",
        "#",
        ";",
        ":",
        "@",
        "//",
        "permissions",
        "/permissions/",
        "&",
        "=",
        "+",
        " ",
        "'",
        '"',
        "é",
        "\u{1f600}",
        "\u202e",
        "\ufeff",
        "ftckpt_"
      ),
      fc.string({ unit: "binary", maxLength: 4 })
    ),
    { minLength: 1, maxLength: 8 }
  )
  .map((parts) => parts.join(""))
const checkpoints = fc.oneof(sly.filter(Schema.is(CheckpointId)), fc.constant(CheckpointId.make("a".repeat(512))))
const permissionIds = sly.filter(Schema.is(PermissionId))
const bases = fc.constantFrom("", "/v1", "/openai/v1", "/a%20b/v1")
const operations = fc.constantFrom(...Operation.literals)

describe("paths", () => {
  it("are those of the API reference", () => {
    const checkpoint = CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")
    assert.deepStrictEqual(
      permissions("list", checkpoint),
      Either.right("/fine_tuning/checkpoints/ft%3Agpt-4o-mini-2024-07-18%3Aorg%3Aweather%3AB7R9VjQd/permissions")
    )
    assert.deepStrictEqual(
      permission("delete", checkpoint, PermissionId.make("cp_zc4Q7MP6XxulcVzj4MZdwsAB")),
      Either.right(
        "/fine_tuning/checkpoints/ft%3Agpt-4o-mini-2024-07-18%3Aorg%3Aweather%3AB7R9VjQd" +
          "/permissions/cp_zc4Q7MP6XxulcVzj4MZdwsAB"
      )
    )
    assert.deepStrictEqual(
      permissions("create", CheckpointId.make("ft-AF1WoRqd3aJAHsqc9NY7iL8F")),
      Either.right("/fine_tuning/checkpoints/ft-AF1WoRqd3aJAHsqc9NY7iL8F/permissions")
    )
  })

  it.prop(
    "are one path to a URL parser: no traversal, no query, no fragment",
    { base: bases, operation: operations, checkpoint: checkpoints, permissionId: permissionIds },
    ({ base, operation, checkpoint, permissionId }) => {
      const paths = [permissions(operation, checkpoint), permission(operation, checkpoint, permissionId)]
      for (const [index, path] of paths.map(Either.getOrThrow).entries()) {
        const url = new URL(`https://api.example.com${base}${path}`)
        assert.strictEqual(url.pathname, `${base}${path}`)
        assert.strictEqual(url.search, "")
        assert.strictEqual(url.hash, "")
        assert.strictEqual(url.host, "api.example.com")
        assert.strictEqual(url.href, `https://api.example.com${base}${path}`)
        assert.strictEqual(new URL(path, "https://api.example.com").pathname, path)
        assert.strictEqual(path.split("/").length, index === 0 ? 5 : 6)
        assert.match(path, /^[!-~]+$/)
      }
    },
    { fastCheck: { numRuns: 2000 } }
  )

  it.prop(
    "are taken apart into the ids they were made of",
    { base: bases, operation: operations, checkpoint: checkpoints, permissionId: permissionIds },
    ({ base, operation, checkpoint, permissionId }) => {
      const collection = Either.getOrThrow(permissions(operation, checkpoint))
      assert.deepStrictEqual(match(base, base + collection), Option.some({ _tag: "Permissions" as const, checkpoint }))
      const one = Either.getOrThrow(permission(operation, checkpoint, permissionId))
      assert.deepStrictEqual(
        match(base, base + one),
        Option.some({ _tag: "Permission" as const, checkpoint, permissionId })
      )
    },
    { fastCheck: { numRuns: 2000 } }
  )

  it.prop("of ids as the schemas make them", { checkpoint: CheckpointId, permissionId: PermissionId }, (ids) => {
    const path = Either.getOrThrow(permission("delete", ids.checkpoint, ids.permissionId))
    assert.deepStrictEqual(
      match("", new URL(path, "https://a.example").pathname),
      Option.some({ _tag: "Permission" as const, ...ids })
    )
  })

  it("differ for ids that differ", () => {
    const paths = ["a/b", "a%2Fb", "a%252Fb", "a\u0301", "á", "A", "a", "a?", "a#", "a%", "a%25"].map((id) =>
      Either.getOrThrow(permissions("list", CheckpointId.make(id)))
    )
    assert.strictEqual(new Set(paths).size, paths.length)
  })
})

describe("ids passed around the brand", () => {
  const refused: ReadonlyArray<readonly [id: unknown, reason: RegExp]> = [
    [".", /would address another path/],
    ["..", /would address another path/],
    ["", /is empty: pass an id/],
    ["a".repeat(513), /513 characters, more than 512/],
    ["a\nb", /control character/],
    ["\u001b[31m", /control character/],
    ["\ud800", /surrogate/],
    [" a", /white space: trim it/],
    ["a ", /white space: trim it/],
    [undefined, /Expected string/],
    [null, /Expected string/],
    [7, /Expected string/],
    [["ft:a"], /Expected string/],
    [{ toString: () => ".." }, /Expected string/]
  ]

  const refusal = (result: Either.Either<string, InvalidInput>): InvalidInput => {
    assert.isTrue(Either.isLeft(result))
    const error = Either.merge(result)
    assert.instanceOf(error, InvalidInput)
    return error
  }

  it.each(refused)("%j is refused as a checkpoint", (id, reason) => {
    const checkpoint = unchecked.checkpoint(id)
    for (const operation of Operation.literals) {
      for (const result of [
        permissions(operation, checkpoint),
        permission(operation, checkpoint, PermissionId.make("cp_a"))
      ]) {
        const error = refusal(result)
        assert.strictEqual(error.field, "checkpoint")
        assert.strictEqual(error.operation, operation)
        assert.match(error.reason, reason)
        assert.isFalse(error.isRetryable)
        assert.isFalse(error.mayHaveExecuted)
        assert.isTrue(error.message.startsWith(`${operation}: invalid checkpoint: `))
      }
    }
  })

  it.each(refused)("%j is refused as a permission", (id, reason) => {
    const error = refusal(permission("delete", CheckpointId.make("ft:a"), unchecked.permission(id)))
    assert.strictEqual(error.field, "permissionId")
    assert.strictEqual(error.operation, "delete")
    assert.match(error.reason, reason)
  })

  it.each(["ftckpt_a", "ftckpt_", "ftckpt_zc4Q7MP6XxulcVzj4MZdwsAB"])("%s is refused as a checkpoint", (id) => {
    const error = refusal(permissions("list", unchecked.checkpoint(id)))
    assert.strictEqual(error.field, "checkpoint")
    assert.match(error.reason, /pass the model name ft:…/)
  })

  it("the checkpoint is refused first when both are", () => {
    const error = refusal(permission("delete", unchecked.checkpoint(".."), unchecked.permission("..")))
    assert.strictEqual(error.field, "checkpoint")
  })

  it.prop(
    "are refused exactly when the schema refuses them",
    { id: fc.oneof(sly, fc.string({ unit: "binary" })) },
    ({ id }) => {
      assert.strictEqual(Either.isRight(permissions("list", unchecked.checkpoint(id))), Schema.is(CheckpointId)(id))
      assert.strictEqual(
        Either.isRight(permission("delete", CheckpointId.make("ft:a"), unchecked.permission(id))),
        Schema.is(PermissionId)(id)
      )
    },
    { fastCheck: { numRuns: 1000 } }
  )
})

describe("match", () => {
  it.each([
    ["/v1", "/v1/fine_tuning/checkpoints/ft%3Aa/permissions", { _tag: "Permissions", checkpoint: "ft:a" }],
    ["/v1", "/v1/fine_tuning/checkpoints/ft:a/permissions", { _tag: "Permissions", checkpoint: "ft:a" }],
    ["", "/fine_tuning/checkpoints/a%2Fb/permissions", { _tag: "Permissions", checkpoint: "a/b" }],
    ["/v1", "/v1/fine_tuning/checkpoints/ftckpt_a/permissions", { _tag: "Permissions", checkpoint: "ftckpt_a" }],
    [
      "/v1",
      "/v1/fine_tuning/checkpoints/ft:a/permissions/cp%20a",
      { _tag: "Permission", checkpoint: "ft:a", permissionId: "cp a" }
    ],
    [
      "/v1",
      "/v1/fine_tuning/checkpoints/permissions/permissions/permissions",
      { _tag: "Permission", checkpoint: "permissions", permissionId: "permissions" }
    ]
  ])("base %j, %s", (base, path, expected) => {
    const matched = match(base, path)
    assert.isTrue(Option.isSome(matched))
    assert.deepStrictEqual<unknown>(Option.getOrUndefined(matched), expected)
  })

  it.each([
    ["", ""],
    ["/v1", ""],
    ["/v1", "/"],
    ["/v1", "/v1"],
    ["/v1", "/v1/models"],
    ["/v1", "/v2/fine_tuning/checkpoints/a/permissions"],
    ["/v1", "/fine_tuning/checkpoints/a/permissions"],
    ["", "/v1/fine_tuning/checkpoints/a/permissions"],
    ["/v1", "/v1/v1/fine_tuning/checkpoints/a/permissions"],
    ["/v1", "/v1/fine_tuning/checkpoints"],
    ["/v1", "/v1/fine_tuning/checkpoints/"],
    ["/v1", "/v1/fine_tuning/checkpoints/a"],
    ["/v1", "/v1/fine_tuning/checkpoints/a/"],
    ["/v1", "/v1/fine_tuning/checkpoints//permissions"],
    ["/v1", "/v1/fine_tuning/checkpoints/a/permission"],
    ["/v1", "/v1/fine_tuning/checkpoints/a/Permissions"],
    ["/v1", "/v1/fine_tuning/checkpoints/a/permissions/"],
    ["/v1", "/v1/fine_tuning/checkpoints/a/permissions//"],
    ["/v1", "/v1/fine_tuning/checkpoints/a/permissions/b/"],
    ["/v1", "/v1/fine_tuning/checkpoints/a/permissions/b/c"],
    ["/v1", "/v1/fine_tuning/checkpoints/a/b/permissions"],
    ["/v1", "/v1/fine_tuning/jobs/a/permissions"],
    ["/v1", "/V1/fine_tuning/checkpoints/a/permissions"],
    ["/v1", "/v1/fine_tuning/checkpoints/a/permissions?limit=1"],
    ["/v1", "/v1/fine_tuning/checkpoints/a/permissions#x"],
    ["/v1", "v1/fine_tuning/checkpoints/a/permissions"],
    ["/v1", "https://api.example.com/v1/fine_tuning/checkpoints/a/permissions"]
  ])("base %j does not take %j", (base, path) => {
    assert.isTrue(Option.isNone(match(base, path)))
  })

  it.each(["%", "a%", "%2", "%zz", "%E0%A4%A", "%ff", "%c0%ae", "%ed%a0%80", "%u0041"])(
    "does not take %s, which is not percent-encoded UTF-8",
    (id) => {
      assert.isTrue(Option.isNone(match("/v1", `/v1/fine_tuning/checkpoints/${id}/permissions`)))
      assert.isTrue(Option.isNone(match("/v1", `/v1/fine_tuning/checkpoints/${id}/permissions/cp_a`)))
      assert.isTrue(Option.isNone(match("/v1", `/v1/fine_tuning/checkpoints/a/permissions/${id}`)))
    }
  )

  it.prop(
    "never throws",
    { base: fc.string(), path: fc.oneof(fc.string({ unit: "binary" }), sly) },
    ({ base, path }) => {
      match(base, path)
      match(base, `${base}/fine_tuning/checkpoints/${path}/permissions/${path}`)
    }
  )
})
