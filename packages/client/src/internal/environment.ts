import { InvalidInputError } from "@checkpoint-permissions/core/PermissionsError"
import * as plain from "@checkpoint-permissions/protocol/options"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ConfigOptions, Options } from "./options.ts"
import { accepted } from "./settings.ts"

/** An empty variable counts as unset. */
const variables = {
  adminKey: Config.redacted(Config.nonEmptyString(plain.variables.adminKey)),
  apiUrl: Config.map(Config.option(Config.nonEmptyString(plain.variables.apiUrl)), Option.getOrUndefined)
}

const unset = Effect.succeed(undefined)

/** `Config.redacted` hides what is said of a variable that is missing, and of each of several. */
const nameMissing = (error: ConfigError.ConfigError): ConfigError.ConfigError => {
  switch (error._op) {
    case "MissingData":
      return ConfigError.MissingData(
        [...error.path],
        `${error.path.join("_")} is not set: set it to an OpenAI admin key`
      )
    case "And":
      return ConfigError.And(nameMissing(error.left), nameMissing(error.right))
    case "Or":
      return ConfigError.Or(nameMissing(error.left), nameMissing(error.right))
    default:
      return error
  }
}

/** Makes a service with key and server from the `Config`s given or else from the environment. */
export const provide = <A, R>(
  options: ConfigOptions,
  make: (options: Options) => Effect.Effect<A, InvalidInputError, R>
): Effect.Effect<A, ConfigError.ConfigError | InvalidInputError, R> =>
  Effect.gen(function* () {
    yield* accepted(plain.refuseConfigs(options, Config.isConfig))
    const { adminKey, apiUrl, organizationId = unset, projectId = unset, ...others } = options
    const key = yield* Effect.mapError(adminKey ?? variables.adminKey, nameMissing)
    const url = yield* apiUrl ?? variables.apiUrl
    if (apiUrl === undefined) yield* accepted(plain.refuseUrlOfEnvironment(url))
    const headers = { organizationId: yield* organizationId, projectId: yield* projectId }
    return yield* Effect.mapError(
      make({ ...others, ...headers, adminKey: key, apiUrl: url }),
      ({ field, operation, reason }) =>
        new InvalidInputError({ operation, field: plain.nameInEnvironment(field, options), reason })
    )
  })
