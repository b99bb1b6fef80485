import { InvalidSetting } from "@checkpoint-permissions/fake/invalidSetting"
import * as Either from "effect/Either"

/** What a check of the fake lets through, or its refusal. */
export const accepted = <A>(check: () => A): Either.Either<A, InvalidSetting> => {
  try {
    return Either.right(check())
  } catch (error) {
    if (error instanceof InvalidSetting) return Either.left(error)
    throw error
  }
}
