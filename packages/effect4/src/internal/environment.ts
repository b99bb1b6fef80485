import { refuseUrlOfEnvironment, variables } from "@checkpoint-permissions/protocol/options"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { InvalidInputError } from "../PermissionsError.ts"
import type { ConfigOptions, Options } from "./options.ts"

type Variable = keyof typeof variables

const fields = ["adminKey", "apiUrl", "organizationId", "projectId"] as const

const isVariable = (field: string): field is Variable => Object.hasOwn(variables, field)

/** An empty variable counts as unset. No `Config` is made, since each brings `Schema` into a bundle. */
const variable = (field: Variable): Effect.Effect<string | undefined, Config.ConfigError> =>
  Effect.flatMap(ConfigProvider.ConfigProvider, (provider) => provider.load([variables[field]])).pipe(
    Effect.mapBoth({
      onFailure: (error) => new Config.ConfigError(error),
      onSuccess: (node) => (node?.value === "" ? undefined : node?.value)
    })
  )

const adminKey: Effect.Effect<Redacted.Redacted, Config.ConfigError> = Effect.flatMap(variable("adminKey"), (key) => {
  const message = `${variables.adminKey} is not set: set it to an OpenAI admin key`
  return key === undefined
    ? Effect.fail(new Config.ConfigError(new ConfigProvider.SourceError({ message })))
    : Effect.succeed(Redacted.make(key))
})

const apiUrl = Effect.fnUntraced(function* (): Effect.fn.Return<
  string | undefined,
  Config.ConfigError | InvalidInputError
> {
  const url = yield* variable("apiUrl")
  const refusal = url === undefined ? undefined : refuseUrlOfEnvironment(url)
  if (refusal !== undefined) {
    return yield* new InvalidInputError({ operation: "make", ...refusal })
  }
  return url
})

/** Key and server, from the `Config`s given or else from the environment. */
const read = Effect.fnUntraced(function* (
  options: ConfigOptions
): Effect.fn.Return<Pick<Options, (typeof fields)[number]>, Config.ConfigError | InvalidInputError> {
  for (const field of fields) {
    if (options[field] === undefined || Config.isConfig(options[field])) continue
    const reason = `not a Config: pass one such as Config.${field === "adminKey" ? "Redacted" : "String"}("MY_VARIABLE")`
    return yield* new InvalidInputError({ operation: "make", field, reason })
  }
  return {
    adminKey: yield* options.adminKey ?? adminKey,
    apiUrl: yield* options.apiUrl ?? apiUrl(),
    organizationId: options.organizationId === undefined ? undefined : yield* options.organizationId,
    projectId: options.projectId === undefined ? undefined : yield* options.projectId
  }
})

/** A value from the environment that was refused is named by its variable. */
const nameVariable =
  (options: ConfigOptions) =>
  ({ field, reason, ...error }: InvalidInputError): InvalidInputError =>
    new InvalidInputError({
      ...error,
      field: isVariable(field) && options[field] === undefined ? variables[field] : field,
      reason
    })

/** Makes a service with key and server from the `Config`s given or else from the environment. */
export const provide = <A, R>(
  options: ConfigOptions,
  make: (options: Options) => Effect.Effect<A, InvalidInputError, R>
): Effect.Effect<A, Config.ConfigError | InvalidInputError, R> =>
  Effect.flatMap(read(options), (values) => {
    const { adminKey, apiUrl, organizationId, projectId, ...others } = options
    return Effect.mapError(make({ ...others, ...values }), nameVariable(options))
  })
