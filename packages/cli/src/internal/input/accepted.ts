import { InvalidSetting } from "@checkpoint-permissions/fake/invalidSetting"
import { nearest } from "@checkpoint-permissions/protocol/nearest"
import * as Either from "effect/Either"

/** Why it is refused; of a misspelt name, which one was probably meant. */
export const reasonOf = ({ field, known, reason }: InvalidSetting): string => {
  const meant = nearest(field.split(".").at(-1) ?? "", known)
  return meant === undefined ? reason : `no such setting; did you mean ${meant}?`
}

/** A refusal in one line. */
export const explained = (error: InvalidSetting): string =>
  `${error.field === "" ? "" : `${error.field}: `}${reasonOf(error)}`

/** What a check of the fake lets through, or its refusal. */
export const accepted = <A>(check: () => A): Either.Either<A, InvalidSetting> => {
  try {
    return Either.right(check())
  } catch (error) {
    if (error instanceof InvalidSetting) return Either.left(error)
    throw error
  }
}
