/** The options that choose server and key; the environment does for those left out. */
import type * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import type * as Pacing from "@checkpoint-permissions/client/Pacing"
import type * as Options from "@effect/cli/Options"
import type * as Option from "effect/Option"
import type { Given } from "../help/described.ts"
import { orVariable } from "../input/environment.ts"
import { flag, option, optional, parsed, text } from "../input/option.ts"
import { parseRate, type Rate } from "../terminal/time.ts"

/** The server of `--fake`: a reserved name, so that nothing made with it fits a real server. */
export const fakeUrl = "https://fake.invalid/v1"

export const serverOptions = {
  apiUrl: text("api-url", "url").pipe(
    optional(
      "Base URL of the API. Otherwise OPENAI_BASE_URL, or https://api.openai.com/v1. Any other host than OpenAI's or this machine is named, since it is sent the key."
    )
  ),
  adminKeyFile: text("admin-key-file", "file").pipe(
    optional("File that holds the admin key and nothing else. Otherwise OPENAI_ADMIN_KEY.")
  ),
  authHeader: text("auth-header", "name").pipe(
    optional("How the key is sent: bearer (the default), or the name of a header, such as api-key.")
  ),
  openaiOrganization: text("openai-organization", "id").pipe(
    optional("Sent as OpenAI-Organization. Otherwise OPENAI_ORG_ID.")
  ),
  openaiProject: text("openai-project", "id").pipe(optional("Sent as OpenAI-Project. Otherwise OPENAI_PROJECT_ID.")),
  allowInsecureHttp: flag(
    "allow-insecure-http",
    "Allow a plain http URL off this machine, which sends the key in the clear."
  ),
  fake: flag(
    "fake",
    "Use a fake server inside this process, without key or network: the checkpoint has 25 projects there, proj_001 to proj_025."
  ),
  seedFile: text("seed-file", "file").pipe(
    optional('With --fake: what the fake server begins with instead, as JSON: {"<checkpoint>": ["<project>", …], …}.')
  )
}

const readRate = parsed(parseRate, "not a rate: pass requests a minute, hour or second, such as 10/minute")

/** The rate that is kept, where one is given. */
export const givenRate = (rate: Option.Option<Rate>) => orVariable(rate, "CHECKPOINT_PERMISSIONS_RATE", readRate)

/** For what makes many requests; says what the rate is without it. */
export const rateOf = (otherwise = ""): Options.Options<Option.Option<Rate>> =>
  option("rate", "n/minute", readRate).pipe(
    optional(`Rate limit for each kind of request, such as 10/minute.${otherwise}`)
  )

export const rate = rateOf()

export interface ServerOptions extends Given<typeof serverOptions> {
  /** The pace, where it is shared with others. Otherwise `rate`, or one that is learned. */
  readonly pacing?: ((server: CheckpointPermissions.Server) => Pacing.Pacing) | undefined
  /** Nothing is sent: the server is only named. */
  readonly keyless?: boolean | undefined
  /** Others have to reach the server too, so `--fake` is no advice. */
  readonly refusesFake?: boolean | undefined
  readonly rate?: Option.Option<Rate> | undefined
}
