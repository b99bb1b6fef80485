import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import { refuseUrlOfEnvironment, variables } from "@checkpoint-permissions/protocol/options"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ConfigOptions, Options } from "./options.ts"

type Variable = keyof typeof variables

const fields = ["adminKey", "apiUrl", "organizationId", "projectId"] as const

const isVariable = (field: string): field is Variable => Object.hasOwn(variables, field)

/** An empty variable counts as unset. */
const apiUrl: Effect.Effect<string | undefined, ConfigError.ConfigError | InvalidInputError> = Effect.flatMap(
  Config.option(Config.nonEmptyString(variables.apiUrl)),
  Option.match({
    onNone: () => Effect.succeed(undefined),
    onSome: (url) => {
      const refusal = refuseUrlOfEnvironment(url)
      return refusal === undefined ? Effect.succeed(url) : new InvalidInputError({ operation: "make", ...refusal })
    }
  })
)

const adminKey = Config.redacted(Config.nonEmptyString(variables.adminKey))

const notSent = Effect.succeed(undefined)

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

/** Key and server, from the `Config`s given or else from the environment. */
const read = (
  options: ConfigOptions
): Effect.Effect<Pick<Options, (typeof fields)[number]>, ConfigError.ConfigError | InvalidInputError> => {
  for (const field of fields) {
    if (options[field] === undefined || Config.isConfig(options[field])) continue
    const reason = `not a Config: pass one such as Config.${field === "adminKey" ? "redacted" : "string"}("MY_VARIABLE")`
    return new InvalidInputError({ operation: "make", field, reason })
  }
  return Effect.all({
    adminKey: Effect.mapError(options.adminKey ?? adminKey, nameMissing),
    apiUrl: options.apiUrl ?? apiUrl,
    organizationId: options.organizationId ?? notSent,
    projectId: options.projectId ?? notSent
  })
}

/** A value from the environment that was refused is named by its variable. */
const nameVariable =
  (options: ConfigOptions) =>
  (error: InvalidInputError): InvalidInputError =>
    isVariable(error.field) && options[error.field] === undefined
      ? new InvalidInputError({ operation: error.operation, field: variables[error.field], reason: error.reason })
      : error

/** Makes a service with key and server from the `Config`s given or else from the environment. */
export const provide = <A, R>(
  options: ConfigOptions,
  make: (options: Options) => Effect.Effect<A, InvalidInputError, R>
): Effect.Effect<A, ConfigError.ConfigError | InvalidInputError, R> =>
  Effect.flatMap(read(options), (values) => {
    const { adminKey, apiUrl, organizationId, projectId, ...others } = options
    return Effect.mapError(make({ ...others, ...values }), nameVariable(options))
  })
