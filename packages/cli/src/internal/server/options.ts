/** The options that choose server and key; the environment does for those left out. */
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type * as Pacing from "@checkpoint-permissions/client/Pacing"
import * as Options from "@effect/cli/Options"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { option } from "../input/parameters.ts"
import { parseRate, type Rate } from "../terminal/time.ts"

/** The server of `--fake`: a reserved name, so that nothing made with it fits a real server. */
export const fakeUrl = "https://fake.invalid/v1"

const text = (name: string, pseudoName: string, description: string): Options.Options<Option.Option<string>> =>
  Options.text(name).pipe(Options.withPseudoName(pseudoName), Options.withDescription(description), Options.optional)

export const serverOptions = {
  apiUrl: text("api-url", "url", "Base URL of the API. Otherwise OPENAI_BASE_URL, or https://api.openai.com/v1."),
  adminKeyFile: text(
    "admin-key-file",
    "file",
    "File that holds the admin key and nothing else. Otherwise OPENAI_ADMIN_KEY."
  ),
  authHeader: text(
    "auth-header",
    "name",
    "How the key is sent: bearer (the default), or the name of a header, such as api-key."
  ),
  openaiOrganization: text("openai-organization", "id", "Sent as OpenAI-Organization. Otherwise OPENAI_ORG_ID."),
  openaiProject: text("openai-project", "id", "Sent as OpenAI-Project. Otherwise OPENAI_PROJECT_ID."),
  allowInsecureHttp: Options.boolean("allow-insecure-http").pipe(
    Options.withDescription("Allow a plain http URL off this machine, which sends the key in the clear.")
  ),
  fake: Options.boolean("fake").pipe(
    Options.withDescription(
      "Use a fake server inside this process, without key or network: the checkpoint has 25 projects there, proj_001 to proj_025."
    )
  ),
  seedFile: text(
    "seed-file",
    "file",
    'With --fake: what the fake server begins with instead, as JSON: {"<checkpoint>": ["<project>", …], …}.'
  )
}

const rateOption = option({
  name: "rate",
  pseudoName: "n/minute",
  schema: Schema.String.pipe(
    Schema.filter((text) => parseRate(text) !== undefined, {
      message: () => "not a rate: pass requests a minute, hour or second, such as 10/minute"
    })
  )
})

/** For what makes many requests; says what the rate is without it. */
export const rateOf = (otherwise: string): Options.Options<Option.Option<Rate>> =>
  rateOption.pipe(
    Options.withDescription(`Never more requests of a kind than this, such as 10/minute. ${otherwise}`),
    Options.optional,
    Options.map(Option.flatMapNullable(parseRate))
  )

export const rate = rateOf("Otherwise the pace is learned from what the server takes.")

export interface ServerOptions {
  /** The pace, where it is shared with others. Otherwise `rate`, or one that is learned. */
  readonly pacing?: ((server: CheckpointPermissions.Server) => Pacing.Pacing) | undefined
  /** Nothing is sent: the server is only named. */
  readonly keyless?: boolean | undefined
  /** Others have to reach the server too, so `--fake` is no advice. */
  readonly refusesFake?: boolean | undefined
  readonly rate?: Option.Option<Rate> | undefined
  /** Missing in commands that neither save nor change anything. */
  readonly stateDir?: Option.Option<string> | undefined
  readonly apiUrl: Option.Option<string>
  readonly adminKeyFile: Option.Option<string>
  readonly authHeader: Option.Option<string>
  readonly openaiOrganization: Option.Option<string>
  readonly openaiProject: Option.Option<string>
  readonly allowInsecureHttp: boolean
  readonly fake: boolean
  readonly seedFile: Option.Option<string>
}
