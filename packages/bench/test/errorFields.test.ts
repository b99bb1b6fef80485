/** The errors of both Effect lines are made of the same fields, and the same is sent of them. */
import { failures } from "@checkpoint-permissions/contract"
import * as Effect3 from "@checkpoint-permissions/core/PermissionsError"
import * as Effect4 from "@checkpoint-permissions/effect4/PermissionsError"
import * as Schemas4 from "@checkpoint-permissions/effect4/PermissionsErrorSchema"
import { isRetryable, type Kind } from "@checkpoint-permissions/protocol/failure"
import { message } from "@checkpoint-permissions/protocol/messages"
import * as Schema3 from "effect/Schema"
import * as Schema4 from "effect-4/Schema"
import { assert, describe, expectTypeOf, it } from "vitest"

type FieldsOf<Class> = Class extends new (fields: infer Fields, ...others: infer _) => unknown ? Fields : never
type Optional<Fields> = { [Name in keyof Fields]-?: undefined extends Fields[Name] ? Name : never }[keyof Fields]
type Classes3 = Pick<typeof Effect3, Kind>
type Classes4 = Pick<typeof Effect4, Kind>

const sent3 = Schema3.encodeSync(Effect3.PermissionsError)
const sent4 = Schema4.encodeSync(Schemas4.PermissionsError)
const back3 = Schema3.decodeUnknownSync(Effect3.PermissionsError)
const back4 = Schema4.decodeUnknownSync(Schemas4.PermissionsError)
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe("the errors of both lines", () => {
  it("take the same fields, and the same may be left out", () => {
    expectTypeOf<{ [Tag in Kind]: keyof FieldsOf<Classes4[Tag]> }>().toEqualTypeOf<{
      [Tag in Kind]: keyof FieldsOf<Classes3[Tag]>
    }>()
    expectTypeOf<{ [Tag in Kind]: Optional<FieldsOf<Classes4[Tag]>> }>().toEqualTypeOf<{
      [Tag in Kind]: Optional<FieldsOf<Classes3[Tag]>>
    }>()
  })

  it.each(failures.map((failure) => [failure.kind, failure] as const))("of %s the same is sent", (tag, failure) => {
    const { kind, ...known } = failure
    const { mayHaveExecuted: _, ...refused } = known
    const fields = kind === "InvalidInputError" ? refused : known
    assert.deepStrictEqual(plain(sent3(Effect3.fromFailure(failure))), { _tag: tag, ...fields })
    assert.deepStrictEqual(plain(sent4(Effect4.fromFailure(failure))), { _tag: tag, ...fields })
    assert.deepStrictEqual(plain(Effect3.toFailure(back3({ _tag: tag, ...fields }))), failure)
    assert.deepStrictEqual(plain(Effect4.toFailure(back4({ _tag: tag, ...fields }))), failure)
    for (const error of [Effect3.fromFailure(failure), Effect4.fromFailure(failure)]) {
      assert.notInclude(JSON.stringify(error), "~@", "a mark of the class is not in what is printed")
      assert.deepInclude(
        { tag: error._tag, message: error.message, isRetryable: error.isRetryable },
        {
          tag,
          message: message(failure),
          isRetryable: isRetryable(failure)
        }
      )
    }
    assert.isTrue(Schema3.is(Effect3.PermissionsError)(Effect3.fromFailure(failure)))
  })

  it.each(failures.map((failure) => [failure.kind, failure] as const))(
    "of a bare %s the same is left",
    (tag, failure) => {
      const left = Object.entries(failure).filter(([name]) => ["field", "reason", "received", "scopes"].includes(name))
      const wire = { _tag: tag, operation: "list", ...Object.fromEntries(left) }
      const whole = tag === "InvalidInputError" ? wire : { ...wire, mayHaveExecuted: false }
      assert.deepStrictEqual(plain(sent3(Effect3.fromFailure(Effect3.toFailure(back3(wire))))), whole)
      assert.deepStrictEqual(plain(sent4(Effect4.fromFailure(Effect4.toFailure(back4(wire))))), whole)
    }
  )
})
