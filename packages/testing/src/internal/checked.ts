import { InvalidSetting } from "@checkpoint-permissions/fake/invalidSetting"
import * as Schema from "effect/Schema"

/** A schema of plain data that the fake checks; what it refuses is said in its words. */
export const checked = <A>(
  identifier: string,
  assertValid: (value: unknown) => asserts value is A
): Schema.SchemaClass<A> => {
  const refusal = (value: unknown): string | undefined => {
    try {
      assertValid(value)
      return undefined
    } catch (error) {
      if (error instanceof InvalidSetting) return error.message
      throw error
    }
  }
  return Schema.declare((value: unknown): value is A => refusal(value) === undefined, {
    identifier,
    message: ({ actual }) => refusal(actual) ?? identifier
  })
}
