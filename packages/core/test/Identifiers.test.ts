import {
  CheckpointId,
  isCheckpointId,
  isPermissionId,
  isProjectId,
  PermissionId,
  ProjectId
} from "@checkpoint-permissions/core/Identifiers"
import { refuseCheckpoint, refusePermission, refuseProject } from "@checkpoint-permissions/protocol/identifiers"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Either, FastCheck as fc, ParseResult, Schema } from "effect"

/** The rules and reasons are tested in `protocol/test/identifiers.test.ts`; these tests compare the schemas with them. */
const identifiers: ReadonlyArray<{
  readonly name: string
  readonly schema: Schema.Schema.AnyNoContext
  readonly refuse: (id: unknown) => string | undefined
  readonly is: (id: string) => boolean
}> = [
  { name: "CheckpointId", schema: CheckpointId, refuse: refuseCheckpoint, is: isCheckpointId },
  { name: "PermissionId", schema: PermissionId, refuse: refusePermission, is: isPermissionId },
  { name: "ProjectId", schema: ProjectId, refuse: refuseProject, is: isProjectId }
]

const samples = ["", ".", "..", "a\nb", " a", "a".repeat(513), "ft:a", "ftckpt_a", "ftjob-a", "proj_a", "cp_a", "sk-a"]
const anyId = fc.oneof(fc.constantFrom(...samples), fc.string({ unit: "binary", maxLength: 12 }), fc.string())

describe.each(identifiers)("$name", ({ is, refuse, schema }) => {
  it.prop(
    "accepts a string exactly when the protocol does, and gives the reason otherwise",
    { id: anyId },
    ({ id }) => {
      const reason = refuse(id)
      const lines = Either.match(Schema.decodeUnknownEither(schema)(id), {
        onLeft: (error) => ParseResult.ArrayFormatter.formatErrorSync(error).map(({ message }) => message),
        onRight: () => []
      })
      assert.deepStrictEqual(lines, reason === undefined ? [] : [reason])
      assert.strictEqual(Schema.is(schema)(id), reason === undefined)
      assert.strictEqual(is(id), reason === undefined)
    }
  )

  it.prop("is a plain string, the same before and after", { id: Arbitrary.make(schema) }, ({ id }) => {
    assert.strictEqual(Schema.encodeSync(schema)(id), id)
    assert.strictEqual(Schema.decodeSync(schema)(id), id)
    assert.strictEqual(JSON.parse(JSON.stringify(id)), id)
  })

  it("refuses what is no string, and prints a refusal on one line", () => {
    for (const id of [undefined, null, 5, ["ft:a"], {}]) {
      assert.match(String(Schema.decodeUnknownEither(schema)(id)), /Expected string/)
    }
    const failure = Schema.decodeUnknownEither(schema)("")
    assert.match(Either.isLeft(failure) ? failure.left.message : "", /^the \w+ id is empty: pass an id such as \S+$/)
  })

  it("is generated in more than one shape", () => {
    const sample = fc.sample(Arbitrary.make(schema), { numRuns: 200, seed: 1 })
    assert.isTrue(sample.some((id) => /^[a-z]{2,5}[_:-]/.test(id)))
    assert.isTrue(sample.some((id) => /[^ -~]/.test(id)))
  })
})

it("an identifier is made by `make`, which throws on what is refused", () => {
  assert.strictEqual(CheckpointId.make("ft:a"), "ft:a")
  assert.strictEqual(PermissionId.make("cp_a"), "cp_a")
  assert.strictEqual(ProjectId.make("proj_a"), "proj_a")
  assert.throws(() => CheckpointId.make("ftckpt_a"), /pass the model name/)
  assert.throws(() => PermissionId.make(".."), /another path/)
  assert.throws(() => ProjectId.make(""), /is empty/)
})
