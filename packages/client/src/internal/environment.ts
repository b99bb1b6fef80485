import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import { variables } from "@checkpoint-permissions/protocol/options"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { ConfigOptions, Options } from "./options.ts"

type Field = keyof typeof variables

const isField = (field: string): field is Field => Object.hasOwn(variables, field)

/** An empty variable counts as unset. */
const variable = (field: Field): Config.Config<string | undefined> =>
  Config.string(variables[field]).pipe(
    Config.option,
    Config.map((value) => Option.getOrUndefined(Option.filter(value, (text) => text !== "")))
  )

/** `Config.redacted` hides the name of a variable that is missing. */
const nameMissing = (error: ConfigError.ConfigError): ConfigError.ConfigError => {
  switch (error._op) {
    case "MissingData": {
      const name = error.path.join("_")
      return ConfigError.MissingData([...error.path], `${name} is not set: set it to an OpenAI admin key`)
    }
    case "And":
      return ConfigError.And(nameMissing(error.left), nameMissing(error.right))
    case "Or":
      return ConfigError.Or(nameMissing(error.left), nameMissing(error.right))
    default:
      return error
  }
}

const adminKey: Effect.Effect<Redacted.Redacted, ConfigError.ConfigError> = Effect.flatMap(
  Config.redacted(variables.adminKey),
  (key) =>
    Redacted.value(key) === ""
      ? Effect.fail(ConfigError.MissingData([variables.adminKey], "not set"))
      : Effect.succeed(key)
)

/** Key and server, from the `Config`s given or else from the environment. */
export const read = (
  options: ConfigOptions
): Effect.Effect<Pick<Options, Field>, ConfigError.ConfigError | InvalidInputError> => {
  for (const field of Object.keys(variables).filter(isField)) {
    if (options[field] === undefined || Config.isConfig(options[field])) continue
    const reason = `not a Config: pass one such as Config.${field === "adminKey" ? "redacted" : "string"}("MY_VARIABLE")`
    return new InvalidInputError({ operation: "make", field, reason })
  }
  return Effect.all({
    adminKey: Effect.mapError(options.adminKey ?? adminKey, nameMissing),
    apiUrl: options.apiUrl ?? variable("apiUrl"),
    organization: options.organization ?? variable("organization"),
    project: options.project ?? variable("project")
  })
}

/** A value from the environment that was refused is named by its variable. */
export const nameVariable =
  (options: ConfigOptions) =>
  (error: InvalidInputError): InvalidInputError =>
    isField(error.field) && options[error.field] === undefined
      ? new InvalidInputError({ operation: error.operation, field: variables[error.field], reason: error.reason })
      : error
