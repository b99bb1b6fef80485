import { InvalidInput, type Operation } from "@checkpoint-permissions/core/PermissionsError"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Wire names that the caller knows by another name. */
const callersName = new Map([["project_ids", "projectIds"]])

const field = (path: ReadonlyArray<PropertyKey>): string =>
  path
    .map((key, index) =>
      typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${callersName.get(String(key)) ?? String(key)}`
    )
    .join("")

/** What is wrong with an item that is missing is wrong with its list. */
const pathOf = (issue: ParseResult.ArrayFormatterIssue): ReadonlyArray<PropertyKey> =>
  issue._tag === "Missing" && typeof issue.path.at(-1) === "number" ? issue.path.slice(0, -1) : issue.path

/** Refuses what does not fit `schema` with an `InvalidInput` that names the field, before a request exists. */
export const check = <A, I>(operation: Operation, schema: Schema.Schema<A, I>) => {
  let validate: ReturnType<typeof Schema.validateEither<A, I, never>> | undefined
  return (value: unknown): Either.Either<A, InvalidInput> => {
    validate ??= Schema.validateEither(schema)
    return Either.mapLeft(validate(value), (error) => {
      const issue = ParseResult.ArrayFormatter.formatErrorSync(error)[0]
      return new InvalidInput({
        operation,
        field: (issue === undefined ? "" : field(pathOf(issue))) || "params",
        reason: issue === undefined ? "refused" : issue.message
      })
    })
  }
}
